"""The thresholds chosen for a run, one per label, in named sets, as they are kept beside it."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from core.errors import MultihotError
from core.evaluation.objectives import BEST_F1, Objective
from core.files import what_is_wrong, write_atomically
from core.labels import Split

#: Name of the file in a run's folder.
THRESHOLDS_FILE: Final = "thresholds.json"
#: Name of a set that nobody gave one.
FIRST_SET: Final = "main"
#: What is said in place of one objective where labels differ.
MIXED: Final = "mixed"

_AND: Final = " and "


@dataclass(frozen=True)
class Origin:
    """Where the threshold of a label comes from.

    Attributes:
        objective: an `Objective` as text, "manual" for one set by hand, or "0.5" for one that nobody chose.
        tuned_on: "train", "validation", or "train and validation" for folds across both; None where not tuned.
        shrunk: whether it was pulled towards the threshold of all labels together.
    """

    objective: str
    tuned_on: str | None = None
    shrunk: bool = False


#: Of a threshold that nobody chose.
UNTUNED: Final = Origin("0.5")
#: Of a threshold set by hand.
BY_HAND: Final = Origin("manual")


@dataclass(frozen=True, eq=False)
class ThresholdSet:
    """A threshold for each label: the label is present when its probability >= threshold.

    Attributes:
        label_names: C names, in the order of `values`.
        values: float64 (C,) in [0, 1].
        origins: C, where each comes from.
        name: of the set, not empty; unique among those of a run.
    """

    label_names: tuple[str, ...]
    values: NDArray[np.float64]
    origins: tuple[Origin, ...]
    name: str = FIRST_SET

    def __post_init__(self) -> None:
        labels = len(self.label_names)
        if self.values.shape != (labels,) or len(self.origins) != labels:
            raise ValueError(
                f"{labels} labels do not fit thresholds of shape {self.values.shape} and {len(self.origins)} origins"
            )
        if not np.all((self.values >= 0) & (self.values <= 1)):
            raise ValueError(f"thresholds lie in [0, 1], not {self.values}")
        if not self.name.strip():
            raise ValueError("a set of thresholds has a name")

    @classmethod
    def alike(
        cls,
        label_names: tuple[str, ...],
        values: NDArray[np.float64],
        *,
        objective: str,
        tuned_on: str | None = None,
        name: str = FIRST_SET,
    ) -> Self:
        """Thresholds (C,) that all come from the same; see `Origin`."""
        return cls(label_names, values, (Origin(objective, tuned_on),) * len(label_names), name)

    @classmethod
    def default(cls, label_names: tuple[str, ...]) -> Self:
        """0.5 for every label."""
        return cls(label_names, np.full(len(label_names), 0.5), (UNTUNED,) * len(label_names))

    @property
    def objective(self) -> str:
        """What all thresholds were chosen for, "mixed" where labels differ; "0.5" without labels."""
        objectives = {origin.objective for origin in self.origins} or {UNTUNED.objective}
        return objectives.pop() if len(objectives) == 1 else MIXED

    @property
    def tuned_splits(self) -> tuple[Split, ...]:
        """The splits on which any of the thresholds was tuned."""
        words = {word for origin in self.origins if origin.tuned_on for word in origin.tuned_on.split(_AND)}
        return tuple(split for split in Split if split.name.lower() in words)

    @property
    def tuned_on(self) -> str | None:
        """The names of those splits: "validation", "train and validation"; None where nothing was tuned."""
        return split_names(self.tuned_splits) or None

    @property
    def by_hand(self) -> bool:
        """Whether any was set by hand."""
        return BY_HAND.objective in (origin.objective for origin in self.origins)

    @property
    def title(self) -> str:
        """What those that were chosen were chosen for, in a few words: "best F1"; empty where none was."""
        chosen = (one for one in dict.fromkeys(self.origins) if one.tuned_on or _aim(one).kind == "fixed")
        titles = list(dict.fromkeys(_aim(one).title for one in chosen))
        return _AND.join(titles) if len(titles) < 3 else "different objectives"

    @property
    def seeks_f(self) -> bool:
        """Whether no label was tuned for something else than an F."""
        return all(_aim(origin).kind == "f_beta" for origin in self.origins)

    @property
    def counts(self) -> tuple[tuple[Origin, int], ...]:
        """The different origins with the number of their labels, the most frequent first."""
        return tuple(Counter(self.origins).most_common())

    def moved(self, label: int, value: float, origin: Origin = BY_HAND) -> Self:
        """The set with another threshold for one label.

        Args:
            label: its index.
            value: in [0, 1].
            origin: where it comes from; a hand if left out.
        """
        values, origins = self.values.copy(), list(self.origins)
        values[label], origins[label] = value, origin
        return replace(self, values=values, origins=tuple(origins))

    def save(self, path: Path) -> None:
        """Keep the set in a file as the chosen one, in place of that of its name and beside the others there.

        A file that is damaged or of other labels is replaced as a whole.
        """
        try:
            book = ThresholdBook.load(path)
        except MultihotError:
            book = None
        if book is None or book.label_names != self.label_names:
            book = ThresholdBook((self,), self.name)
        book.with_set(self).save(path)

    @classmethod
    def load(cls, path: Path) -> "ThresholdSet":
        """The chosen set in a file.

        Raises:
            MultihotError: the file is missing or is not a file of thresholds.
        """
        return ThresholdBook.load(path).current

    @classmethod
    def of_run(cls, folder: Path, label_names: tuple[str, ...]) -> "ThresholdSet":
        """The chosen set in a run's folder; 0.5 for every label when nobody chose any.

        Raises:
            MultihotError: their file is damaged, or of other labels.
        """
        return ThresholdBook.of_run(folder, label_names).current


@dataclass(frozen=True, eq=False)
class ThresholdBook:
    """All sets of a run.

    Attributes:
        sets: one or more, of the same labels, with different names; kept in alphabetical order.
        chosen: name of the one that export, evaluation and suggestions use.
    """

    sets: tuple[ThresholdSet, ...]
    chosen: str

    def __post_init__(self) -> None:
        names = self.names
        if self.chosen not in names or len(set(names)) < len(names):
            raise ValueError(f"“{self.chosen}” is one of the sets {names}, and their names differ")
        if len({one.label_names for one in self.sets}) > 1:
            raise ValueError("all sets are of the same labels")
        object.__setattr__(self, "sets", tuple(sorted(self.sets, key=lambda one: (one.name.casefold(), one.name))))

    @property
    def names(self) -> tuple[str, ...]:
        """The sets' names."""
        return tuple(one.name for one in self.sets)

    @property
    def label_names(self) -> tuple[str, ...]:
        """The labels of all sets."""
        return self.sets[0].label_names

    @property
    def current(self) -> ThresholdSet:
        """The chosen set."""
        return self.named(self.chosen)

    def named(self, name: str) -> ThresholdSet:
        """One of the sets.

        Raises:
            MultihotError: there is none of that name.
        """
        found = next((one for one in self.sets if one.name == name), None)
        if found is None:
            raise MultihotError(
                f"The run has no set of thresholds named “{name}”.", next_step=f"It has {', '.join(self.names)}."
            )
        return found

    def with_set(self, thresholds: ThresholdSet) -> Self:
        """The book with a set in place of that of its name, or beside the others; it becomes the chosen one."""
        others = (one for one in self.sets if one.name != thresholds.name)
        return replace(self, sets=(*others, thresholds), chosen=thresholds.name)

    def without(self, name: str) -> Self:
        """The book without a set; where that was the chosen one, the first of the others is chosen.

        Raises:
            MultihotError: there is none of that name, or no other.
        """
        removed = self.named(name)
        others = tuple(one for one in self.sets if one is not removed)
        if not others:
            raise MultihotError(
                f"“{name}” is the only set of thresholds of this run.", next_step="Make another one first."
            )
        return replace(self, sets=others, chosen=others[0].name if name == self.chosen else self.chosen)

    def renamed(self, old: str, new: str) -> Self:
        """The book with another name for a set.

        Raises:
            MultihotError: there is no set of the old name, or the new one is empty or taken.
        """
        renamed, wanted = self.named(old), checked_name(new)
        if wanted != old and wanted in self.names:
            raise MultihotError(
                f"The run has a set of thresholds named “{wanted}” already.", next_step="Choose another name."
            )
        sets = tuple(replace(one, name=wanted) if one is renamed else one for one in self.sets)
        return replace(self, sets=sets, chosen=wanted if self.chosen == old else self.chosen)

    def choosing(self, name: str) -> Self:
        """The book with another chosen set.

        Raises:
            MultihotError: there is none of that name.
        """
        return replace(self, chosen=self.named(name).name)

    def save(self, path: Path) -> None:
        """Write a JSON file, replacing one that is there in one step.

        The chosen set is at the top, as files of one set had it, and the others are in a list.
        """
        others = [_to_json(one) for one in self.sets if one.name != self.chosen]
        content = {**_to_json(self.current), "others": others}
        write_atomically(path, json.dumps(content, ensure_ascii=False, indent=2) + "\n")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote, or a file of one set without a name.

        Raises:
            MultihotError: the file is missing or is not a file of thresholds.
        """
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            chosen = _from_json(content)
            return cls((chosen, *map(_from_json, content.get("others", ()))), chosen.name)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, MultihotError) as error:
            why = error.sentence if isinstance(error, MultihotError) else what_is_wrong(error)
            raise MultihotError(
                f"“{path}” cannot be read as thresholds ({why}).",
                next_step="Give it another name and tune the thresholds again.",
            ) from error

    @classmethod
    def of_run(cls, folder: Path, label_names: tuple[str, ...]) -> Self:
        """The sets kept in a run's folder; one with 0.5 for every label when nobody chose any.

        Raises:
            MultihotError: their file is damaged, or of other labels.
        """
        path = folder / THRESHOLDS_FILE
        if not path.exists():
            return cls((ThresholdSet.default(label_names),), FIRST_SET)
        book = cls.load(path)
        if book.label_names != label_names:
            raise MultihotError(
                f"“{path}” is of other labels than the run.", next_step="Give it another name and tune again."
            )
        return book


def checked_name(name: str) -> str:
    """A name for a set, without spaces around it.

    Raises:
        MultihotError: nothing is left.
    """
    if not name.strip():
        raise MultihotError("A set of thresholds needs a name.", next_step="Type one.")
    return name.strip()


def split_names(splits: tuple[Split, ...]) -> str:
    """The names of splits: "validation", "train and validation"."""
    return _AND.join(split.name.lower() for split in splits)


def _aim(origin: Origin) -> Objective:
    """The objective of an origin; the usual one where a hand chose, or nobody."""
    return BEST_F1 if origin.objective in (BY_HAND.objective, UNTUNED.objective) else Objective.parse(origin.objective)


def _to_json(thresholds: ThresholdSet) -> dict[str, Any]:
    return {
        "name": thresholds.name,
        "label_names": list(thresholds.label_names),
        "values": thresholds.values.tolist(),
        "objective": thresholds.objective,
        "tuned_on": thresholds.tuned_on,
        "origins": [asdict(origin) for origin in thresholds.origins],
    }


def _from_json(content: Mapping[str, Any]) -> ThresholdSet:
    names = tuple(str(name) for name in content["label_names"])
    origins = content.get("origins")
    if origins is None:
        # a file from before sets had names and labels had origins
        origins = [{"objective": content["objective"], "tuned_on": content["tuned_on"]}] * len(names)
    return ThresholdSet(
        label_names=names,
        values=np.array(content["values"], dtype=np.float64),
        origins=tuple(_origin(one) for one in origins),
        name=str(content.get("name", FIRST_SET)),
    )


def _origin(content: Mapping[str, Any]) -> Origin:
    tuned_on = content["tuned_on"]
    if tuned_on is not None and not isinstance(tuned_on, str):
        raise TypeError(f"“{tuned_on}” is no split")
    origin = Origin(str(content["objective"]), tuned_on, bool(content.get("shrunk", False)))
    _aim(origin)
    return origin
