"""The rules of the labels: all of them in words, where they are broken, and which ones the annotations propose."""

import functools
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLocale, Qt, QTimer
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from core.errors import MultihotError, ProjectError
from core.labels import Rule, RuleKind
from core.project.changes import Changes
from core.project.labels.rules import with_parents
from core.project.words import images
from gui import background
from gui.label.labels.editor.consequences import breaking, broken_now
from gui.label.labels.rules.rule_findings import Findings, Proposal, find
from gui.label.labels.rules.rule_form import RuleForm
from gui.label.labels.rules.rule_table import RuleTable, TableRow
from gui.label.labels.rules.rule_words import names_of, words_of
from gui.session import Session
from gui.widgets import theme
from gui.widgets.buttons import pressed_with_focus, primary
from gui.widgets.error_row import ErrorRow
from gui.widgets.panel import heading, line

REST_MS = 300


class RulesWindow(QDialog):
    """Beside the window, so that both are used; numbers follow what is labeled meanwhile."""

    def __init__(
        self,
        session: Session,
        parent: QWidget,
        *,
        edit_label: Callable[[int], None],
        conflicts_key: Callable[[], str] = str,
    ) -> None:
        """Make it.

        Args:
            session: with a project whose images can have several labels.
            parent: the window.
            edit_label: opens the editor of a label, where its parent is chosen.
            conflicts_key: says which key shows the images that break rules.
        """
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Rules"))
        self._session = session
        self._edit_label = edit_label
        self._conflicts_key = conflicts_key
        self._rules: tuple[Rule, ...] = ()
        self._findings: Findings | None = None
        self._changed: Rule | None = None
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)

        # make
        self.table = RuleTable(self.tr("Rules"), (self.tr("Rule"), self.tr("Broken on")))
        self.table.set_empty_text(
            self.tr("No rules yet. A rule says that one label implies another, or that some exclude each other.")
        )
        self.add = primary(QPushButton(self.tr("Add rule…")))
        self.change = QPushButton(self.tr("Change…"))
        self.delete = QPushButton(self.tr("Delete"))
        self.show_images = QPushButton(self.tr("Show images"))
        self.note = QLabel()
        self.note.setProperty("tone", "secondary")
        self.note.setWordWrap(True)
        self._form: RuleForm | None = None
        self._form_place = QVBoxLayout()
        self.error = ErrorRow()
        self.proposals = RuleTable(
            self.tr("Rules that the annotations propose"), (self.tr("Rule"), self.tr("Holds on"), "")
        )
        self.proposals.set_empty_text(
            self.tr("Nothing yet: rules are proposed that at least 95 of 100 annotated images follow.")
        )
        self.close_button = QPushButton(self.tr("Close"))

        self._lay_out()
        self._connect()
        self._show_rules()
        self._count()
        self.table.setFocus()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.SPACE)
        for button in (self.add, self.change, self.delete):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self.show_images)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.close_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GROUP, theme.GROUP, theme.GROUP, theme.GROUP)
        layout.setSpacing(theme.SPACE)
        layout.addWidget(self.table, 3)
        layout.addWidget(self.note)
        layout.addLayout(buttons)
        layout.addLayout(self._form_place)
        layout.addWidget(self.error)
        layout.addSpacing(theme.SPACE)
        layout.addWidget(line())
        layout.addWidget(heading(self.tr("Proposed by the annotations")))
        layout.addWidget(self.proposals, 2)
        layout.addLayout(foot)
        for button in self.findChildren(QPushButton):
            # Return is that of the place that has the focus
            pressed_with_focus(button)
        unit = self.fontMetrics().height()
        self.resize(52 * unit, 38 * unit)

    def _connect(self) -> None:
        session = self._session
        self.table.chosen_changed.connect(self._on_chosen)
        self.table.activated.connect(lambda _index: self._on_change())
        self.proposals.activated.connect(lambda _index: self._on_take())
        self.proposals.button_clicked.connect(self._take)
        self.add.clicked.connect(self._on_add)
        self.change.clicked.connect(self._on_change)
        self.delete.clicked.connect(self._on_delete)
        self.show_images.clicked.connect(self._on_show_images)
        self.close_button.clicked.connect(self.close)
        self._rest.timeout.connect(self._count)
        for key, slot in (("Insert", self._on_add), ("F2", self._on_change), ("Delete", self._on_delete)):
            QShortcut(QKeySequence(key), self.table, slot, context=Qt.ShortcutContext.WidgetShortcut)
        session.changed.connect(self._on_changed)
        session.project_closed.connect(self._on_project_closed)

    @property
    def form(self) -> RuleForm:
        """The fields of a rule; made when they are first wanted, so that the window opens at once."""
        if self._form is None:
            self._form = RuleForm()
            self._form.hide()
            self._form_place.addWidget(self._form)
            self._form.saved.connect(self._on_saved)
            self._form.cancelled.connect(self._on_cancelled)
            # parts that are made later come last else
            for one, following in pairwise([self.show_images, *self._form.in_order()]):
                QWidget.setTabOrder(one, following)
        return self._form

    # what is shown

    def _show_rules(self) -> None:
        store = self._session.store
        names = names_of(store.labels)
        self._rules = with_parents(store.labels, store.rules)
        broken = {} if self._findings is None else dict(
            zip(map(_key_of, self._findings.rules), map(len, self._findings.broken), strict=True)
        )  # fmt: skip
        rows = []
        for rule in self._rules:
            count = broken.get(_key_of(rule))
            said = "…" if count is None else images(count) if count else self.tr("no image")
            rows.append(TableRow(words_of(rule, names), (said,), is_quiet=rule.id == 0, is_amber=bool(count)))
        self.table.show_rows(rows, [_key_of(rule) for rule in self._rules])
        self._on_chosen()

    def _show_proposals(self) -> None:
        found = () if self._findings is None else self._findings.proposals
        names = names_of(self._session.store.labels)
        number = QLocale().toString
        rows = [
            TableRow(
                words_of(Rule(-1, one.kind, one.label_ids, one.name), names),
                (self.tr("{} of {} images").format(number(one.images), number(one.of)),),
                button=self.tr("Add"),
            )
            for one in found
            if all(label_id in names for label_id in one.label_ids)
        ]
        self.proposals.show_rows(rows, list(range(len(rows))))

    def _chosen(self) -> Rule | None:
        key = self.table.chosen()
        return next((rule for rule in self._rules if _key_of(rule) == key), None)

    def _on_chosen(self) -> None:
        rule = self._chosen()
        is_parent = rule is not None and rule.id == 0
        self.change.setEnabled(rule is not None)
        self.delete.setEnabled(rule is not None and not is_parent)
        self.show_images.setEnabled(rule is not None and len(self._broken(rule)) > 0)
        self.change.setText(self.tr("Edit label…") if is_parent else self.tr("Change…"))
        self.note.setVisible(is_parent)
        if is_parent and rule is not None:
            name = names_of(self._session.store.labels).get(rule.label_ids[0], "")
            self.note.setText(self.tr("The parent of “{}” is chosen in its editor.").format(name))

    def _on_changed(self, changes: Changes) -> None:
        if changes.labels or changes.rules:
            self._findings = None
            if self._changed is not None and self._changed.id not in [one.id for one in self._session.store.rules]:
                self._on_cancelled()
            self._show_rules()
            self._count()
        elif changes.annotations or changes.images:
            self._rest.start()

    def _count(self) -> None:
        """Count in a thread where rules are broken and which ones hold."""
        store = self._session.store
        # not a copy: what is edited meanwhile is counted again
        work = functools.partial(find, store.states, store.labels, store.rules)
        background.run(self, work, self._on_counted, self._on_failed, key="rules")

    def _on_project_closed(self) -> None:
        self._rest.stop()
        background.cancel_of(self)
        self.close()

    def _on_counted(self, findings: Findings) -> None:
        self._findings = findings
        self._show_rules()
        self._show_proposals()

    def _on_failed(self, error: MultihotError) -> None:
        self.error.show_error(error)

    # what is done

    def _on_add(self) -> None:
        self._begin(None)

    def _on_change(self) -> None:
        rule = self._chosen()
        if rule is None:
            return
        if rule.id == 0:
            self._edit_label(rule.label_ids[0])
        else:
            self._begin(rule)

    def _begin(self, rule: Rule | None) -> None:
        self.error.clear()
        self._changed = rule
        self.form.show()
        self.form.begin(self._session.store.labels, rule)
        # the form has a button of its own for what is to be done next
        self.add.setEnabled(False)

    def _on_cancelled(self) -> None:
        self._changed = None
        if self._form is not None:
            self._form.hide()
        self.add.setEnabled(True)
        self.table.setFocus()

    def _on_saved(self, kind: RuleKind, label_ids: tuple[int, ...], name: str) -> None:
        store, rule = self._session.store, self._changed
        try:
            self._session.refuse_while_busy()
            if rule is None:
                changes = store.add_rule(kind, label_ids, name)
            else:
                changes = store.change_rule(rule.id, label_ids, name)
        except ProjectError as error:
            self.form.error.show_error(error)
            return
        self._on_cancelled()
        made = store.rules[-1] if rule is None else next(one for one in store.rules if one.id == rule.id)
        self._session.apply(self._counted(changes, made))
        self.table.choose(store.rules[-1].id if rule is None else rule.id)

    def _on_delete(self) -> None:
        rule = self._chosen()
        if rule is None or rule.id == 0:
            return
        row = self.table.currentRow()
        if self._do(lambda: self._session.store.delete_rule(rule.id)):
            self.table.choose_row(row)

    def _on_take(self) -> None:
        place = self.proposals.chosen()
        if place is not None:
            self._take(place)

    def _take(self, place: int) -> None:
        if self._findings is None or place >= len(self._findings.proposals):
            return
        one: Proposal = self._findings.proposals[place]
        store = self._session.store

        def work() -> Changes:
            changes = store.add_rule(one.kind, one.label_ids, one.name)
            return self._counted(changes, store.rules[-1])

        if self._do(work):
            self.table.choose(self._session.store.rules[-1].id)

    def _do(self, work: Callable[[], Changes]) -> bool:
        self.error.clear()
        try:
            self._session.refuse_while_busy()
            changes = work()
        except ProjectError as error:
            self.error.show_error(error)
            return False
        self._session.apply(changes)
        return True

    def _counted(self, changes: Changes, rule: Rule) -> Changes:
        """What changed, with how many images break the rule from now on."""
        if not changes:
            return changes
        said = broken_now(breaking(self._session.store, rule), self._conflicts_key())
        return replace(changes, text=". ".join(filter(None, (changes.text, said))))

    def _on_show_images(self) -> None:
        rule = self._chosen()
        if rule is not None:
            rows = self._broken(rule)
            if len(rows):
                self._session.show_in_label(self._session.store.image_ids[rows].tolist())

    def _broken(self, rule: Rule) -> NDArray[np.int64]:
        """Rows of the images that break a rule, as far as they are counted."""
        found = () if self._findings is None else zip(self._findings.rules, self._findings.broken, strict=True)
        rows = next((rows for one, rows in found if _key_of(one) == _key_of(rule)), np.empty(0, np.int64))
        # images can have gone since
        return rows[rows < len(self._session.store.image_ids)]


def show_rules(
    session: Session, window: QWidget, *, edit_label: Callable[[int], None], conflicts_key: Callable[[], str] = str
) -> RulesWindow:
    """Show the rules of the open project, once however often this is asked.

    Args:
        session: with the project.
        window: over which they are shown.
        edit_label: opens the editor of a label.
        conflicts_key: says which key shows the images that break rules.
    """
    shown = window.findChild(RulesWindow) or RulesWindow(
        session, window, edit_label=edit_label, conflicts_key=conflicts_key
    )
    shown.show()
    shown.raise_()
    shown.activateWindow()
    return shown


def _key_of(rule: Rule) -> int:
    """A number by which a rule is known, also one that a parent means."""
    return rule.id or -rule.label_ids[0]
