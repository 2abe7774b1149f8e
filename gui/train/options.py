"""What a person can set before a training: variant, epochs, device, start, seed, and any value of the recipe."""

import shlex
from collections.abc import Set
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QFormLayout, QLineEdit, QSpinBox, QWidget

from core.errors import RecipeError, WeightsError
from core.recipes.recipe import Recipe, set_keys
from gui.widgets import theme

DOWNLOAD, FILE, RUN, SCRATCH = range(4)
AUTOMATIC = 0
# of a weights file's name, shown
_NAME_WIDTH = 130
# follows from where the weights are from
_PRETRAINED = "model.pretrained"


@dataclass(frozen=True, slots=True)
class Options:
    """What was set.

    Attributes:
        recipe: with the values that were set.
        device: "auto", "cpu" or "cuda".
        weights: file of pretrained weights; None to download them, or to start otherwise.
        seed: of the split and the training.
        initial_run: folder of a run to start from; None to start otherwise.
        keep: keys that were set, such as "training.epochs", which are not to be chosen from the data.
    """

    recipe: Recipe
    device: str
    weights: Path | None
    seed: int
    initial_run: Path | None = None
    keep: Set[str] = field(default_factory=frozenset)


class OptionsForm(QWidget):
    """The fields; `options` reads them.

    Signals:
        changed: a field changed.
        seed_changed: the seed is among them.
        run_wanted: a person wants to start from a run; the answer is given with `choose_run`.
    """

    changed = Signal()
    seed_changed = Signal()
    run_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._recipe: Recipe | None = None
        self._file: Path | None = None
        self._run: Path | None = None
        self._start = DOWNLOAD
        self._variant = QComboBox()
        self._variant.setToolTip(self.tr("Settings that were published with the recipe for a kind of data"))
        self._epochs = QSpinBox()
        self._epochs.setRange(1, 10_000)
        self._device = QComboBox()
        for text, value in ((self.tr("Automatic"), "auto"), (self.tr("CPU"), "cpu"), (self.tr("CUDA GPU"), "cuda")):
            self._device.addItem(text, value)
        self._weights = QComboBox()
        starts = ("Pretrained: download once", "Pretrained: from a file…", "Another run…", "Nothing: from scratch")
        self._weights.addItems([self.tr(text) for text in starts])
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
        self._layout = layout
        layout.addRow(self.tr("Variant"), self._variant)
        layout.addRow(self.tr("Epochs"), self._epochs)
        layout.addRow(self.tr("Device"), self._device)
        layout.addRow(self.tr("Start from"), self._weights)
        layout.addRow(self.tr("Seed"), self._seed)
        layout.addRow(self.tr("Other"), self._other)

        self._weights.activated.connect(self._on_weights_activated)
        self._variant.currentIndexChanged.connect(self._on_variant_changed)
        self._epochs.valueChanged.connect(self.changed)
        self._device.currentIndexChanged.connect(self.changed)
        self._seed.valueChanged.connect(self.changed)
        self._seed.valueChanged.connect(self.seed_changed)
        self._other.textChanged.connect(self.changed)

    @property
    def seed(self) -> int:
        """The seed that is set."""
        return self._seed.value()

    def show_recipe(self, recipe: Recipe) -> None:
        """Start from a recipe's own values; where it is the same one after a change, the variant stays."""
        is_same = self._recipe is not None and self._recipe.name == recipe.name
        variant = self._variant.currentText() if is_same else ""
        self._recipe = recipe
        with QSignalBlocker(self._variant):
            self._variant.clear()
            self._variant.addItems([self.tr("As in the recipe"), *recipe.variants])
            self._variant.setCurrentIndex(max(self._variant.findText(variant), 0))
        self._layout.setRowVisible(self._variant, bool(recipe.variants))
        self._show_epochs()
        with QSignalBlocker(self._weights):
            if not recipe.model.pretrained:
                self._set_start(SCRATCH)
            elif not is_same:
                self._set_start(FILE if self._file is not None else DOWNLOAD)
        self.changed.emit()

    def show_chosen_epochs(self, epochs: int | None) -> None:
        """Say which epochs would be chosen from the data; None where none are."""
        text = self.tr("Automatic") if epochs is None else self.tr("Automatic ({})").format(epochs)
        self._epochs.setSpecialValueText(text)

    def choose_weights(self, file: Path) -> None:
        """Start from the weights in a file."""
        self._file = file
        self._name_item(FILE, file.name, tip=str(file))
        self._set_start(FILE)

    def choose_run(self, folder: Path | None, text: str = "") -> None:
        """Start from a run; None when a person chose none after all.

        Args:
            folder: of the run.
            text: what to call it, such as "Run 7".
        """
        if folder is None:
            self._set_start(self._start)
            return
        self._run = folder
        self._name_item(RUN, text, tip=str(folder))
        self._set_start(RUN)

    def forget_run(self) -> None:
        """Another project is open: no run is chosen any more."""
        self._run = None
        self._weights.setItemText(RUN, self.tr("Another run…"))
        if self._start == RUN:
            self._set_start(DOWNLOAD)

    def recipe(self) -> Recipe | None:
        """The recipe with what is set; None before there is one.

        Raises:
            RecipeError: a value in the last field is not valid; names the key and what is allowed.
        """
        return self._recipe.with_overrides(self._settings()) if self._recipe is not None else None

    def keep(self) -> Set[str]:
        """Keys that are set here, such as "training.epochs".

        Raises:
            RecipeError: a value in the last field is not valid; names the key and what is allowed.
        """
        return set_keys(self._settings()) - {_PRETRAINED}

    def _settings(self) -> list[str]:
        assert self._recipe is not None
        try:
            other = shlex.split(self._other.text())
        except ValueError as error:
            raise RecipeError(f"“{self._other.text()}” is not of the form key=value.") from error
        variant = self._recipe.variants.get(self._variant.currentText(), ())
        # a run has all its weights; none need be downloaded first
        starts = [f"{_PRETRAINED}={'true' if self._start in (DOWNLOAD, FILE) else 'false'}"]
        epochs = [f"training.epochs={self._epochs.value()}"] if self._epochs.value() != AUTOMATIC else []
        return [*variant, *epochs, *starts, *other]

    def options(self) -> Options:
        """What is set now.

        Raises:
            RecipeError: a value in the last field is not valid; names the key and what is allowed.
            WeightsError: the weights file is missing or is none.
        """
        assert self._recipe is not None
        recipe = self._recipe.with_overrides(self._settings())
        weights = self._file if self._start == FILE else None
        if weights is not None:
            _check_weights(weights)
        return Options(
            recipe=recipe,
            device=self._device.currentData(),
            weights=weights,
            seed=self._seed.value(),
            initial_run=self._run if self._start == RUN else None,
            keep=self.keep(),
        )

    def focus_other(self) -> None:
        """Let a person mend the last field."""
        self._other.setFocus()

    def choose_scratch(self) -> None:
        """Start from no pretrained weights."""
        self._set_start(SCRATCH)

    def pick_weights(self) -> None:
        """Let a person pick the file of the pretrained weights."""
        chosen, _ = QFileDialog.getOpenFileName(
            self, self.tr("Pretrained weights"), str(self._file or ""), self.tr("Weights (*.safetensors *.pth *.pt)")
        )
        if chosen:
            self.choose_weights(Path(chosen))
        else:
            self._set_start(self._start)

    def _set_start(self, index: int) -> None:
        self._start = index
        self._weights.setCurrentIndex(index)
        self._weights.setToolTip(str(self._weights.itemData(index, Qt.ItemDataRole.ToolTipRole) or ""))
        self.changed.emit()

    def _name_item(self, index: int, text: str, *, tip: str) -> None:
        shown = self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, _NAME_WIDTH)
        self._weights.setItemText(index, shown)
        self._weights.setItemData(index, tip, Qt.ItemDataRole.ToolTipRole)

    def _show_epochs(self) -> None:
        assert self._recipe is not None
        adapts = self._recipe.training.adapt
        with QSignalBlocker(self._epochs):
            self._epochs.setMinimum(AUTOMATIC if adapts else 1)
            self.show_chosen_epochs(None)
            self._epochs.setValue(AUTOMATIC if adapts else self._varied().training.epochs)

    def _varied(self) -> Recipe:
        assert self._recipe is not None
        return self._recipe.with_overrides(self._recipe.variants.get(self._variant.currentText(), ()))

    def _on_variant_changed(self) -> None:
        self._show_epochs()
        self.changed.emit()

    def _on_weights_activated(self, index: int) -> None:
        if index == FILE:
            self.pick_weights()
        elif index == RUN:
            self.run_wanted.emit()
        else:
            self._set_start(index)


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
