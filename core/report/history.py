"""What a run said while it was trained, as a report tells it."""

from dataclasses import dataclass
from pathlib import Path

from core.jobs.events import EarlyStopped, EpochEnded, ImageSkipped, LearningRateChosen, Note, RunFinished, RunStarted
from core.jobs.follow import Follower


@dataclass(frozen=True)
class History:
    """The events of a training that are worth telling when it is over.

    Attributes:
        started: the last start; None where the file of events was lost.
        epochs: in their order, each once.
        notes: sentences about what was chosen for the run and why it ended.
        skipped: number of images that could not be read.
        finished: the run's last word; None where the file of events was lost.
    """

    started: RunStarted | None
    epochs: tuple[EpochEnded, ...]
    notes: tuple[str, ...]
    skipped: int
    finished: RunFinished | None


def read_history(folder: Path) -> History:
    """Read the events in a run's folder; nothing where there are none."""
    follower = Follower(folder)
    started: RunStarted | None = None
    finished: RunFinished | None = None
    # an epoch that a crash interrupted is told twice: the later one counts
    epochs: dict[int, EpochEnded] = {}
    # keeps the order, and each once
    notes: dict[str, None] = {}
    skipped: set[str] = set()
    while events := follower.read():
        for event in events:
            match event:
                case RunStarted():
                    started = event
                case EpochEnded():
                    epochs[event.epoch] = event
                case Note(sentence=sentence):
                    notes[sentence] = None
                case LearningRateChosen():
                    notes[f"The learning rate {event.learning_rate:.2g} was found by a search: {event.reason}."] = None
                case EarlyStopped():
                    notes[f"The training ended after epoch {event.epoch}: {event.reason}."] = None
                case ImageSkipped():
                    skipped.add(event.path)
                case RunFinished():
                    finished = event
    in_order = tuple(epochs[number] for number in sorted(epochs))
    return History(started, in_order, tuple(notes), len(skipped), finished)
