import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRect

from gui.label.images.grid.cell_layout import CellLayout

counts = st.lists(st.integers(1, 30), max_size=8)


@st.composite
def layouts(draw):
    sections = draw(counts)
    header = draw(st.integers(1, 20)) if len(sections) != 1 else draw(st.sampled_from([0, 7]))
    return CellLayout(sections, columns=draw(st.integers(1, 7)), width=10, height=8, header=header)


@given(layouts())
def test_each_cell_is_found_at_its_own_place_and_none_overlap(layout):
    bottoms = []
    for row in range(layout.count):
        place = layout.place(row)
        for point in (place.topLeft(), place.bottomRight(), place.center()):
            assert layout.row_at(point.x(), point.y()) == row
        bottoms.append(place.bottom() + 1)
    assert max(bottoms, default=0) == layout.content_height


@given(layouts(), st.integers(-20, 400), st.integers(0, 200))
def test_what_is_between_two_heights_is_what_touches_them(layout, top, height):
    area = QRect(0, top, 10_000, height)
    touching = [row for row in range(layout.count) if layout.place(row).intersects(area)]
    found = layout.rows_between(top, top + height)
    assert set(touching) <= set(found)
    assert len(found) <= len(touching) + 2 * layout.columns


@given(layouts(), st.integers(-5, 80), st.integers(-20, 300), st.integers(1, 60), st.integers(1, 200))
def test_runs_in_a_frame_are_the_cells_it_touches(layout, left, top, width, height):
    area = QRect(left, top, width, height)
    touching = {row for row in range(layout.count) if layout.place(row).intersects(area)}
    found = {row for first, last in layout.rows_in(area) for row in range(first, last + 1)}
    assert touching <= found
    columns = {layout.place(row).left() for row in found}
    assert all(place < left + width and place + 10 > left for place in columns)


@given(layouts(), st.data())
def test_a_line_down_and_up_again_ends_in_the_same_line(layout, data):
    if not layout.count:
        return
    row = data.draw(st.integers(0, layout.count - 1))
    below = layout.moved(row, 1)
    assert layout.place(below).top() >= layout.place(row).top()
    if layout.place(below).left() == layout.place(row).left() and below != row:
        assert layout.moved(below, -1) == row


@pytest.mark.parametrize(
    ("row", "lines", "there"), [(4, 1, 6), (0, 1, 3), (3, 1, 5), (5, -1, 3), (0, -1, 0), (0, 99, 7)]
)
def test_lines_go_across_sections_to_the_same_column_or_the_last(row, lines, there):
    # 0 1 2, 3 4; 5 6; 7
    layout = CellLayout([5, 2, 1], columns=3, width=10, height=10, header=5)
    assert layout.moved(row, lines) == there
