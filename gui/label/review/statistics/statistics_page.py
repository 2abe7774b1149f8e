"""The numbers of a project while it grows: labels, pairs of labels, splits, reviews, and how the work went on."""

from datetime import datetime
from itertools import pairwise

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from core.errors import MultihotError
from core.labels import Label, LabelState, Review
from core.project.changes import Changes
from core.project.query import SPLITS, term
from core.project.statistics import SPLIT_ORDER, Statistics, count_statistics
from gui import background
from gui.label.review.statistics.statistics_bars import FIRST_COUNT, NAME, BarTable
from gui.label.review.statistics.statistics_parts import Bar, Look, Part, percent
from gui.label.review.statistics.statistics_progress import ProgressChart
from gui.label.review.statistics.statistics_together import TogetherView
from gui.session import Session
from gui.widgets import theme
from gui.widgets.empty_state import EmptyState
from gui.widgets.panel import Panel, line

# edits come in quick succession, and one count after them is enough
DEBOUNCE_MS = 150
# from so many letters on there are two columns
_TWO_COLUMNS = 140
# rows of labels and height of the matrix where everything is in one column
_ROWS = 14
_MATRIX_LINES = 20
_STATES = (LabelState.PRESENT, LabelState.ABSENT, LabelState.UNKNOWN)
OWN_ORDER, BY_NAME, MOST_PRESENT, MOST_ABSENT, LEAST_KNOWN = range(5)


