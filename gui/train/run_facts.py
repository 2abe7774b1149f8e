"""What the list of runs shows of each one, read from its folder; and the whole history of one run."""

import contextlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import RecipeError
from core.jobs.events import EarlyStopped, EpochEnded, Note, RunFailed, RunFinished, RunStarted, decode
from core.jobs.folder import JobFolder, RunState
from core.jobs.follow import Follower
from core.project.runs.run_list import Run
from core.recipes.catalogue import catalogue
from core.recipes.keys import to_text
from core.recipes.recipe import Recipe, from_toml, set_keys
from gui.train.history import RunHistory
from gui.train.recipe_keys import ADAPTED

# lines of these events are few however long a run is; the lines of steps are skipped without being decoded
_WANTED = tuple(
    f'"type": "{kind.__name__}"'.encode() for kind in (RunStarted, EpochEnded, EarlyStopped, RunFinished, Note)
)


@dataclass(frozen=True, eq=False)
class RunFacts:
    """A run as a row of the list.

    Attributes:
        run: as the project knows it.
        title: of its recipe, in words, with the values that were changed.
        state: of its folder.
        epochs: epochs in all; 0 before it began.
        parameters: of the network; 0 before it began.
        figures: what each whole epoch is judged by, float64 (epochs done,): top-1 or validation mAP, NaN for none.
        best_map: validation mAP of the weights that are kept, or would be; None without any.
        error: why it failed or was interrupted; None in any other state.
        notes: sentences about what was chosen for it.
        best_top1: likewise the top-1 accuracy; None in a run with several labels per image.
        ended_early: whether it ended before its last epoch by itself.
    """

    run: Run
    title: str
    state: RunState
    epochs: int
    parameters: int
    figures: NDArray[np.float64]
    best_map: float | None
    error: RunFailed | None
    notes: tuple[str, ...] = ()
    best_top1: float | None = None
    ended_early: bool = False

    @property
    def best_figure(self) -> float | None:
        """What it is judged by: its top-1 where it has one, else its mAP."""
        return self.best_map if self.best_top1 is None else self.best_top1

    @property
    def has_model(self) -> bool:
        """Whether there is a model to inspect and export."""
        return self.state in (RunState.FINISHED, RunState.STOPPED)


def read_facts(run: Run) -> RunFacts:
    """Read the facts of one run; a few milliseconds, or more on a slow disk: off the GUI thread."""
    job = JobFolder(run.folder)
    state = job.state()
    epochs, parameters, ended = 0, 0, dict[int, EpochEnded]()
    notes = dict[str, None]()
    finished: RunFinished | None = None
    ended_early = False
    for event in _milestones(job.events):
        if isinstance(event, RunStarted):
            epochs, parameters = event.epochs, event.parameters
            finished, ended_early = None, False
            ended = {epoch: one for epoch, one in ended.items() if epoch <= event.epochs_done}
        elif isinstance(event, EpochEnded):
            ended[event.epoch] = event
        elif isinstance(event, EarlyStopped):
            ended_early = True
        elif isinstance(event, RunFinished):
            finished = event
        elif isinstance(event, Note):
            # a run that goes on says them again
            notes[event.sentence] = None
    judged = [one.validation_map if one.top1 is None else one.top1 for one in ended.values()]
    best = finished or next((one for one in reversed(ended.values()) if one.is_best), None)
    return RunFacts(
        run=run,
        title=recipe_title(run),
        state=state,
        epochs=epochs,
        parameters=parameters,
        figures=np.array([float("nan") if one is None else one for one in judged], dtype=np.float64),
        best_map=best.validation_map if best is not None else None,
        error=job.last_error(),
        notes=tuple(notes),
        best_top1=best.top1 if best is not None else None,
        ended_early=ended_early,
    )


def read_history(run: Run) -> RunHistory:
    """Read all events of one run; about a second for 200,000 of them: off the GUI thread."""
    history = RunHistory()
    follower = Follower(run.folder)
    while events := follower.read():
        history.add(events)
    return history


def recipe_title(run: Run) -> str:
    """The title of the recipe in a run's folder and what was changed; its name where that cannot be read."""
    try:
        return title_with_changes(from_toml(run.folder / "recipe.toml"))
    except RecipeError:
        return run.recipe


def title_with_changes(recipe: Recipe) -> str:
    """The title, and the values in which a recipe differs from the one that ships under its name.

    Those that may have been chosen from the data are left to the run's notes. A variant is told by its name.
    """
    shipped = next((one for one in catalogue() if one.name == recipe.name), None)
    if shipped is None:
        return recipe.title
    title, named = _without_settings(recipe.title, shipped)
    variants = [one for one in named if one in shipped.variants]
    typed = _keys_of(one for one in named if one not in variants)
    before = asdict(shipped.with_overrides(shipped.variants[variants[0]]) if variants else shipped)
    by_data = ADAPTED - typed if recipe.training.adapt else frozenset[str]()
    changes = [
        f"{section if name == 'name' else name}={value if isinstance(value, str) else to_text(value)}"
        for section, values in asdict(recipe).items()
        if section != "variants" and isinstance(values, dict)
        for name, value in values.items()
        if value != before[section][name] and f"{section}.{name}" not in by_data
    ]
    return " · ".join(filter(None, (title, *variants[:1], " ".join(changes))))


def _without_settings(title: str, shipped: Recipe) -> tuple[str, list[str]]:
    """The title as it ships, and the variant and the settings that a run's title names in brackets behind it."""
    for base in (shipped.title, title.partition(" (")[0]):
        if title.startswith(f"{base} (") and title.endswith(")"):
            named = title[len(base) + 2 : -1].split(", ")
            # a run of an older version may have another title, which may have brackets of its own
            if base == shipped.title or all("=" in one or one in shipped.variants for one in named):
                return base, named
    return title, []


def _keys_of(settings: Iterable[str]) -> frozenset[str]:
    """The keys that settings set; those of other versions may be none."""
    found = frozenset[str]()
    for setting in settings:
        with contextlib.suppress(RecipeError):
            found |= set_keys([setting])
    return found


def _milestones(path: Path) -> list[object]:
    try:
        with path.open("rb") as file:
            return [decode(line.decode(errors="replace")) for line in file if any(kind in line for kind in _WANTED)]
    except FileNotFoundError:
        return []
