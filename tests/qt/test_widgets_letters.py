import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication

from gui.widgets.letters import draw_found

WIDTH, HEIGHT = 300, 30


@pytest.fixture
def inked(qapp):
    """The columns of a picture with ink, after a text was drawn."""

    def draw(text, places=(), direction=Qt.LayoutDirection.LeftToRight):
        picture = QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB32)
        picture.fill(Qt.GlobalColor.white)
        painter = QPainter(picture)
        draw_found(
            painter, QRect(0, 0, WIDTH, HEIGHT), text, places,
            font=QApplication.font(), color=QColor("black"), direction=direction,
        )  # fmt: skip
        painter.end()
        return [x for x in range(WIDTH) if any(picture.pixelColor(x, y).value() < 128 for y in range(HEIGHT))]

    return draw


def test_a_name_begins_at_the_side_where_people_begin_to_read(inked):
    assert inked("king")[0] < 10
    assert inked("king", direction=Qt.LayoutDirection.RightToLeft)[-1] > WIDTH - 10


def test_found_letters_are_bolder(inked):
    assert len(inked("king", (0, 1, 2, 3))) > len(inked("king"))


def test_a_long_name_is_elided_within_its_room(inked):
    assert inked("king of hearts " * 20, (0, 250))[-1] < WIDTH