class StatisticsPage(QWidget):
    """Counts of the open project, each of which leads to its images; they are fresh while the page is shown.

    Signals:
        filter_wanted: text of a filter that shows the images of what was chosen.
        closed: Escape was pressed; the images are to be shown again.
    """

    filter_wanted = Signal(str)
    closed = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._labels: tuple[Label, ...] = ()
        self._statistics: Statistics | None = None
        self._request: background.Request | None = None
        self._timer = QTimer(self, singleShot=True, interval=DEBOUNCE_MS)

        # make
        self._facts = QLabel()
        self._facts.setFont(theme.tabular(self._facts.font()))
        self._facts.setWordWrap(True)
        self._hint = QLabel(self.tr("A bar, a cell or a number leads to its images."))
        self._hint.setProperty("tone", "secondary")
        self._hint.setWordWrap(True)
        self.sorting = QComboBox()
        self.sorting.setAccessibleName(self.tr("Order of the labels"))
        orders = (
            self.tr("In their order"), self.tr("By name"), self.tr("Most present first"), self.tr("Most absent first"),
            self.tr("Least known first"),
        )  # fmt: skip
        self.sorting.addItems(orders)
        looks = (Look.PRESENT, Look.ABSENT, Look.UNKNOWN)
        titles = (self.tr("Present"), self.tr("Absent"), self.tr("Unknown"))
        states = [Part(title, look) for title, look in zip(titles, looks, strict=True)]
        images = [Part(self.tr("Images"), Look.PLAIN)]
        self.label_bars = BarTable(self.tr("Images per label and state"), self.tr("Label"), states)
        self.split_bars = BarTable(self.tr("Images per split"), self.tr("Split"), images, is_whole=True)
        self.review_bars = BarTable(self.tr("Images per review state"), self.tr("Review"), images, is_whole=True)
        self.together = TogetherView()
        self.progress = ProgressChart()
        self._columns = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._between = line(vertical=True)
        self._full = QWidget()
        self._empty = EmptyState("chart-bar", "", "")
        self._pages = QStackedWidget()

        self._lay_out()
        self._connect()
        self._show_page()

    @property
    def statistics(self) -> Statistics | None:
        """What is shown; None before it is counted."""
        return self._statistics

    def is_idle(self) -> bool:
        """Whether what is shown is what there is."""
        return self._request is None and not self._timer.isActive()

    def focus_first(self) -> None:
        """Give the focus to the labels, or to the page where there are none."""
        (self.label_bars if self._pages.currentWidget() is self._full else self).setFocus()

    def _lay_out(self) -> None:
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        labels = _panel(self.tr("Labels"), self.label_bars, stretch=1)
        labels.header.addWidget(self.sorting)
        small = QHBoxLayout()
        small.setSpacing(theme.GROUP)
        for title, table in ((self.tr("Splits"), self.split_bars), (self.tr("Reviews"), self.review_bars)):
            panel = _panel(title, table, stretch=0)
            panel.body.addStretch(1)
            small.addWidget(panel, 1)
        others = QVBoxLayout()
        others.setSpacing(theme.SPACE)
        others.addWidget(_panel(self.tr("Labels that come together"), self.together, stretch=1), 2)
        others.addLayout(small)
        others.addWidget(_panel(self.tr("Reviewed images over time"), self.progress, stretch=1), 1)
        self._columns.addWidget(labels, 1)
        self._columns.addWidget(self._between)
        self._columns.addLayout(others, 1)
        inner = QWidget()
        inner.setLayout(self._columns)
        self._columns.setContentsMargins(0, 0, 0, theme.SPACE)
        scroll = QScrollArea()
        scroll.setWidget(inner)
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        head = QHBoxLayout()
        head.setContentsMargins(theme.PANEL, theme.SPACE, theme.PANEL, theme.SPACE)
        head.setSpacing(theme.GROUP)
        head.addWidget(self._facts, 3)
        head.addWidget(self._hint, 2)
        column = QVBoxLayout(self._full)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(line())
        column.addWidget(scroll, 1)
        for page in (self._full, self._empty):
            self._pages.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._pages)
        stops = (
            self.sorting, self.label_bars, self.together.matrix.table, self.split_bars, self.review_bars, self.progress,
        )  # fmt: skip
        for one, after in pairwise(stops):
            self.setTabOrder(one, after)

    def _connect(self) -> None:
        session = self._session
        for table in (self.label_bars, self.split_bars, self.review_bars):
            table.term_chosen.connect(self.filter_wanted)
        self.together.pair_chosen.connect(self._on_pair_chosen)
        self.sorting.currentIndexChanged.connect(self._show_labels)
        heading = self.label_bars.horizontalHeader()
        heading.setSectionsClickable(True)
        heading.sectionClicked.connect(self._on_heading_clicked)
        self._timer.timeout.connect(self._count)
        session.changed.connect(self._on_changed)
        session.project_opened.connect(self._refresh)
        session.project_closed.connect(self._refresh)

    # counting

    def _on_changed(self, changes: Changes) -> None:
        if (changes.annotations or changes.labels or changes.images or changes.splits) and self.isVisible():
            self._timer.start()

    def _refresh(self) -> None:
        """Show another project, or none."""
        if self._request is not None:
            self._request.cancel()
        self._request, self._statistics = None, None
        self._show_page()
        if self.isVisible():
            self._count()

    def _count(self) -> None:
        # what works on the project now tells when it is done
        if not self._session.has_project or self._session.is_busy:
            return
        store = self._session.store
        labels = store.labels
        # no copies, which take 20 ms of this thread: an edit made meanwhile has it counted again
        states, splits, review, flagged = store.states, store.splits, store.review, store.flagged
        reviewed_at, offset = store.reviewed_at, _utc_offset()

        def work() -> Statistics:
            return count_statistics(states, splits, review, flagged=flagged, reviewed_at=reviewed_at, utc_offset=offset)

        def done(statistics: Statistics) -> None:
            self._request = None
            self._labels, self._statistics = labels, statistics
            self._show(offset)

        self._request = background.run(self, work, done, self._on_error, key="statistics")

    def _on_error(self, error: MultihotError) -> None:
        self._request = None
        self._session.message.emit(str(error))

    # showing

    def _show_page(self) -> None:
        """Show the numbers, or what to do so that there are some."""
        store = self._session.store if self._session.has_project else None
        if store is not None and len(store.image_ids) and store.labels:
            self._pages.setCurrentWidget(self._full)
            return
        if store is None or not len(store.image_ids):
            text = self.tr("Add a folder of images first; here you see how the work on them goes on.")
            self._empty.set_texts(self.tr("No images to count yet"), text)
        else:
            text = self.tr("Add a label in the panel of labels, and say on which images it is.")
            self._empty.set_texts(self.tr("No labels to count yet"), text)
        self._pages.setCurrentWidget(self._empty)

    def _show(self, utc_offset: float) -> None:
        statistics = self._statistics
        if statistics is None:
            return
        self._show_page()
        self._show_facts(statistics)
        self._show_labels()
        self.together.show_pairs(tuple(label.name for label in self._labels), statistics.together)
        names = {split: name for name, split in SPLITS.items()}
        words = (self.tr("Train"), self.tr("Validation"), self.tr("Test"), self.tr("No split yet"))
        splits = [(name, f"split:{names[split]}") for name, split in zip(words, SPLIT_ORDER, strict=True)]
        self._show_single(self.split_bars, splits, statistics.splits.tolist())
        reviews = [
            (self.tr("To do"), "unreviewed"), (self.tr("Reviewed"), "reviewed"), (self.tr("Unsure"), "unsure"),
            (self.tr("Flagged"), "flagged"),
        ]  # fmt: skip
        self._show_single(self.review_bars, reviews, [*statistics.reviews.tolist(), statistics.flagged])
        self.progress.show_progress(statistics.progress, utc_offset=utc_offset)
        self._fit()

    def _show_facts(self, statistics: Statistics) -> None:
        reviewed, count = int(statistics.reviews[Review.REVIEWED]), statistics.images
        known = int(statistics.states[:, :2].sum())
        cells = max(count * len(self._labels), 1)
        self._facts.setText(
            self.tr("{:,} of {:,} images are reviewed ({}), and {} of all label states are known.").format(
                reviewed, count, percent(reviewed / max(count, 1)), percent(known / cells)
            )
        )

    def _show_labels(self) -> None:
        statistics = self._statistics
        if statistics is None:
            return
        phrases = (
            self.tr("{} is present on {:,} of {:,} images ({})"), self.tr("{} is absent on {:,} of {:,} images ({})"),
            self.tr("{} is unknown on {:,} of {:,} images ({})"),
        )  # fmt: skip
        bars = []
        for label, row in zip(self._labels, statistics.states.tolist(), strict=True):
            words = tuple(
                phrase.format(label.name, count, statistics.images, percent(count / max(statistics.images, 1)))
                for phrase, count in zip(phrases, row, strict=True)
            )
            terms = tuple(term(label.name, state) for state in _STATES)
            bars.append(Bar(label.name, tuple(row), terms, words, label.color))
        order = self.sorting.currentIndex()
        if order == BY_NAME:
            bars.sort(key=lambda bar: bar.name.casefold())
        elif order > BY_NAME:
            bars.sort(key=lambda bar: -bar.counts[order - MOST_PRESENT])
        self.label_bars.show_bars(bars, statistics.images)

    def _show_single(self, table: BarTable, rows: list[tuple[str, str]], counts: list[int]) -> None:
        total = sum(counts[:3]) if table is self.review_bars else sum(counts)
        bars = []
        for (name, text), count in zip(rows, counts, strict=True):
            share = percent(count / max(total, 1))
            words = self.tr("{}: {:,} of {:,} images ({})").format(name, count, total, share)
            bars.append(Bar(name, (count,), (text,), (words,)))
        table.show_bars(bars, total)

    # choosing

    def _on_pair_chosen(self, row: int, column: int) -> None:
        one, other = (term(self._labels[place].name, LabelState.PRESENT) for place in (row, column))
        self.filter_wanted.emit(one if row == column else f"{one} {other}")

    def _on_heading_clicked(self, section: int) -> None:
        orders = {NAME: BY_NAME, **{FIRST_COUNT + part: MOST_PRESENT + part for part in range(len(_STATES))}}
        order = orders.get(section, OWN_ORDER)
        self.sorting.setCurrentIndex(OWN_ORDER if order == self.sorting.currentIndex() else order)

    # its room

    def _fit(self) -> None:
        """Put all below each other where it is narrow, so that the page scrolls."""
        is_wide = self.width() >= _TWO_COLUMNS * self.fontMetrics().averageCharWidth()
        across, down = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self._columns.setDirection(across if is_wide else down)
        self._columns.setSpacing(0 if is_wide else theme.SPACE)
        self._between.setVisible(is_wide)
        rows, line_height = self.label_bars.whole_height(), self.fontMetrics().lineSpacing()
        most = min(rows, self.label_bars.height_of(_ROWS))
        self.label_bars.setMinimumHeight(self.label_bars.minimumSizeHint().height() if is_wide else most)
        self.together.setMinimumHeight(min(self.together.whole_height(), _MATRIX_LINES * line_height))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """There is another room."""
        super().resizeEvent(event)
        self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        """Count what changed meanwhile."""
        super().showEvent(event)
        self._show_page()
        self._count()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nothing is counted for nobody."""
        super().hideEvent(event)
        self._timer.stop()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape goes back to the images."""
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)


def _panel(title: str, widget: QWidget, *, stretch: int) -> Panel:
    panel = Panel(title, margins=False)
    panel.add(widget, stretch)
    return panel


def _utc_offset() -> float:
    """Of the clock of the person, in seconds."""
    offset = datetime.now().astimezone().utcoffset()
    return 0.0 if offset is None else offset.total_seconds()
