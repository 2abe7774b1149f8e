"""The line below the images: how they are seen, how many are chosen, how large they are."""

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QSlider, QWidget

from gui.commands import Commands
from gui.session import Session
from gui.widgets import theme
from gui.widgets.buttons import action_button, flat

SMALLEST, LARGEST, STEP = 96, 320, 32


class FootBar(QWidget):
    """Buttons, words and the slider.

    Signals:
        size_changed: least width of a thumbnail, in logical pixels.
        all_wanted: all images that are shown are to be chosen.
    """

    size_changed = Signal(int)
    all_wanted = Signal()

    def __init__(self, session: Session, commands: Commands, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._chosen = QLabel()
        self._chosen.setProperty("tone", "secondary")
        self._chosen.setFont(theme.tabular(self._chosen.font()))
        # a long path gives way to the buttons
        self._chosen.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.choose_all = flat(QPushButton())
        self._zoom = QLabel()
        self._zoom.setProperty("tone", "secondary")
        self._zoom.setFont(theme.tabular(self._zoom.font()))
        self._size = QSlider(Qt.Orientation.Horizontal)
        self._size.setRange(SMALLEST, LARGEST)
        self._size.setSingleStep(STEP)
        self._size.setPageStep(STEP)
        self._size.setValue(session.settings.thumbnail_size)
        self._size.setFixedWidth(120)
        self._size.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._size.setToolTip(self.tr("Size of the thumbnails"))
        self._size.setAccessibleName(self.tr("Size of the thumbnails"))

        layout = QHBoxLayout(self)
        layout.setContentsMargins(theme.SPACE, theme.SPACE // 2, theme.PANEL, theme.SPACE // 2)
        layout.setSpacing(theme.SPACE // 2)
        for name in ("view.grid", "view.loupe", "view.compare", "view.statistics", "view.sections"):
            button = action_button(commands[name])
            button.setIconSize(QSize(18, 18))
            layout.addWidget(button)
        layout.addSpacing(theme.SPACE)
        layout.addWidget(self._chosen, 1)
        layout.addWidget(self.choose_all)
        layout.addWidget(self._zoom)
        layout.addWidget(self._size)

        self._align()
        self._size.valueChanged.connect(self.size_changed)
        self._size.sliderReleased.connect(self._keep_size)
        self.choose_all.clicked.connect(self.all_wanted)

    def show_chosen(self, text: str, *, shown: int, chosen: int, is_grid: bool) -> None:
        """Say what is chosen, and offer to choose everything that is shown.

        Args:
            text: in words.
            shown: images that pass the filter.
            chosen: of them.
            is_grid: whether several may be chosen, and have a size.
        """
        self._chosen.setText(text)
        self.choose_all.setVisible(is_grid and 0 < chosen < shown)
        self.choose_all.setText(self.tr("Choose all {count}").format(count=f"{shown:,}"))
        self._size.setVisible(is_grid)

    def changeEvent(self, event: QEvent) -> None:
        """What is said stays beside the buttons, also where they are at the right."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LayoutDirectionChange:
            self._align()

    def _align(self) -> None:
        # a path is written from left to right in every language, and would go to the left by itself
        side = Qt.AlignmentFlag.AlignRight if self.isRightToLeft() else Qt.AlignmentFlag.AlignLeft
        self._chosen.setAlignment(side | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter)

    def show_zoom(self, text: str) -> None:
        """Say how large the image is seen; empty where none is."""
        self._zoom.setText(text)
        self._zoom.setVisible(bool(text))

    def step_size(self, steps: int) -> None:
        """Make thumbnails larger, or smaller, and keep it."""
        self._size.setValue(self._size.value() + steps * STEP)
        self._keep_size()

    def _keep_size(self) -> None:
        self._session.change_settings(thumbnail_size=self._size.value())
