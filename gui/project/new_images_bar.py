"""The quiet bar over the images that tells what became of their files, and offers new ones."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy

from gui.project.watcher import Notice, Watcher
from gui.session import Session
from gui.widgets import icons, theme
from gui.widgets.buttons import flat, pressed_with_focus

_ICONS = {
    "new": "folder-plus",
    "changed": "warning-circle",
    "gone": "warning-circle",
    "found": "check-circle-fill",
    "lost": "warning-circle",
}


class NewImagesBar(QFrame):
    """Tells one thing at a time; hidden while there is nothing to tell.

    Signals:
        find_wanted: somebody wants to say where images are that are gone.
        left: the bar is done with, and keys are to go to the images.
    """

    find_wanted = Signal()
    left = Signal()

    def __init__(self, session: Session, watcher: Watcher) -> None:
        super().__init__()
        self._session = session
        self._watcher = watcher
        self._notice: Notice | None = None
        self.setProperty("surface", "window")
        self.setAccessibleName(self.tr("News about image files"))
        self._sign = QLabel()
        self._text = QLabel()
        self._text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.add_button = QPushButton(self.tr("Add"))
        self.show_button = QPushButton(self.tr("Show"))
        self.find_button = QPushButton(self.tr("Find moved images…"))
        self.later_button = flat(QPushButton(self.tr("Not now")))
        self.never_button = flat(QPushButton(self.tr("Stop asking")))
        self.never_button.setToolTip(self.tr("Offer nothing of this folder any more until the project is opened again"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(theme.PANEL, theme.SPACE // 2, theme.SPACE, theme.SPACE // 2)
        layout.setSpacing(theme.SPACE)
        layout.addWidget(self._sign)
        layout.addWidget(self._text, 1)
        for button in (self.add_button, self.show_button, self.find_button, self.later_button, self.never_button):
            pressed_with_focus(button)
            layout.addWidget(button)

        self.add_button.clicked.connect(self._on_add_clicked)
        self.show_button.clicked.connect(self._on_show_clicked)
        self.find_button.clicked.connect(self.find_wanted)
        self.later_button.clicked.connect(self._on_later_clicked)
        self.never_button.clicked.connect(self._on_never_clicked)
        watcher.notices_changed.connect(self._refresh)
        theme.on_change(self, self._paint_sign)
        self._refresh()

    def text(self) -> str:
        """What is told; empty for nothing."""
        return "" if self.isHidden() else self._text.text()

    def _refresh(self) -> None:
        notices = self._watcher.notices
        # the one that has the keys now: a bar that goes by itself takes them from nobody
        focus = QApplication.focusWidget()
        had_focus = focus is not None and self.isAncestorOf(focus)
        self._notice = notices[0] if notices else None
        self.setVisible(self._notice is not None)
        if self._notice is None:
            if had_focus:
                self.left.emit()
            return
        kind = self._notice.kind
        text = self._words(self._notice)
        self._text.setText(text)
        self._text.setToolTip(text if self._notice.root is None else f"{text}: {self._notice.root}")
        self.add_button.setVisible(kind == "new")
        self.never_button.setVisible(kind == "new")
        self.show_button.setVisible(kind in ("changed", "gone", "found"))
        self.find_button.setVisible(kind in ("gone", "lost"))
        self.later_button.setText(self.tr("Not now") if kind == "new" else self.tr("Close"))
        self.add_button.setAccessibleName(f"{self.tr('Add')}: {text}")
        self.show_button.setAccessibleName(f"{self.tr('Show')}: {text}")
        self._paint_sign()

    def _words(self, notice: Notice) -> str:
        one = notice.count == 1
        if notice.kind == "lost":
            text = self.tr("The folder {folder} is missing, with all its images")
        elif notice.kind == "new":
            text = self.tr("1 new image in {folder}") if one else self.tr("{count} new images in {folder}")
        elif notice.kind == "changed":
            text = self.tr("1 image changed on disk") if one else self.tr("{count} images changed on disk")
        elif notice.kind == "found":
            many = self.tr("{count} images were renamed or moved: found again")
            text = self.tr("1 image was renamed or moved: found again") if one else many
        else:
            many = self.tr("{count} images are gone from their folders")
            text = self.tr("1 image is gone from its folder") if one else many
        folder = "" if notice.root is None else notice.root.name or str(notice.root)
        return text.format(count=f"{notice.count:,}", folder=folder)

    def _on_add_clicked(self) -> None:
        if self._notice is not None and self._notice.root is not None:
            self._watcher.add(self._notice.root)

    def _on_show_clicked(self) -> None:
        if self._notice is not None:
            self._session.show_in_label(self._notice.image_ids)
            self._watcher.forget(self._notice.kind)

    def _on_later_clicked(self) -> None:
        if self._notice is None:
            return
        if self._notice.kind == "new" and self._notice.root is not None:
            self._watcher.refuse(self._notice.root)
        else:
            self._watcher.forget(self._notice.kind)
        # another notice may have come in its place
        self.left.emit()

    def _on_never_clicked(self) -> None:
        if self._notice is not None and self._notice.root is not None:
            self._watcher.be_quiet(self._notice.root)
            self.left.emit()

    def _paint_sign(self) -> None:
        if self._notice is None:
            return
        name = _ICONS[self._notice.kind]
        color = (
            theme.secondary(self.palette()) if self._notice.kind in ("new", "found") else theme.warning(self.palette())
        )
        self._sign.setPixmap(icons.pixmap(name, 16, color, ratio=self.devicePixelRatioF()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape leaves it as it is."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)
