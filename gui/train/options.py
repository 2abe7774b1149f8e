"""What a person can set before a training: variant, epochs, device, start, seed, and any value of the recipe."""

import shlex
from collections.abc import Set
from dataclasses import dataclass, field, replace
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QComboBox, QFileDialog, QFormLayout, QLabel, QLineEdit, QSpinBox, QWidget

from core.errors import MultihotError, RecipeError, WeightsError
from core.recipes.recipe import CO_OCCURRENCE, Recipe, set_keys
from gui.train.drafts import settle_settings
from gui.train.key_field import pick_vectors
from gui.train.recipe_keys import backbone_remark
from gui.widgets import theme

DOWNLOAD, FILE, RUN, SCRATCH = range(4)
AUTOMATIC = 0
AS_IN_RECIPE, VECTORS_FILE = range(2)
# of the name of a file, shown: at least, and what a list has beside it
_NAME_WIDTH, _ARROW_WIDTH = 130, 44
# in ms: what is being typed is not judged before
_PAUSE = 700
# characters of a next step; a longer one is a list of all keys
_LONG = 120
# follows from where the weights are from
_PRETRAINED = "model.pretrained"
_EPOCHS = "training.epochs"


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
        # that are set in the field itself; it shows those of the last field while it sets some
        self._own = self._epochs.value()
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
        self._vectors = QComboBox()
        self._vectors.setToolTip(self.tr("What the graph of labels knows of each label"))
        self._vectors.addItems(["", self.tr("From a GloVe file…")])
        self._vectors.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._vectors.setMinimumContentsLength(12)
        self._vectors_file: Path | None = None
        self._file_names: dict[tuple[QComboBox, int], str] = {}
        self._other = QLineEdit()
        self._other.setPlaceholderText("batch_size=16 flip=false")
        self._other.setToolTip(self.tr("Any values of the recipe, as in multihot train --set key=value"))
        self._other.setAccessibleName(self.tr("More values of the recipe, as key=value"))
        self._other.setClearButtonEnabled(True)
        self._remark = QLabel()
        self._remark.setWordWrap(True)
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE)
        self._read = _Read()

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
        layout.addRow(self.tr("Label vectors"), self._vectors)
        layout.addRow(self.tr("More values"), self._other)
        layout.addRow("", self._remark)
        layout.setRowVisible(self._vectors, False)
        layout.setRowVisible(self._remark, False)

        self._weights.activated.connect(self._on_weights_activated)
        self._variant.currentIndexChanged.connect(self._on_variant_changed)
        self._vectors.activated.connect(self._on_vectors_activated)
        self._epochs.valueChanged.connect(self._on_epochs_changed)
        self._device.currentIndexChanged.connect(self.changed)
        self._seed.valueChanged.connect(self.changed)
        self._seed.valueChanged.connect(self.seed_changed)
        self._other.textChanged.connect(self._on_other_changed)
        self._other.editingFinished.connect(self._show_remark)
        self._pause.timeout.connect(self._show_remark)

    @property
    def seed(self) -> int:
        """The seed that is set."""
        return self._seed.value()

    @property
    def error(self) -> RecipeError | None:
        """All that is wrong with the last field, in one; None when nothing is."""
        return self._read.error

    def show_recipe(self, recipe: Recipe) -> None:
        """Start from a recipe's own values; where it is the same one after a change, what was set stays."""
        is_same = self._recipe is not None and self._recipe.name == recipe.name
        variant = self._variant.currentText() if is_same else ""
        epochs = self._own if is_same and self._own != self._own_epochs() else None
        self._recipe = recipe
        with QSignalBlocker(self._variant):
            self._variant.clear()
            self._variant.addItems([self.tr("As in the recipe"), *recipe.variants])
            self._variant.setCurrentIndex(max(self._variant.findText(variant), 0))
        self._layout.setRowVisible(self._variant, bool(recipe.variants))
        self._show_epochs(epochs)
        own = recipe.model.label_vectors
        self._vectors.setItemText(
            AS_IN_RECIPE, self.tr("From your images") if own == CO_OCCURRENCE else self.tr("As in the recipe")
        )
        self._vectors.setItemData(AS_IN_RECIPE, own, Qt.ItemDataRole.ToolTipRole)
        with QSignalBlocker(self._weights):
            # a run has all its weights, whatever the recipe would begin with
            if self._start != RUN and not recipe.model.pretrained:
                self._set_start(SCRATCH)
            elif self._start != RUN and not is_same:
                self._set_start(FILE if self._file is not None else DOWNLOAD)
        self._on_changed()
        self._show_remark()

    def forget_values(self) -> None:
        """Nothing is set but what a recipe does not say: device, seed and where to start from."""
        with QSignalBlocker(self._other), QSignalBlocker(self._variant):
            self._other.clear()
            self._variant.setCurrentIndex(0)
        self._vectors.setCurrentIndex(AS_IN_RECIPE)
        if self._recipe is not None:
            self._show_epochs(None)
        self._on_changed()
        self._show_remark()

    def show_chosen_epochs(self, epochs: int | None) -> None:
        """Say which epochs would be chosen from the data; None where none are."""
        text = self.tr("Automatic") if epochs is None else self.tr("Automatic ({})").format(epochs)
        # the lowest value is a number of epochs where none are chosen
        self._epochs.setSpecialValueText(text if self._epochs.minimum() == AUTOMATIC else "")

    def choose_weights(self, file: Path) -> None:
        """Start from the weights in a file."""
        self._file = file
        self._name_item(self._weights, FILE, text=file.name, tip=str(file))
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
        self._name_item(self._weights, RUN, text=text, tip=str(folder))
        self._set_start(RUN)

    def forget_run(self) -> None:
        """Another project is open: no run is chosen any more."""
        self._run = None
        self._file_names.pop((self._weights, RUN), None)
        self._weights.setItemText(RUN, self.tr("Another run…"))
        if self._start == RUN:
            self._set_start(DOWNLOAD)

    def recipe(self) -> Recipe | None:
        """The recipe with what is set and valid; None before there is one."""
        return self._read.recipe

    def keep(self) -> Set[str]:
        """Keys that are set here and valid, such as "training.epochs"."""
        return self._read.keep

    def recipe_to_copy(self) -> Recipe | None:
        """The recipe with what is set, but for where to start from; None before there is one.

        Raises:
            RecipeError: a value in the last field is not valid.
        """
        recipe = self._read.recipe
        if self._read.error is not None:
            raise self._read.error
        if recipe is None or self._recipe is None or self._start == SCRATCH:
            return recipe
        return replace(recipe, model=replace(recipe.model, pretrained=self._recipe.model.pretrained))

    def _read_all(self) -> "_Read":
        """Take of the last field what is valid, and find what is wrong with the rest."""
        base = self._recipe
        if base is None:
            return _Read()
        variant = self._variant.currentText()
        named = [variant] if variant in base.variants else []
        # a run has all its weights; none need be downloaded first
        settings = [
            *base.variants.get(variant, ()),
            f"{_PRETRAINED}={'true' if self._start in (DOWNLOAD, FILE) else 'false'}",
        ]
        if self._own != self._own_epochs():
            settings.append(f"training.epochs={self._own}")
        if self._vectors.currentIndex() == VECTORS_FILE and self._vectors_file is not None:
            settings.append(f"model.label_vectors={self._vectors_file}")
        try:
            typed = shlex.split(self._other.text())
        except ValueError:
            typed, errors = [], [RecipeError("A quotation mark is missing its partner.")]
        else:
            typed, errors = settle_settings(base, settings, typed)
        settings += typed
        return _Read(
            recipe=base.with_overrides(settings),
            keep=set_keys(settings) - {_PRETRAINED},
            named=(*named, *typed),
            error=_in_one(errors),
            sets_epochs=_EPOCHS in set_keys(typed),
        )

    def options(self) -> Options:
        """What is set now.

        Raises:
            RecipeError: a value in the last field is not valid; names the key and what is allowed.
            WeightsError: the weights file is missing or is none.
        """
        read = self._read
        assert read.recipe is not None
        if read.error is not None:
            raise read.error
        weights = self._file if self._start == FILE else None
        if weights is not None:
            _check_weights(weights)
        # so that runs with other values are told apart
        title = f"{read.recipe.title} ({', '.join(read.named)})" if read.named else read.recipe.title
        return Options(
            recipe=replace(read.recipe, title=title),
            device=self._device.currentData(),
            weights=weights,
            seed=self._seed.value(),
            initial_run=self._run if self._start == RUN else None,
            keep=read.keep,
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

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The names of files have more room, or less."""
        super().resizeEvent(event)
        for (box, index), text in self._file_names.items():
            box.setItemText(index, self._elided(box, text))

    def _set_start(self, index: int) -> None:
        self._start = index
        self._weights.setCurrentIndex(index)
        self._weights.setToolTip(str(self._weights.itemData(index, Qt.ItemDataRole.ToolTipRole) or ""))
        self._on_changed()

    def _name_item(self, box: QComboBox, index: int, *, text: str, tip: str) -> None:
        self._file_names[box, index] = text
        box.setItemText(index, self._elided(box, text))
        box.setItemData(index, tip, Qt.ItemDataRole.ToolTipRole)

    def _elided(self, box: QComboBox, text: str) -> str:
        room = max(box.width() - _ARROW_WIDTH, _NAME_WIDTH) if box.isVisible() else _NAME_WIDTH
        return self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, room)

    def _own_epochs(self) -> int:
        """What the field of the epochs shows when none are set."""
        return AUTOMATIC if self._recipe is None or self._recipe.training.adapt else self._varied().training.epochs

    def _show_epochs(self, epochs: int | None) -> None:
        """Show the recipe's epochs, or those that are set."""
        assert self._recipe is not None
        with QSignalBlocker(self._epochs):
            self._epochs.setMinimum(AUTOMATIC if self._recipe.training.adapt else 1)
            self.show_chosen_epochs(None)
            self._own = self._own_epochs() if epochs is None else epochs
            self._epochs.setValue(self._own)

    def _varied(self) -> Recipe:
        assert self._recipe is not None
        return self._recipe.with_overrides(self._recipe.variants.get(self._variant.currentText(), ()))

    def _on_epochs_changed(self, epochs: int) -> None:
        self._own = epochs
        self._on_changed()

    def _show_trained_epochs(self) -> None:
        """Show in the field of the epochs those that count, and where they are set."""
        recipe, is_elsewhere = self._read.recipe, self._read.sets_epochs
        with QSignalBlocker(self._epochs):
            self._epochs.setSuffix(self.tr(" · in More values") if is_elsewhere else "")
            self._epochs.setValue(recipe.training.epochs if recipe is not None and is_elsewhere else self._own)
        self._epochs.setEnabled(not is_elsewhere)
        self._epochs.setToolTip(self.tr("Set in More values, below") if is_elsewhere else "")

    def _on_changed(self) -> None:
        self._read = self._read_all()
        self._show_trained_epochs()
        recipe = self._read.recipe
        self._layout.setRowVisible(self._vectors, recipe is not None and recipe.model.uses_graph)
        self.changed.emit()

    def _on_variant_changed(self) -> None:
        self._show_epochs(None)
        self._on_changed()

    def _on_other_changed(self) -> None:
        self._on_changed()
        if self._read.error is None:
            self._show_remark()
        else:
            # half a value is none; nobody is told so while typing it
            self._pause.start()

    def _show_remark(self) -> None:
        """Say under the last field what is wrong with it."""
        self._pause.stop()
        error, recipe = self._read.error, self._read.recipe
        text = ""
        if error is not None:
            text = in_short(error)
        elif recipe is not None and self._recipe is not None and recipe.model.backbone != self._recipe.model.backbone:
            text = backbone_remark(recipe.model.backbone)
        self._other.setProperty("wrong", error is not None)
        self._remark.setProperty("tone", "wrong" if error is not None else "secondary")
        self._remark.setText(text)
        self._layout.setRowVisible(self._remark, bool(text))
        for widget in (self._other, self._remark):
            widget.style().polish(widget)

    def _on_vectors_activated(self, index: int) -> None:
        if index == VECTORS_FILE:
            chosen = pick_vectors(self, str(self._vectors_file or ""))
            if chosen is not None:
                self._vectors_file = chosen
                self._name_item(self._vectors, VECTORS_FILE, text=chosen.name, tip=str(chosen))
            elif self._vectors_file is None:
                self._vectors.setCurrentIndex(AS_IN_RECIPE)
        tip = self._vectors.itemData(self._vectors.currentIndex(), Qt.ItemDataRole.ToolTipRole)
        self._vectors.setToolTip(str(tip or ""))
        self._on_changed()

    def _on_weights_activated(self, index: int) -> None:
        if index == FILE:
            self.pick_weights()
        elif index == RUN:
            self.run_wanted.emit()
        else:
            self._set_start(index)


@dataclass(frozen=True, slots=True)
class _Read:
    """What the fields say.

    Attributes:
        recipe: with all that is valid; None before there is one.
        keep: the keys that are set.
        named: the variant and the values of the last field, as they were typed.
        error: what is wrong with the last field.
        sets_epochs: whether that field sets the epochs.
    """

    recipe: Recipe | None = None
    keep: Set[str] = field(default_factory=frozenset)
    named: tuple[str, ...] = ()
    error: RecipeError | None = None
    sets_epochs: bool = False


def _in_one(errors: list[RecipeError]) -> RecipeError | None:
    """All errors as one, each told once."""
    if len(errors) < 2:
        return errors[0] if errors else None
    return RecipeError("\n".join(dict.fromkeys(map(in_short, errors))))


def in_short(error: MultihotError) -> str:
    """An error's sentence, and its next step where that is no list of all keys."""
    return f"{error.sentence} {error.next_step}".strip() if len(error.next_step) <= _LONG else error.sentence


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
