"""The choice of a run's calibration, and what it does in words."""

from typing import cast

from PySide6.QtCore import QCoreApplication, QSignalBlocker
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QWidget

from core.evaluation.calibration import FEWEST, METHODS, Method
from core.labels import MULTI_CLASS, Task
from gui.inspect.run_calibration import Measured, RunCalibration
from gui.widgets import theme

translate = QCoreApplication.translate

# more names than this are counted
_MOST_NAMES = 3


class CalibrationRow(QWidget):
    """A box with the methods, and beside it where the errors were measured."""

    def __init__(self, calibration: RunCalibration) -> None:
        super().__init__()
        self._calibration = calibration
        self.box = QComboBox()
        self.box.setAccessibleName(self.tr("Calibration"))
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.box.setToolTip(self.tr("Makes a probability of 0.8 mean 80 %; fitted on validation and kept with the run"))
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setProperty("tone", "secondary")
        self.words.setFont(theme.smaller(self.words.font()))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACE)
        row.addWidget(self.box)
        row.addWidget(self.words, 1)

        self.box.activated.connect(self._on_activated)
        calibration.busy_changed.connect(self.box.setDisabled)
        calibration.changed.connect(self._show)
        self._show()

    def _on_activated(self, index: int) -> None:
        self._calibration.choose(cast(Method, self.box.itemData(index)))

    def _show(self) -> None:
        measured = self._calibration.measured
        self.setEnabled(measured is not None)
        if measured is None:
            self.words.setText(self.tr("Measuring…"))
            return
        with QSignalBlocker(self.box):
            self._offer(measured.calibration.task)
            self.box.setCurrentIndex(self.box.findData(measured.calibration.method))
        text = words(measured)
        self.words.setText(text)
        self.words.setToolTip(text)

    def _offer(self, task: Task) -> None:
        """Offer the methods of a task: where an image has one label, its labels have one temperature together."""
        names = {
            "none": self.tr("Not calibrated"),
            "temperature": self.tr("One temperature"),
            "platt": self.tr("Per label (Platt)"),
        }
        self.box.clear()
        for method in METHODS:
            if method != "platt" or task != MULTI_CLASS:
                self.box.addItem(names[method], method)


def words(measured: Measured) -> str:
    """On which images errors were measured, what they are over all labels, and whose own images were too few."""
    calibration, split = measured.calibration, measured.split.name.lower()
    images = measured.images
    if calibration.is_none:
        text = translate("calibration", "All labels: ECE {:.3f} on {:,} {} images.")
        return text.format(measured.error_before, images, split)
    if measured.is_flattering:
        text = translate(
            "calibration",
            "All labels: ECE {:.3f} → {:.3f}, fitted and measured on the same {:,} {} images, which flatters it.",
        ).format(measured.error_before, measured.error_after, images, split)
    else:
        text = translate("calibration", "All labels: ECE {:.3f} → {:.3f} on {:,} {} images; fitted on {}.").format(
            measured.error_before, measured.error_after, images, split, calibration.fitted_on
        )
    stays = translate("calibration", "Decisions stay: exported thresholds move along.")
    if calibration.task == MULTI_CLASS:
        stays = translate("calibration", "Decisions stay: the most probable label stays so.")
    return f"{text} {_borrowed(calibration.borrowed)}{stays}"


def _borrowed(names: tuple[str, ...]) -> str:
    """Labels that have the temperature of all."""
    if not names:
        return ""
    shown = ", ".join(f"“{name}”" for name in names[:_MOST_NAMES])
    if len(names) > _MOST_NAMES:
        shown = translate("calibration", "{} and {:,} more").format(shown, len(names) - _MOST_NAMES)
    text = translate("calibration", "Fewer than {} positives or negatives, so with the temperature of all: {}. ")
    return text.format(FEWEST, shown)
