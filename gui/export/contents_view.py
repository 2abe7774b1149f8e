"""What goes into an exported file, and what the file will hold."""

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from core.evaluation.calibration import Calibration
from core.evaluation.threshold_file import FIRST_SET
from gui.export.export_facts import ExportFacts
from gui.export.report_view import size_text
from gui.train.run_facts import RunFacts, title_with_changes
from gui.train.words import score
from gui.widgets import theme

translate = QCoreApplication.translate


class FactRows(QWidget):
    """Names at the left, values at the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(theme.PANEL)
        self._grid.setVerticalSpacing(theme.SPACE // 2)
        self._grid.setColumnStretch(1, 1)
        self._labels: list[QLabel] = []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(self._grid)
        layout.addStretch(1)

    def show_rows(self, rows: Sequence[tuple[str, str]]) -> None:
        """Show these rows instead."""
        for label in self._labels:
            label.hide()
            label.deleteLater()
        self._labels = []
        for row, texts in enumerate(rows):
            for column, text in enumerate(texts):
                label = QLabel(text)
                label.setWordWrap(column == 1)
                label.setFont(theme.tabular(label.font()))
                label.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
                if column == 0:
                    label.setProperty("tone", "secondary")
                self._grid.addWidget(label, row, column)
                self._labels.append(label)


def rows_in(facts: ExportFacts) -> list[tuple[str, str]]:
    """What goes in."""
    return [
        (translate("export", "Recipe"), title_with_changes(facts.recipe)),
        figure_of(facts.run),
        (translate("export", "Labels"), str(len(facts.label_names))),
        *([] if facts.is_choice else [(translate("export", "Thresholds"), _thresholds(facts))]),
        (translate("export", "Calibration"), calibration_text(facts.calibration)),
        (translate("export", "Precision"), translate("export", "float32")),
    ]


def figure_of(run: RunFacts) -> tuple[str, str]:
    """What a run is judged by, and its value."""
    if run.best_top1 is None:
        return translate("export", "Validation mAP"), score(run.best_map)
    return translate("export", "Validation top-1"), score(run.best_top1)


def rows_out(facts: ExportFacts) -> list[tuple[str, str]]:
    """What comes out."""
    size, labels = facts.recipe.input.size, len(facts.label_names)
    outputs = translate("export", "probabilities: float32 (N, {})\npresent: bool (N, {})")
    inside = translate("export", "normalisation, network, {}sigmoid, thresholds that can be changed later")
    metadata = translate("export", "label names, thresholds, resize rule, recipe, run, mAP, hash of the annotations")
    if facts.is_choice:
        outputs = translate(
            "export", "probabilities: float32 (N, {}), together 1\npresent: bool (N, {}), true for the highest"
        )
        inside = translate("export", "normalisation, network, {}softmax, choice of the highest probability")
        metadata = translate("export", "label names, task, resize rule, recipe, run, mAP, hash of the annotations")
    inside = inside.format("" if facts.calibration.is_none else translate("export", "calibration, "))
    if not facts.calibration.is_none:
        metadata = translate("export", "calibration, {}").format(metadata)
    return [
        (
            translate("export", "Input"),
            translate("export", "images: uint8 (N, {}, {}, 3), RGB, any number of them").format(size, size),
        ),
        (translate("export", "Outputs"), outputs.format(labels, labels)),
        (translate("export", "Inside"), inside),
        (translate("export", "Metadata"), metadata),
        (
            translate("export", "Size"),
            translate("export", "one file, about {}").format(size_text(facts.expected_bytes)),
        ),
    ]


def calibration_text(calibration: Calibration) -> str:
    """What is done to the probabilities: "one temperature for all labels, fitted on validation"."""
    if calibration.is_none:
        return translate("export", "none, probabilities as the network gives them")
    if calibration.method == "temperature":
        text = translate("export", "one temperature for all labels, fitted on {}")
    else:
        text = translate("export", "slope and offset of each label (Platt), fitted on {}")
    text = text.format(calibration.fitted_on)
    if not calibration.borrowed:
        return text
    rare = translate("export", "{}; {:,} of them too rare, with one temperature")
    return rare.format(text, len(calibration.borrowed))


def _thresholds(facts: ExportFacts) -> str:
    """Where the thresholds come from, and those in the file: "best F1 on validation; 0.149 to 0.546"."""
    thresholds, values = facts.thresholds, facts.thresholds_in_file
    if thresholds.tuned_on is None:
        chosen = thresholds.title or translate("export", "all 0.5")
        text = translate("export", "set by hand") if thresholds.by_hand else chosen
    else:
        text = translate("export", "{} on {}").format(thresholds.title, thresholds.tuned_on)
        if thresholds.by_hand:
            text = translate("export", "{}, then moved by hand").format(text)
    if thresholds.name != FIRST_SET:
        # nobody who has but one set needs its name
        text = translate("export", "“{}”: {}").format(thresholds.name, text)
    if not len(values) or (thresholds.objective == "0.5" and facts.calibration.is_none):
        return text
    range_in_file = translate("export", "{}; {:.3f} to {:.3f}")
    if not facts.calibration.is_none:
        range_in_file = translate("export", "{}; {:.3f} to {:.3f} once calibrated")
    return range_in_file.format(text, values.min(), values.max())
