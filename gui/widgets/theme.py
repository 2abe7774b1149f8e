"""The look of the window: one grid of spacing, a light and a dark palette, a style sheet that names roles only."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette, QPen
from PySide6.QtWidgets import QApplication, QToolTip, QWidget

from core.paths import app_root
from core.settings import ColorScheme

SPACE = 8
"""Between controls."""
PANEL = 12
"""Inside panels."""
GROUP = 16
"""Between groups of controls."""
ROW = 28
"""Height of a row of a list or a control."""

_Role = QPalette.ColorRole

_DARK = {
    _Role.Window: "#232529",
    _Role.WindowText: "#e3e5e9",
    _Role.Base: "#1a1c1f",
    _Role.AlternateBase: "#2a2d32",
    _Role.Text: "#e3e5e9",
    _Role.PlaceholderText: "#9aa1ac",
    _Role.Button: "#34383e",
    _Role.ButtonText: "#e3e5e9",
    _Role.BrightText: "#ff8577",
    _Role.Light: "#4a5058",
    _Role.Midlight: "#3d4249",
    _Role.Mid: "#373b41",
    _Role.Dark: "#4d535c",
    _Role.Shadow: "#101113",
    _Role.Highlight: "#2d5a9e",
    _Role.HighlightedText: "#ffffff",
    _Role.Accent: "#3b7de0",
    _Role.Link: "#7db0ff",
    _Role.LinkVisited: "#7db0ff",
    _Role.ToolTipBase: "#3a3e45",
    _Role.ToolTipText: "#eceef1",
}
_LIGHT = {
    _Role.Window: "#f3f4f6",
    _Role.WindowText: "#1e2126",
    _Role.Base: "#ffffff",
    _Role.AlternateBase: "#f8f9fa",
    _Role.Text: "#1e2126",
    _Role.PlaceholderText: "#646b76",
    _Role.Button: "#ffffff",
    _Role.ButtonText: "#1e2126",
    _Role.BrightText: "#c62f1f",
    _Role.Light: "#ffffff",
    _Role.Midlight: "#e6e9ee",
    _Role.Mid: "#dcdfe5",
    _Role.Dark: "#bcc2cb",
    _Role.Shadow: "#8b919b",
    _Role.Highlight: "#cfe0fb",
    _Role.HighlightedText: "#12233f",
    _Role.Accent: "#2468d6",
    _Role.Link: "#1d5bc0",
    _Role.LinkVisited: "#1d5bc0",
    _Role.ToolTipBase: "#2b2e34",
    _Role.ToolTipText: "#f2f3f5",
}

# Every colour is a palette role, so the one sheet serves light and dark.
_STYLE = """
QToolTip {{ background: palette(tooltip-base); color: palette(tooltip-text); border: 1px solid palette(dark);
    padding: 4px 6px; }}
QMenuBar {{ background: palette(window); padding: 2px 4px; border: none; }}
QMenuBar::item {{ padding: 4px 8px; border-radius: 4px; background: transparent; }}
QMenuBar::item:selected {{ background: palette(midlight); }}
QMenu {{ background: palette(window); border: 1px solid palette(dark); padding: 4px; }}
QMenu::item {{ padding: 5px 24px 5px 10px; border-radius: 4px; }}
QMenu::item:selected {{ background: palette(highlight); color: palette(highlighted-text); }}
QMenu::item:disabled {{ color: palette(dark); }}
QMenu::separator {{ height: 1px; background: palette(mid); margin: 4px 6px; }}
QMenu::icon {{ padding-left: 8px; }}
QPushButton {{ background: palette(button); color: palette(button-text); border: 1px solid palette(dark);
    border-radius: 5px; padding: 4px 12px; min-height: 18px; }}
QPushButton {{ outline: none; }}
QPushButton:hover {{ background: palette(midlight); }}
QPushButton:pressed, QPushButton:checked {{ background: palette(mid); }}
QPushButton:focus {{ border: 1px solid palette(accent); }}
QPushButton:disabled {{ color: palette(dark); border-color: palette(mid); background: palette(window); }}
QPushButton[kind="primary"] {{ background: palette(accent); color: white; border: 1px solid palette(accent);
    font-weight: 600; }}
QPushButton[kind="primary"]:hover {{ background: palette(link); border-color: palette(link); color: palette(base); }}
QPushButton[kind="primary"]:focus {{ border: 1px solid palette(text); }}
QPushButton[kind="primary"]:disabled {{ background: palette(midlight); color: palette(placeholder-text);
    border-color: palette(midlight); }}
