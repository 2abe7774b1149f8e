"""The menus beside the filter: terms to be added, and the order of the images."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from core.labels import Label, LabelState
from core.project.query import SPLITS, term
from core.project.query.tree import Sort
from core.project.query.words import written, written_value

MOST = 40
"""Labels or folders in a menu; more are found by typing."""

_STATES = (
    ("Present", LabelState.PRESENT),
    ("Absent", LabelState.ABSENT),
    ("Unknown", LabelState.UNKNOWN),
)
_REVIEWS = (("To do", "unreviewed"), ("Reviewed", "reviewed"), ("Unsure", "unsure"))
_FACTS = (
    ("Flagged", "flagged"),
    ("With a note", "note:*"),
    ("Without any label known", "unlabeled"),
    ("Labels break a rule", "conflict"),
    ("Disputed after a merge", "disputed"),
    ("File cannot be read", "unreadable"),
)
_NUMBERS = (
    ("None present", "labels=0"),
    ("At least 1 present", "labels>=1"),
    ("At least 2 present", "labels>=2"),
    ("At least 3 present", "labels>=3"),
    ("At least 5 present", "labels>=5"),
    ("Another number…", "labels>="),
    ("Fewer than … known…", "known<"),
)
_SIZES = (
    ("Upright", "aspect<1"),
    ("Across", "aspect>1"),
    ("Narrower than 300 pixels", "width<300"),
    ("At least 1920 pixels wide", "width>=1920"),
    ("Another width…", "width<"),
    ("Another height…", "height<"),
    ("Larger than 1 MB", "size>1mb"),
    ("Another file size…", "size>"),
)
ORDERS = {
    "name": "Name",
    "size": "File size",
    "width": "Width",
    "height": "Height",
    "aspect": "Shape",
    "labels": "Labels present",
    "known": "Labels known",
    "reviewed": "Time of review",
    "disagree": "Disagreement",
    "random": "Shuffled",
}
"""What orders are called."""
_DOWN_FIRST = ("disagree", "reviewed", "prob")


def fill_terms(
    menu: QMenu, add: Callable[[str], None], *, labels: Sequence[Label], folders: Sequence[str], has_scores: bool
) -> None:
    """Fill a menu with terms of the filter.

    Args:
        menu: is emptied first.
        add: gets a term; one that ends in a colon, a comparison, a bracket or a sign is to be finished by typing.
        labels: of the project.
        folders: in which images are.
        has_scores: whether there is a model to ask.
    """
    menu.clear()
    for words, state in _STATES:
        _labels(menu.addMenu(_tr(words)), add, labels, partial(term, state=state), _sign(state))
    menu.addSeparator()
    _terms(menu.addMenu(_tr("Review")), add, _REVIEWS)
    _terms(menu, add, _FACTS)
    menu.addSeparator()
    _terms(menu.addMenu(_tr("Split")), add, [(word.capitalize(), f"split:{word}") for word in SPLITS])
    sub = menu.addMenu(_tr("Folder"))
    tops = sorted({folder.partition("/")[0] for folder in folders if folder})
    _terms(sub, add, [(one, f"folder:{written_value(one)}") for one in tops[:MOST]])
    _terms(sub, add, [("Another folder…", "folder:")])
    sub.setEnabled(bool(tops))
    _terms(menu.addMenu(_tr("Number of labels")), add, _NUMBERS)
    _terms(menu.addMenu(_tr("Size and shape")), add, _SIZES)
    _terms(menu, add, [("File name contains…", "name:"), ("Note contains…", "note:")])
    menu.addSeparator()
    model = menu.addMenu(_tr("Model"))
    _terms(model, add, [("Disagrees on any label", "disagree")])
    _labels(model.addMenu(_tr("Disagrees on")), add, labels, lambda name: f"disagree({written(name)})", "disagree(")
    for share in (0.5, 0.8, 0.95):
        sub = model.addMenu(_tr("Probability above {}").format(share))
        _labels(sub, add, labels, partial(_probability, share), "prob(")
    model.setEnabled(has_scores)
    if not has_scores:
        model.setTitle(_tr("Model: no run has scores yet"))


def fill_orders(
    menu: QMenu,
    choose: Callable[[str], None],
    *,
    sorts: Sequence[Sort],
    labels: Sequence[Label],
    has_scores: bool,
) -> None:
    """Fill a menu with orders of the images.

    Args:
        menu: is emptied first.
        choose: gets an order, as in "sort:name"; empty for that in which images were added.
        sorts: the order now.
        labels: of the project.
        has_scores: whether there is a model to ask.
    """
    menu.clear()
    now = sorts[0] if sorts else None
    _order(menu, _tr("As added"), "", choose, is_now=now is None)
    for key, words in ORDERS.items():
        sort = Sort(key, descending=key in _DOWN_FIRST)
        action = _order(menu, _tr(words), str(sort), choose, is_now=now is not None and now.key == key)
        action.setEnabled(has_scores or key != "disagree")
    sub = menu.addMenu(_tr("Probability of"))
    for label in labels[:MOST]:
        is_now = now is not None and now.label is not None and now.label.id == label.id
        _order(sub, label.name, f"sort:-prob({written(label.name)})", choose, is_now=is_now)
    sub.setEnabled(has_scores and bool(labels))
    menu.addSeparator()
    back = menu.addAction(_tr("Turned round"))
    back.setCheckable(True)
    back.setEnabled(now is not None)
    if now is not None:
        other = Sort(now.key, now.label, not now.descending)
        back.setChecked(now.descending)
        back.triggered.connect(lambda: choose(str(other)))


def order_name(sorts: Sequence[Sort]) -> str:
    """What the order of the images is called."""
    if not sorts:
        return _tr("As added")
    return sorts[0].label.name if sorts[0].label is not None else _tr(ORDERS.get(sorts[0].key, sorts[0].key))


def _labels(
    menu: QMenu, add: Callable[[str], None], labels: Sequence[Label], write: Callable[[str], str], start: str
) -> None:
    _terms(menu, add, [(label.name, write(label.name)) for label in labels[:MOST]])
    if len(labels) > MOST:
        menu.addSeparator()
        _terms(menu, add, [(_tr("{} others: type a part of the name…").format(len(labels) - MOST), start)])
    menu.setEnabled(bool(labels))


def _terms(menu: QMenu, add: Callable[[str], None], terms: Sequence[tuple[str, str]]) -> None:
    for words, text in terms:
        action = QAction(_tr(words).replace("&", "&&"), menu)
        action.triggered.connect(lambda _checked=False, text=text: add(text))
        menu.addAction(action)


def _order(menu: QMenu, words: str, order: str, choose: Callable[[str], None], *, is_now: bool) -> QAction:
    action = QAction(words.replace("&", "&&"), menu)
    action.setCheckable(True)
    action.setChecked(is_now)
    action.triggered.connect(lambda: choose(order))
    menu.addAction(action)
    return action


def _probability(share: float, name: str) -> str:
    return f"prob({written(name)})>{share}"


def _sign(state: LabelState) -> str:
    return {LabelState.PRESENT: "", LabelState.ABSENT: "-", LabelState.UNKNOWN: "?"}[state]


def _tr(text: str) -> str:
    return QCoreApplication.translate("FilterBar", text)
