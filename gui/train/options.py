"""What a person can set before a training: epochs, device, weights, seed, and any value of the recipe."""

import shlex
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QFormLayout, QLineEdit, QSpinBox, QWidget

from core.errors import RecipeError, WeightsError
from core.recipes.recipe import Recipe
from gui.widgets import theme

DOWNLOAD, FILE, SCRATCH = range(3)
# of a weights file's name, shown
_NAME_WIDTH = 130


@dataclass(frozen=True, slots=True)
class Options:
    """What was set.

    Attributes:
        recipe: with the values that were set.
        device: "auto", "cpu" or "cuda".
        weights: file of pretrained weights; None to download them, or to start from scratch.
        seed: of the split and the training.
    """

    recipe: Recipe
    device: str
    weights: Path | None
    seed: int


class OptionsForm(QWidget):
    """The fields; `options` reads them.

    Signals:
        changed: a field changed.
        seed_changed: the seed is among them.
    """

    changed = Signal()
    seed_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._recipe: Recipe | None = None
        self._file: Path | None = None
        self._epochs = QSpinBox()
        self._epochs.setRange(1, 10_000)
        self._device = QComboBox()
        for text, value in ((self.tr("Automatic"), "auto"), (self.tr("CPU"), "cpu"), (self.tr("CUDA GPU"), "cuda")):
            self._device.addItem(text, value)
        self._weights = QComboBox()
        self._weights.addItems([self.tr("Download once"), self.tr("From a file…"), self.tr("None: from scratch")])
        # a long name of a file must not widen the column
        self._weights.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._weights.setMinimumContentsLength(12)
        self._seed = QSpinBox()
        self._seed.setRange(0, 2**31 - 1)
        self._seed.setToolTip(self.tr("The same seed on the same images gives the same run"))
        self._other = QLineEdit()
        self._other.setPlaceholderText("batch_size=16 flip=false")
        self._other.setToolTip(self.tr("Any values of the recipe, as in multihot train --set key=value"))
        self._other.setClearButtonEnabled(True)

        layout = QFormLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setHorizontalSpacing(theme.PANEL)
        layout.setVerticalSpacing(theme.SPACE)
        layout.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        layout.addRow(self.tr("Epochs"), self._epochs)
        layout.addRow(self.tr("Device"), self._device)
        layout.addRow(self.tr("Weights"), self._weights)
        layout.addRow(self.tr("Seed"), self._seed)
        layout.addRow(self.tr("Other"), self._other)

        self._weights.activated.connect(self._on_weights_activated)
        self._epochs.valueChanged.connect(self.changed)
        self._device.currentIndexChanged.connect(self.changed)
        self._weights.currentIndexChanged.connect(self.changed)
        self._seed.valueChanged.connect(self.changed)
        self._seed.valueChanged.connect(self.seed_changed)
        self._other.textChanged.connect(self.changed)

    @property
    def seed(self) -> int:
        """The seed that is set."""
        return self._seed.value()

    def show_recipe(self, recipe: Recipe) -> None:
        """Start from a recipe's own values."""
        self._recipe = recipe
        with QSignalBlocker(self._epochs), QSignalBlocker(self._weights):
            self._epochs.setValue(recipe.training.epochs)
            if not recipe.model.pretrained:
                self._weights.setCurrentIndex(SCRATCH)
            else:
                self._weights.setCurrentIndex(FILE if self._file is not None else DOWNLOAD)
        self.changed.emit()

    def choose_weights(self, file: Path) -> None:
        """Start from the weights in a file."""
        self._file = file
        name = self.fontMetrics().elidedText(file.name, Qt.TextElideMode.ElideMiddle, _NAME_WIDTH)
        self._weights.setItemText(FILE, name)
        self._weights.setItemData(FILE, str(file), Qt.ItemDataRole.ToolTipRole)
        self._weights.setToolTip(str(file))
        self._weights.setCurrentIndex(FILE)

    def options(self) -> Options:
        """What is set now.

        Raises:
            RecipeError: a value in the last field is not valid; names the key and what is allowed.
            WeightsError: the weights file is missing or is none.
        """
        assert self._recipe is not None
        source = self._weights.currentIndex()
        try:
            other = shlex.split(self._other.text())
        except ValueError as error:
            raise RecipeError(f"“{self._other.text()}” is not of the form key=value.") from error
        recipe = self._recipe.with_overrides(
            [
                f"training.epochs={self._epochs.value()}",
                f"model.pretrained={'false' if source == SCRATCH else 'true'}",
                *other,
            ]
        )
        weights = self._file if source == FILE else None
        if weights is not None:
            _check_weights(weights)
        return Options(recipe, self._device.currentData(), weights, self._seed.value())

    def focus_other(self) -> None:
        """Let a person mend the last field."""
        self._other.setFocus()

    def choose_scratch(self) -> None:
        """Start from no pretrained weights."""
        self._weights.setCurrentIndex(SCRATCH)

    def pick_weights(self) -> None:
        """Let a person pick the file of the pretrained weights."""
        chosen, _ = QFileDialog.getOpenFileName(
            self, self.tr("Pretrained weights"), str(self._file or ""), self.tr("Weights (*.safetensors *.pth *.pt)")
        )
        if chosen:
            self.choose_weights(Path(chosen))
        elif self._file is None and self._weights.currentIndex() == FILE:
            self._weights.setCurrentIndex(DOWNLOAD)

    def _on_weights_activated(self, index: int) -> None:
        if index == FILE:
            self.pick_weights()


def _check_weights(file: Path) -> None:
    """Raise a WeightsError at once for what no training could begin with; whether the weights fit is found there."""
    try:
        with file.open("rb") as opened:
            head = opened.read(9)
    except OSError as error:
        raise WeightsError(
            f"The weights file {file} cannot be read ({error.strerror}).", next_step="Pick another one in Settings."
        ) from error
    # the length of a header in JSON; or a zip archive, or an older pickle
    is_known = head[8:] == b"{" if file.suffix.lower() == ".safetensors" else head.startswith((b"PK", b"\x80"))
    if not is_known:
        raise WeightsError(
            f"{file.name} is no file of weights.", next_step="Pick a .safetensors or .pth file in Settings."
        )
