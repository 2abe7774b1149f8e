"""Small pictures of images that show what a label means."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPainterPath, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QWidget

from gui.session import Session
from gui.widgets import icons, theme

_RADIUS = 4.0
_BADGE = 18


class ExampleStrip(QWidget):
    """Pictures beside each other; in an editor each can be taken away.

    Signals:
        unpinned: id of the image that is to be taken away.
    """

    unpinned = Signal(int)

    def __init__(self, session: Session, *, side: int, editable: bool, parent: QWidget | None = None) -> None:
        """Make it empty.

        Args:
            session: whose thumbnails are shown.
            side: of a picture, in pixels.
            editable: whether a click, Return or Delete takes a picture away.
            parent: of the widget.
        """
        super().__init__(parent)
        self._session = session
        self._side = side
        self._editable = editable
        self.pictures: list[ExamplePicture] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(4)
        self._row.addStretch(1)
        self.setAccessibleName(self.tr("Example images"))
        session.thumbnails.loaded.connect(self._on_loaded)

    def show_images(self, image_ids: Sequence[int]) -> None:
        """Show other images, those of them that the project has."""
        for picture in self.pictures:
            self._row.removeWidget(picture)
            picture.hide()
            picture.deleteLater()
        shown = known_images(self._session, image_ids)
        paths = self._session.store.image_paths(shown) if shown else []
        self.pictures = []
        for place, (image_id, path) in enumerate(zip(shown, paths, strict=True)):
            picture = ExamplePicture(self._session, image_id, Path(path).name, side=self._side, editable=self._editable)
            picture.unpin_wanted.connect(self.unpinned)
            self._row.insertWidget(place, picture)
            self.pictures.append(picture)
        self.setVisible(bool(self.pictures))

    def _on_loaded(self, image_ids: frozenset[int]) -> None:
        for picture in self.pictures:
            if picture.image_id in image_ids:
                picture.update()


def known_images(session: Session, image_ids: Sequence[int]) -> list[int]:
    """Those of the images that the project has, in the same order."""
    if not image_ids:
        return []
    ids = np.asarray(image_ids, np.int64)
    found: list[int] = ids[np.isin(ids, session.store.image_ids)].tolist()
    return found


class ExamplePicture(QAbstractButton):
    """One picture.

    Signals:
        unpin_wanted: id of its image.
    """

    unpin_wanted = Signal(int)

    def __init__(self, session: Session, image_id: int, name: str, *, side: int, editable: bool) -> None:
        super().__init__()
        self._session = session
        self._side = side
        self._editable = editable
        self.image_id = image_id
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if editable else Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setToolTip(self.tr("Unpin {}").format(name) if editable else name)
        self.setAccessibleName(self.tr("Example {}, unpin").format(name) if editable else name)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        if editable:
            self.clicked.connect(lambda: self.unpin_wanted.emit(image_id))

    def sizeHint(self) -> QSize:
        """A square."""
        return QSize(self._side, self._side)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete and Return take it away, too."""
        wanted = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace, Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if self._editable and event.key() in wanted:
            self.click()
            return
        super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """It looks otherwise under the mouse."""
        if event.type() in (QEvent.Type.HoverEnter, QEvent.Type.HoverLeave):
            self.update()
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The middle of the picture, and a cross where it can be taken away."""
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        palette, whole = self.palette(), QRectF(self.rect())
        shape = QPainterPath()
        shape.addRoundedRect(whole, _RADIUS, _RADIUS)
        painter.setClipPath(shape)
        painter.fillRect(whole, palette.color(QPalette.ColorRole.Midlight))
        picture = self._session.thumbnails.pixmap(self.image_id, round(self._side * self.devicePixelRatioF()))
        if picture is not None:
            side = min(picture.width(), picture.height())
            middle = QRectF((picture.width() - side) / 2, (picture.height() - side) / 2, side, side)
            painter.drawPixmap(whole, picture, middle)
        else:
            name = "image" if self._session.thumbnails.problem(self.image_id) is None else "image-broken"
            third = self._side / 3
            icons.paint(painter, name, whole.adjusted(third, third, -third, -third), theme.secondary(palette))
        painter.setClipping(False)
        if self._editable and (self.underMouse() or self.hasFocus()):
            left = 0 if self.isRightToLeft() else self.width() - _BADGE
            badge = QRectF(left, 0, _BADGE, _BADGE)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(palette.color(QPalette.ColorRole.Window))
            painter.drawEllipse(badge.adjusted(1, 1, -1, -1))
            icons.paint(painter, "x-bold", badge.adjusted(5, 5, -5, -5), palette.color(QPalette.ColorRole.WindowText))
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.accent(palette), 2))
            painter.drawRoundedRect(whole.adjusted(1, 1, -1, -1), _RADIUS, _RADIUS)