QPushButton[kind="flat"] {{ background: transparent; border: 1px solid transparent; }}
QPushButton[kind="flat"]:hover {{ background: palette(midlight); }}
QPushButton[kind="flat"]:focus {{ border-color: palette(accent); }}
QToolButton {{ background: transparent; border: 1px solid transparent; border-radius: 5px; padding: 4px; }}
QToolButton:hover {{ background: palette(midlight); }}
QToolButton:pressed, QToolButton:checked {{ background: palette(mid); }}
QToolButton:focus {{ border-color: palette(accent); }}
QToolButton::menu-indicator {{ image: none; }}
QLineEdit, QPlainTextEdit, QTextEdit, QAbstractSpinBox, QComboBox {{ background: palette(base); color: palette(text);
    border: 1px solid palette(mid); border-radius: 5px; padding: 3px 7px; min-height: 18px;
    selection-background-color: palette(highlight); selection-color: palette(highlighted-text); }}
QLineEdit:hover, QAbstractSpinBox:hover, QComboBox:hover {{ border-color: palette(dark); }}
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QAbstractSpinBox:focus, QComboBox:focus {{
    border: 1px solid palette(accent); }}
QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled {{ color: palette(dark);
    background: palette(window); }}
QLineEdit[wrong="true"], QAbstractSpinBox[wrong="true"], QComboBox[wrong="true"] {{
    border: 1px solid palette(bright-text); }}
QComboBox::drop-down {{ border: none; width: 20px; }}
QComboBox::down-arrow {{ image: url({icons}/caret-down.png); width: 12px; height: 12px; }}
QComboBox QAbstractItemView {{ background: palette(window); border: 1px solid palette(dark); padding: 4px;
    outline: none; }}
QAbstractSpinBox {{ padding-right: 18px; }}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ border: none; width: 18px; background: transparent; }}
QAbstractSpinBox::up-button {{ subcontrol-position: top right; }}
QAbstractSpinBox::down-button {{ subcontrol-position: bottom right; }}
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover {{ background: palette(midlight); }}
QAbstractSpinBox::up-arrow {{ image: url({icons}/caret-up.png); width: 10px; height: 10px; }}
QAbstractSpinBox::down-arrow {{ image: url({icons}/caret-down.png); width: 10px; height: 10px; }}
QCheckBox, QRadioButton {{ spacing: 8px; }}
QCheckBox::indicator {{ width: 14px; height: 14px; border: 1px solid palette(dark); border-radius: 3px;
    background: palette(base); }}
QCheckBox::indicator:checked {{ background: palette(accent); border-color: palette(accent);
    image: url({icons}/check.png); }}
QCheckBox::indicator:indeterminate {{ background: palette(dark); }}
QCheckBox::indicator:hover, QRadioButton::indicator:hover {{ border-color: palette(accent); }}
QRadioButton::indicator {{ width: 14px; height: 14px; border: 1px solid palette(dark); border-radius: 8px;
    background: palette(base); }}
QRadioButton::indicator:checked {{ width: 6px; height: 6px; border: 5px solid palette(accent); background: white; }}
QSlider::groove:horizontal {{ height: 4px; border-radius: 2px; background: palette(mid); }}
QSlider::sub-page:horizontal {{ height: 4px; border-radius: 2px; background: palette(accent); }}
QSlider::handle:horizontal {{ width: 14px; height: 14px; margin: -5px 0; border-radius: 7px;
    background: palette(button-text); border: none; }}
