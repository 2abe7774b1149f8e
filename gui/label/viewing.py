"""Zoom, brightness and facts of the image that is looked at, in the loupe or beside others."""

from PySide6.QtCore import QObject

from gui.label.foot_bar import FootBar
from gui.label.images.compare.compare import Compare
from gui.label.images.loupe.loupe import Loupe
from gui.label.showing import Showing
from gui.widgets.canvas import Canvas

_STEP = 1.25


class Viewing(QObject):
    """What the commands of the View menu do to a picture."""

    def __init__(self, showing: Showing, *, loupe: Loupe, compare: Compare, foot: FootBar, parent: QObject) -> None:
        super().__init__(parent)
        self._showing = showing
        self._loupe = loupe
        self._compare = compare
        self._foot = foot
        showing.changed.connect(self._show_zoom)
        loupe.canvas.zoom_changed.connect(self._show_zoom)
        compare.zoom_changed.connect(self._show_zoom)
        self._show_zoom()

    def toggle_zoom(self) -> None:
        """Switch between the whole picture and its pixels; from the grid to the loupe."""
        canvas = self._canvas()
        if canvas is not None:
            canvas.toggle_zoom()
        elif self._showing.is_seen("grid"):
            self._showing.show("loupe")

    def zoom_by(self, steps: int) -> None:
        """Zoom in or out, or make thumbnails larger or smaller."""
        canvas = self._canvas()
        if canvas is not None:
            canvas.zoom_by(_STEP**steps)
        elif self._showing.is_seen("grid"):
            self._foot.step_size(steps)

    def zoom_actual(self) -> None:
        """Show image pixels as screen pixels."""
        canvas = self._canvas()
        if canvas is not None:
            canvas.zoom_actual()

    def toggle_look(self) -> None:
        """Open or close brightness and contrast."""
        if self._canvas() is None:
            self._showing.show("loupe")
        (self._compare if self._showing.is_seen("compare") else self._loupe).toggle_look()

    def toggle_facts(self) -> None:
        """Open or close the facts of the file."""
        if not self._showing.is_seen("loupe"):
            self._showing.show("loupe")
        self._loupe.toggle_facts()

    def show_keys(self, left: str, right: str) -> None:
        """Say which keys turn the view."""
        for panel in (self._loupe.look_panel, self._compare.look_panel):
            panel.show_keys(left, right)

    def _canvas(self) -> Canvas | None:
        if self._showing.is_seen("loupe"):
            return self._loupe.canvas
        return self._compare.canvas if self._showing.is_seen("compare") else None

    def _show_zoom(self) -> None:
        canvas = self._canvas()
        text = ""
        if canvas is not None:
            text = f"{self.tr('fit, ') if canvas.is_fitted() else ''}{canvas.zoom() * 100:.0f} %"
        self._foot.show_zoom(text)
