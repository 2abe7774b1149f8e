import re

import pytest
from PySide6.QtCore import QPoint, QSize
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QPushButton, QToolTip, QWidget

from core.errors import ProjectError
from core.paths import app_root
from core.project.labels.palette import PALETTE
from gui.widgets import icons, theme
from gui.widgets.buttons import icon_button
from gui.widgets.empty_state import EmptyState
from gui.widgets.error_row import ErrorRow

ROLE = QPalette.ColorRole
SOURCES = sorted((app_root() / "gui").rglob("*.py"))


def contrast(one, other):
    """Contrast ratio of two colours after WCAG, 1 to 21."""
    dark, light = sorted((theme._luminance(one), theme._luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.fixture(params=["light", "dark"])
def scheme(qapp, request):
    theme.set_scheme(request.param)
    yield qapp.palette()
    theme.set_scheme("system")


@pytest.mark.parametrize(
    ("text", "ground"),
    [
        (ROLE.WindowText, ROLE.Window),
        (ROLE.Text, ROLE.Base),
        (ROLE.Text, ROLE.AlternateBase),
        (ROLE.ButtonText, ROLE.Button),
        (ROLE.ButtonText, ROLE.Midlight),
        (ROLE.PlaceholderText, ROLE.Window),
        (ROLE.PlaceholderText, ROLE.Base),
        (ROLE.PlaceholderText, ROLE.AlternateBase),
        (ROLE.HighlightedText, ROLE.Highlight),
        (ROLE.BrightText, ROLE.Window),
        (ROLE.Link, ROLE.Window),
        (ROLE.ToolTipText, ROLE.ToolTipBase),
    ],
)
def test_text_can_be_read_in_light_and_dark(scheme, text, ground):
    assert contrast(scheme.color(text), scheme.color(ground)) >= 4.5


def test_states_and_warnings_can_be_told_from_the_ground(scheme):
    for color in (
        theme.warning(scheme),
        theme.true_positive_pen(scheme).color(),
        theme.false_positive_pen(scheme).color(),
        theme.accent(scheme),
    ):
        assert contrast(color, scheme.color(ROLE.Base)) >= 3


def test_the_primary_button_can_be_read(scheme):
    assert contrast(QColor("white"), theme.accent(scheme)) >= 4
    assert contrast(scheme.color(ROLE.Base), scheme.color(ROLE.Link)) >= 4.5


@pytest.mark.parametrize("color", [*PALETTE, "#000000", "#ffffff", "#777777", "#ff0000"])
def test_text_on_a_label_can_be_read(color):
    assert contrast(theme.readable_on(QColor(color)), QColor(color)) >= 4.5


def test_no_colour_is_written_into_a_style_sheet():
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b|rgba?\(", theme._STYLE)
    for path in SOURCES:
        if path.name != "theme.py":
            assert "setStyleSheet" not in path.read_text(encoding="utf-8"), path


def test_every_icon_that_is_named_is_in_the_set(qapp):
    _, names = icons._font()
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        for name in re.findall(r'(?:\bicon|icon_button|with_icon|icons\.paint|EmptyState)\(\s*"([a-z-]+)"', text):
            assert name in names, (path, name)


def test_an_icon_follows_the_palette(qapp):
    theme.set_scheme("light")
    light = icons.icon("circle-fill").pixmap(QSize(16, 16)).toImage().pixelColor(8, 8)
    theme.set_scheme("dark")
    dark = icons.icon("circle-fill").pixmap(QSize(16, 16)).toImage().pixelColor(8, 8)
    theme.set_scheme("system")
    assert light.lightness() < 100 < dark.lightness()


def test_an_icon_button_says_what_it_does_and_its_shortcut(qtbot):
    button = icon_button("funnel", "Filter", shortcut="Ctrl+F")
    qtbot.addWidget(button)
    assert button.accessibleName() == "Filter"
    assert button.toolTip() == "Filter (Ctrl+F)"


def test_an_empty_state_has_one_button_and_tells_of_its_press(qtbot):
    state = EmptyState("image", "No images yet", "Drop a folder here.", "Add images")
    qtbot.addWidget(state)
    with qtbot.waitSignal(state.clicked):
        state.findChild(QPushButton).click()


def test_an_error_row_says_the_sentence_and_hides_details(qtbot):
    row = ErrorRow()
    qtbot.addWidget(row)
    assert row.text() == ""
    row.show_error(ProjectError("It is gone.", next_step="Choose another."), details="Traceback")
    assert row.text() == "It is gone. Choose another."
    assert not row._details.isVisible()
    row._show.click()
    assert row._details.isVisible()
    row.clear()
    assert row.text() == ""


def test_a_change_of_the_palette_is_told(qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    told = []
    theme.on_change(widget, lambda: told.append(1))
    theme.set_scheme("dark")
    theme.set_scheme("system")
    assert told


def test_tooltips_can_be_read_in_light_and_dark(scheme, qapp, qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    QToolTip.showText(QPoint(10, 10), "tip", widget)
    tip = next(one for one in qapp.topLevelWidgets() if one.inherits("QTipLabel") and one.isVisible())
    ground = tip.grab().toImage().pixelColor(4, 4)
    QToolTip.hideText()
    assert ground == scheme.color(ROLE.ToolTipBase)
    assert QToolTip.palette().color(ROLE.ToolTipText) == scheme.color(ROLE.ToolTipText)


def test_an_icon_without_room_is_no_picture():
    # Qt warns, which fails a test, of a painter on an empty picture
    assert icons.icon("circle-fill").pixmap(QSize(16, 0)).isNull()