QSlider::handle:horizontal:focus, QSlider::handle:horizontal:hover {{ background: palette(link); }}
QProgressBar {{ background: palette(mid); border: none; border-radius: 3px; max-height: 6px; min-height: 6px; }}
QProgressBar::chunk {{ background: palette(accent); border-radius: 3px; }}
QScrollBar:vertical {{ background: transparent; width: 12px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 12px; margin: 0; }}
QScrollBar::handle {{ background: palette(dark); border-radius: 4px; margin: 2px; }}
QScrollBar::handle:vertical {{ min-height: 32px; }}
QScrollBar::handle:horizontal {{ min-width: 32px; }}
QScrollBar::handle:hover {{ background: palette(placeholder-text); }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QAbstractScrollArea {{ border: none; }}
QAbstractScrollArea::corner {{ background: transparent; }}
QAbstractItemView {{ background: palette(base); outline: none; selection-background-color: palette(highlight);
    selection-color: palette(highlighted-text); }}
QAbstractItemView::item {{ padding: 3px 6px; }}
QAbstractItemView::item:hover {{ background: palette(alternate-base); }}
QAbstractItemView::item:selected {{ background: palette(highlight); color: palette(highlighted-text); }}
QHeaderView {{ background: palette(window); }}
QHeaderView::section {{ background: palette(window); color: palette(placeholder-text); border: none;
    border-bottom: 1px solid palette(mid); padding: 5px 6px; font-weight: 600; }}
QHeaderView[dense="true"]::section {{ padding: 0 6px; }}
QHeaderView::section:hover {{ color: palette(text); }}
QTableView {{ gridline-color: palette(mid); }}
QTableWidget[framed="true"] {{ border: 1px solid palette(mid); }}
QTableWidget[framed="true"]:focus {{ border: 1px solid palette(accent); }}
QTableWidget[framed="true"] QPushButton {{ padding: 0 8px; margin: 2px; }}
QTreeView[surface="window"] {{ background: palette(window); selection-background-color: transparent; }}
QTreeView[surface="window"]::item, QTreeView[surface="window"]::item:selected,
QTreeView[surface="window"]::item:hover {{ background: transparent; }}
QTextBrowser[plain="true"], QLineEdit[plain="true"] {{ border: none; background: transparent; padding: 0;
    min-height: 0; }}
QPushButton[align="left"] {{ text-align: left; }}
QPushButton[align="right"] {{ text-align: right; }}
QToolButton[framed="true"] {{ border: 1px solid palette(dark); padding-left: 9px; padding-right: 9px; }}
QToolButton[framed="true"]:focus {{ border-color: palette(accent); }}
QTableCornerButton::section {{ background: palette(window); border: none; }}
QTabBar::tab {{ padding: 6px 12px; border: none; border-bottom: 2px solid transparent;
    color: palette(placeholder-text); background: transparent; }}
QTabBar::tab:hover {{ color: palette(text); }}
QTabBar::tab:selected {{ color: palette(text); border-bottom: 2px solid palette(accent); }}
QTabWidget::pane {{ border: none; border-top: 1px solid palette(mid); }}
QSplitter::handle {{ background: palette(mid); }}
QSplitter::handle:horizontal {{ width: 1px; }}
QSplitter::handle:vertical {{ height: 1px; }}
QSplitter::handle:hover {{ background: palette(accent); }}
QGroupBox {{ border: none; margin-top: 16px; font-weight: 600; }}
QGroupBox::title {{ subcontrol-origin: margin; }}
QLabel[tone="secondary"] {{ color: palette(placeholder-text); }}
QLabel[tone="wrong"] {{ color: palette(bright-text); }}
QLabel[tone="heading"] {{ color: palette(placeholder-text); font-weight: 600; }}
QLabel[tone="title"] {{ font-size: 15pt; font-weight: 600; }}
QFrame[line="true"] {{ background: palette(mid); border: none; }}
QWidget[surface="base"] {{ background: palette(base); }}
QWidget[surface="window"] {{ background: palette(window); }}
"""


def light() -> QPalette:
    """The palette of the light scheme, which is that of paper."""
    return _palette(_LIGHT)


def is_dark(palette: QPalette | None = None) -> bool:
    """Whether a palette, or the program's, has light text on a dark ground."""
    palette = palette or QGuiApplication.palette()
    return palette.color(_Role.Window).lightness() < palette.color(_Role.WindowText).lightness()


def accent(palette: QPalette | None = None) -> QColor:
    """The one accent: the primary button, focus and the live curve."""
    return (palette or QGuiApplication.palette()).color(_Role.Accent)


def secondary(palette: QPalette | None = None) -> QColor:
    """Text that explains; still 4.5:1 on the window."""
    return (palette or QGuiApplication.palette()).color(_Role.PlaceholderText)


def hairline(palette: QPalette | None = None) -> QColor:
    """Lines between panels."""
    return (palette or QGuiApplication.palette()).color(_Role.Mid)


def warning(palette: QPalette | None = None) -> QColor:
    """Amber: something to look at before going on."""
    return QColor("#e8a33d") if is_dark(palette) else QColor("#a35f00")


def true_positive_pen(palette: QPalette | None = None) -> QPen:
    """Solid green: predicted and right."""
    return QPen(QColor("#4cb07a") if is_dark(palette) else QColor("#1f7f4c"), 2)


def false_positive_pen(palette: QPalette | None = None) -> QPen:
    """Dashed red: a false alarm."""
    color = QColor("#f0685a") if is_dark(palette) else QColor("#c62f1f")
    return QPen(color, 2, Qt.PenStyle.DashLine)


def false_negative_pen(palette: QPalette | None = None) -> QPen:
    """Dotted orange: missed."""
    return QPen(warning(palette), 2, Qt.PenStyle.DotLine)


def unknown_pen(palette: QPalette | None = None) -> QPen:
    """Grey: nobody has said whether it is right."""
    return QPen(mixed(hairline(palette), secondary(palette), 0.5), 2)


def mixed(one: QColor, other: QColor, share: float) -> QColor:
    """The colour between two, `share` in [0, 1] of the way to the other."""
    return QColor.fromRgbF(
        one.redF() + (other.redF() - one.redF()) * share,
        one.greenF() + (other.greenF() - one.greenF()) * share,
        one.blueF() + (other.blueF() - one.blueF()) * share,
    )


def readable_on(color: QColor) -> QColor:
    """Black or white, whichever has the higher contrast on `color`; at least 4.5:1 on any colour."""
    luminance = _luminance(color)
    return QColor("black") if (luminance + 0.05) / 0.05 >= 1.05 / (luminance + 0.05) else QColor("white")


def tabular(font: QFont) -> QFont:
    """The same font with digits of equal width, for numbers that change in place."""
    numbers = QFont(font)
    if hasattr(numbers, "setFeature"):  # since Qt 6.7
        numbers.setFeature(QFont.Tag("tnum"), 1)
    return numbers


def smaller(font: QFont, *, points: float = 1.0) -> QFont:
    """The same font, `points` smaller."""
    small = QFont(font)
    small.setPointSizeF(max(6.0, font.pointSizeF() - points))
    return small


def apply(app: QApplication) -> None:
    """Give the program its style and palette; they follow the system until `set_scheme` says otherwise."""
    app.setStyle("Fusion")
    _SchemeFollower(app)


def set_scheme(scheme: ColorScheme) -> None:
    """Follow the system, or hold light or dark whatever it says; without `apply` before, nothing happens."""
    app = QApplication.instance()
    follower = None if app is None else app.findChild(_SchemeFollower)
    if follower is not None:
        follower.set_scheme(scheme)


def on_change(widget: QWidget, function: Callable[[], None]) -> None:
    """Call `function` each time the palette of `widget` changes; for plots and other things that copy colours."""
    _PaletteWatch(widget, function)


class _SchemeFollower(QObject):
    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        self._scheme: ColorScheme = "system"
        app.styleHints().colorSchemeChanged.connect(self._on_system_scheme_changed)
        self._on_system_scheme_changed()

    def set_scheme(self, scheme: ColorScheme) -> None:
        self._scheme = scheme
        self._on_system_scheme_changed()

    def _on_system_scheme_changed(self) -> None:
        system_is_dark = self._app.styleHints().colorScheme() == Qt.ColorScheme.Dark
        dark = self._scheme == "dark" or (self._scheme == "system" and system_is_dark)
        palette = _palette(_DARK if dark else _LIGHT)
        if self._app.palette() == palette and self._app.styleSheet():
            return
        self._app.setPalette(palette)
        # tooltips have a palette of their own, which the application's does not reach
        QToolTip.setPalette(palette)
        icons = (app_root() / "resources" / "icons").as_posix()
        # palette(...) is looked up when a sheet is set, so it is set again with each palette
        self._app.setStyleSheet(_STYLE.format(icons=icons))


class _PaletteWatch(QObject):
    def __init__(self, widget: QWidget, function: Callable[[], None]) -> None:
        super().__init__(widget)
        self._function = function
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.PaletteChange:
            self._function()
        return False


def _palette(colors: dict[QPalette.ColorRole, str]) -> QPalette:
    palette = QPalette()
    for role, color in colors.items():
        palette.setColor(role, QColor(color))
    for role in (_Role.Text, _Role.WindowText, _Role.ButtonText, _Role.HighlightedText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(colors[_Role.Dark]))
    return palette


def _luminance(color: QColor) -> float:
    def linear(channel: float) -> float:
        return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)

    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF())
