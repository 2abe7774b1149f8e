"""One image of Inspect, large: what is said of its labels, and which places of it speak for each."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QImage, QKeySequence, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from core.errors import MultihotError
from core.labels import LabelState
from gui.inspect.explainer import Explainer
from gui.inspect.heat_bar import HeatBar
from gui.inspect.heat_image import heat_image
from gui.inspect.inspection import Inspection
from gui.inspect.pictures import Pictures
from gui.inspect.verdict_list import VerdictList
from gui.inspect.verdicts import Verdict, verdicts_of
from gui.widgets import theme
from gui.widgets.buttons import flat, icon_button, with_icon, with_shortcut
from gui.widgets.canvas import Canvas
from gui.widgets.empty_state import EmptyState
from gui.widgets.error_row import ErrorRow
from gui.widgets.panel import Panel, line

#: Images of the gallery that are explained before they are looked at.
AHEAD, BEHIND = 6, 2
_SIDE_WIDTH = 380


class ImageViewer(QWidget):
    """An image of the gallery with the heat map of one label over it, and all its labels beside it.

    Signals:
        closed: the person wants the gallery back.
        opened: tuple of the one image id that is to be opened in Label.
    """

    closed = Signal()
    opened = Signal(object)

    def __init__(self, inspection: Inspection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._inspection = inspection
        self._session = inspection.session
        self._image_ids: NDArray[np.int64] = np.zeros(0, np.int64)
        self._labels: NDArray[np.int64] = np.zeros(0, np.int64)
        self._at = 0
        self._label = 0
        self._verdicts: tuple[Verdict, ...] = ()
        self._path: Path | None = None
        self._asked_at = 0.0
        self._error: MultihotError | None = None
        self.explainer = Explainer(self._session, self)
        self._pictures = Pictures(self)
        self.canvas = Canvas()
        self.labels = VerdictList()
        self._place = QLabel()
        self._place.setFont(theme.tabular(self._place.font()))
        self._back = with_icon(flat(QPushButton(self.tr("Gallery"))), "arrow-left")
        self._back.setToolTip(with_shortcut(self.tr("Back to the gallery"), "Esc"))
        self._before = icon_button("caret-left", self.tr("Image before"), shortcut="Left")
        self._next = icon_button("caret-right", self.tr("Next image"), shortcut="Right")
        self._heat = HeatBar()
        self._open = flat(QPushButton(self.tr("Open in Label")))
        self._open.setToolTip(with_shortcut(self._open.text(), "Return"))
        self._problem = EmptyState("warning", "", "")
        self._stack = QStackedWidget()
        self._sentence = QLabel()
        self._sentence.setWordWrap(True)
        self._state = QLabel()
        self._state.setProperty("tone", "secondary")
        self._state.setWordWrap(True)
        self._failure = ErrorRow()
        self._again = flat(QPushButton(self.tr("Try again")))
        self._keys = QLabel()
        self._keys.setProperty("tone", "secondary")
        self._keys.setFont(theme.smaller(self._keys.font()))
        self._clock = QTimer(self)
        self._clock.setInterval(1000)
        self._lay_out()

        self._actions = (
            self._action(("Esc",), self.closed.emit),
            self._action(("Left",), partial(self.step, -1)),
            self._action(("Right",), partial(self.step, 1)),
            self._action(("Up",), partial(self.labels.step, -1)),
            self._action(("Down",), partial(self.labels.step, 1)),
            self._action(("H",), self._heat.toggle),
            self._action(("Z",), self.canvas.toggle_zoom),
            self._action(("Return", "Enter"), self._on_open),
            self._action(("F",), self._on_model_is_right),
            self._action(("P",), partial(self._fix, LabelState.PRESENT)),
        )
        self._denials = (
            self._action(("A",), partial(self._fix, LabelState.ABSENT)),
            self._action(("U",), partial(self._fix, LabelState.UNKNOWN)),
        )
        self._back.clicked.connect(self.closed)
        self._before.clicked.connect(partial(self.step, -1))
        self._next.clicked.connect(partial(self.step, 1))
        self._open.clicked.connect(self._on_open)
        self._again.clicked.connect(self._ask)
        self._heat.changed.connect(self._show_heat)
        self._pictures.loaded.connect(self._on_loaded)
        self._pictures.failed.connect(self._on_unreadable)
        self.labels.label_chosen.connect(self._on_label_chosen)
        self.explainer.explained.connect(self._on_explained)
        self.explainer.failed.connect(self._on_failed)
        self._clock.timeout.connect(self._say_how_long)
        inspection.fixes.changed.connect(self._refresh)
        inspection.moved.connect(lambda _: self._refresh())
        self._session.project_closed.connect(self._forget)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setContentsMargins(theme.PANEL, theme.SPACE // 2, theme.PANEL, theme.SPACE // 2)
        top.setSpacing(theme.SPACE)
        for widget in (self._back, self._before, self._next, self._place):
            top.addWidget(widget)
        top.addStretch(1)
        top.addWidget(self._heat)
        top.addWidget(self._open)
        words = QWidget()
        words.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        below = QVBoxLayout(words)
        below.setContentsMargins(theme.PANEL, theme.SPACE, theme.PANEL, theme.SPACE)
        below.setSpacing(theme.SPACE // 2)
        error = QHBoxLayout()
        error.setSpacing(theme.SPACE)
        error.addWidget(self._failure, 1)
        error.addWidget(self._again)
        below.addWidget(self._sentence)
        below.addWidget(self._state)
        below.addLayout(error)
        self._stack.addWidget(self.canvas)
        self._stack.addWidget(self._problem)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._stack, 1)
        column.addWidget(line())
        column.addWidget(words)
        panel = Panel(self.tr("Labels"), margins=False)
        panel.add(self.labels, 1)
        foot = QHBoxLayout()
        foot.setContentsMargins(theme.PANEL, theme.SPACE // 2, theme.PANEL, theme.SPACE // 2)
        foot.addWidget(self._keys)
        panel.body.addWidget(line())
        panel.body.addLayout(foot)
        both = QSplitter(Qt.Orientation.Horizontal)
        both.setChildrenCollapsible(False)
        both.addWidget(left)
        both.addWidget(panel)
        both.setSizes([2 * _SIDE_WIDTH, _SIDE_WIDTH])
        both.setStretchFactor(0, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(line())
        layout.addWidget(both, 1)

    def _action(self, keys: tuple[str, ...], function: Callable[[], object]) -> QAction:
        action = QAction(self)
        action.setShortcuts([QKeySequence(key) for key in keys])
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.triggered.connect(lambda _: function())
        self.addAction(action)
        return action

    def show_images(self, image_ids: NDArray[np.int64], labels: NDArray[np.int64], current: int) -> None:
        """Show one of the gallery's images; arrow keys go to the others.

        Args:
            image_ids: int64 (n,), at least one, of images that were scored on the split that is looked at.
            labels: int64 (n,), columns of the labels that they are shown for.
            current: place among them of the image to begin with.
        """
        scored = self._inspection.scored
        assert scored is not None
        for action in self._denials:
            # an image of one label has it or another one
            action.setEnabled(not scored.is_multi_class)
        fixes = self.tr("F: the model is right · P present")
        if not scored.is_multi_class:
            fixes = self.tr("F: the model is right · P present · A absent · U unknown")
        self._keys.setText(self.tr("Arrow keys: images and labels · Z zoom") + "\n" + fixes)
        self._image_ids, self._labels = image_ids, labels
        self._at, self._label = current, int(labels[current])
        self._show_image()

    @property
    def image_id(self) -> int:
        """The image that is looked at."""
        return int(self._image_ids[self._at])

    @property
    def label(self) -> int:
        """Column of the label that is looked at."""
        return self._label

    def step(self, count: int) -> None:
        """Show the image so many places further in the gallery; it stops at the ends."""
        at = min(max(self._at + count, 0), len(self._image_ids) - 1)
        if not len(self._image_ids) or at == self._at:
            return
        # a label chosen here stays, unless the gallery shows the images for different ones
        if self._labels[at] != self._labels[self._at]:
            self._label = int(self._labels[at])
        self._at = at
        self._show_image()

    def message(self) -> str:
        """What is said of the heat map: that it is looked for, what it shows, or why there is none."""
        return self._failure.text() or self._state.text()

    # the image

    def _show_image(self) -> None:
        self._before.setEnabled(self._at > 0)
        self._next.setEnabled(self._at + 1 < len(self._image_ids))
        self._show_verdicts()
        place = self.tr("{:,} of {:,}").format(self._at + 1, len(self._image_ids))
        self._path = self._paths(self._at, 1).get(self.image_id)
        self._open.setEnabled(self._path is not None)
        self.canvas.set_picture([], QSize(), keep_view=False)
        self.canvas.set_overlay(None)
        if self._path is None:
            self._place.setText(place)
            self._show_gone()
            return
        self._place.setText(f"{place} · {self._path.name}")
        self._stack.setCurrentWidget(self.canvas)
        self._load(self._path)
        self._ask()

    def _paths(self, start: int, count: int) -> dict[int, Path]:
        """Ids and files of some of the images that the project still has."""
        store = self._session.store
        wanted = self._image_ids[max(0, start) : max(0, start + count)]
        there = wanted[np.isin(wanted, store.image_ids)]
        return {image_id: store.image_path(image_id) for image_id in there.tolist()}

    def _load(self, path: Path) -> None:
        thumbnail = None if self._pictures.is_kept(path) else self._session.thumbnails.pixmap(self.image_id, 640)
        if thumbnail is not None:
            facts = self._session.store.image_facts(self.image_id)
            size = QSize(facts.width, facts.height) if facts.width and facts.height else thumbnail.size()
            self.canvas.set_picture([thumbnail.toImage()], size, keep_view=False)
        self._pictures.ask(path)

    def _on_loaded(self, path: Path, levels: list[QImage]) -> None:
        if path == self._path:
            self.canvas.set_picture(levels, levels[0].size(), keep_view=True)
            for following in self._paths(self._at + 1, 1).values():
                self._pictures.prepare(following)

    def _on_unreadable(self, path: Path, error: MultihotError) -> None:
        if path == self._path:
            self._show_problem(str(error))

    def _show_gone(self) -> None:
        self._show_problem(self.tr("The project has this image no more."))

    def _show_problem(self, text: str) -> None:
        self._problem.set_texts(self.tr("This image cannot be shown"), text)
        self._stack.setCurrentWidget(self._problem)
        self._clock.stop()
        self._say("")

    def _is_current(self, image_id: int) -> bool:
        return bool(len(self._image_ids)) and image_id == self.image_id

    # what is said of it

    def _show_verdicts(self) -> None:
        scored = self._inspection.scored
        assert scored is not None
        (row,) = np.flatnonzero(scored.predictions.image_ids == self.image_id)
        labels = np.arange(len(scored.label_names))
        now = self._inspection.fixes.now(scored, np.full(len(labels), self.image_id), labels)
        self._verdicts = verdicts_of(scored, int(row), self._inspection.thresholds.values, now.tolist())
        self.labels.show_verdicts(self._verdicts, self._label)
        self._show_sentence()

    def _show_sentence(self) -> None:
        self._sentence.setText(next(one.sentence for one in self._verdicts if one.label == self._label))

    def _on_label_chosen(self, label: int) -> None:
        self._label = label
        self._show_sentence()
        if self._error is not None:
            self._ask()
        else:
            self._show_heat()

    def _refresh(self) -> None:
        """Annotations or thresholds changed; while another image or nothing is looked at that is left for later."""
        scored = self._inspection.scored
        if len(self._image_ids) and self.isVisible() and scored is not None:
            self._show_verdicts()

    def _on_open(self) -> None:
        if self._open.isEnabled():
            self.opened.emit((self.image_id,))

    def _on_model_is_right(self) -> None:
        scored = self._inspection.scored
        if scored is not None:
            image, label = np.array([self.image_id]), np.array([self._label])
            self._inspection.fixes.as_predicted(scored, self._inspection.thresholds.values, image, label)

    def _fix(self, state: LabelState) -> None:
        scored = self._inspection.scored
        if scored is not None:
            image, label = np.array([self.image_id]), np.array([self._label])
            self._inspection.fixes.set(scored, image, label, np.array([state], np.int8))

    # the heat map

    @property
    def _name(self) -> str:
        scored = self._inspection.scored
        return "" if scored is None else scored.label_names[self._label]

    def _ask(self) -> None:
        run = self._inspection.run
        assert run is not None
        self._error = None
        self._asked_at = time.monotonic()
        images = self._paths(self._at, AHEAD + 1) | self._paths(self._at - BEHIND, BEHIND)
        if self.image_id not in images:
            # removed while it is looked at
            self._show_gone()
            return
        self.explainer.ask(run, images)
        self._show_heat()

    def _on_explained(self, image_id: int) -> None:
        if self._is_current(image_id):
            self._show_heat()

    def _on_failed(self, image_id: int, error: MultihotError) -> None:
        if self._is_current(image_id):
            self._error = error
            self._show_heat()

    def _show_heat(self) -> None:
        """Lay what is known of the chosen label over the image, and say what it is."""
        if not len(self._image_ids) or self._stack.currentWidget() is self._problem:
            return
        maps = self.explainer.maps(self.image_id)
        self._clock.stop()
        self.canvas.set_overlay(None)
        if maps is None and self._error is not None:
            self._say("", error=self._error)
        elif maps is None:
            self._clock.start()
            self._say_how_long()
        elif not maps[self._label].any():
            self._say(self.tr("No place of this image speaks for “{}”.").format(self._name))
        elif self._heat.is_on:
            self.canvas.set_overlay(heat_image(maps[self._label]), opacity=self._heat.opacity)
            self._say(self.tr("The brighter a place of this image, the more it speaks for “{}”.").format(self._name))
        else:
            self._say(self.tr("Press H to see the places that speak for “{}”.").format(self._name))

    def _say_how_long(self) -> None:
        seconds = int(time.monotonic() - self._asked_at)
        text = self.tr("Looking for the places that speak for “{}”… {} s")
        self._say(text.format(self._name, seconds))

    def _say(self, text: str, *, error: MultihotError | None = None) -> None:
        self._state.setText(text)
        self._state.setVisible(error is None)
        self._again.setVisible(error is not None)
        if error is None:
            self._failure.clear()
        else:
            self._failure.show_error(error)

    def _forget(self) -> None:
        self._clock.stop()
        self._image_ids = self._labels = np.zeros(0, np.int64)
        self._path = None
        self._pictures.clear()
        self.canvas.set_picture([], QSize(), keep_view=False)
        self.canvas.set_overlay(None)
        self._verdicts = ()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with annotations that were changed in Label."""
        super().showEvent(event)
        self._refresh()
        self.canvas.setFocus()
