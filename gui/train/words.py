"""Numbers of a run in the words that the window uses for them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from core.jobs.events import ImageSkipped
from core.jobs.folder import RunState
from gui.train.history import RunHistory

translate = QCoreApplication.translate

# a mAP measured on fewer may be chance
FEW_IMAGES = 10

MEAN_AP = translate(
    "words",
    "mAP, mean average precision: how well each label's images are ranked before the others, averaged over the labels; "
    "1 is best. It needs no thresholds.",
)
TOP1 = translate("words", "Top-1: the share of images whose label has the highest probability.")


def duration(seconds: float) -> str:
    """A length of time to two steps at most: "45 s", "3 min", "1 h 05 min"."""
    whole = max(0, round(seconds))
    if whole < 90:
        return translate("words", "{} s").format(whole)
    minutes = round(whole / 60)
    if minutes < 60:
        return translate("words", "{} min").format(minutes)
    return translate("words", "{} h {:02d} min").format(minutes // 60, minutes % 60)


def short_count(number: float) -> str:
    """A large number in short: "4.2 M", "512 k", "96"."""
    if number >= 1e6:
        return f"{number / 1e6:.1f} M"
    if number >= 10_000:
        return f"{number / 1e3:.0f} k"
    return f"{number:.0f}"


def score(value: float | None) -> str:
    """A score in [0, 1] with three digits, a dash when there is none (None or NaN)."""
    return "–" if value is None or value != value else f"{value:.3f}"


def rate(value: float, *, digits: int = 2) -> str:
    """A learning rate, the same everywhere: "0.0021", or "2.1e-05" where that is shorter."""
    return f"{value:.{digits}g}"


def epochs_text(count: int) -> str:
    """A number of epochs: "1 epoch", "8 epochs"."""
    return translate("words", "1 epoch") if count == 1 else translate("words", "{} epochs").format(count)


def figure(mean_average_precision: float | None, top1: float | None) -> str:
    """What a run is judged by: "top-1 0.912" where images have one label each, else "mAP 0.830"."""
    if top1 is not None:
        return translate("words", "top-1 {}").format(score(top1))
    return f"mAP {score(mean_average_precision)}"


def run_line(run_id: int, value: str, title: str) -> str:
    """A run in one line: "Run 3 · mAP 0.830 · ResNet-18", without a title where its recipe cannot be read."""
    return " · ".join(filter(None, (translate("words", "Run {}").format(run_id), value, title)))


def progress(history: RunHistory) -> str:
    """Where a run is: "epoch 6 of 20 · 41 images/s · 3 min left", or the stage it is at."""
    if history.stage is not None:
        stage = history.stage
        if not stage.total:
            return translate("words", "{}…").format(stage.stage)
        return translate("words", "{}: {:,} of {:,}").format(stage.stage, stage.done, stage.total)
    if history.is_searching:
        return _search(history)
    if history.started is None:
        return translate("words", "starting…")
    parts = [
        translate("words", "epoch {} of {}").format(max(history.current_epoch, 1), history.started.epochs),
    ]
    if history.images_per_second is not None:
        parts.append(translate("words", "{:.0f} images/s").format(history.images_per_second))
    if history.eta_seconds is not None:
        parts.append(translate("words", "{} left").format(duration(history.eta_seconds)))
    return " · ".join(parts)


def summary(state: RunState, history: RunHistory, *, asked: str = "", verdict: str = "") -> str:
    """One sentence on a run.

    Args:
        state: of its folder.
        history: of its events.
        asked: "pause", "stop", "kill" or "discard" while its worker has not obeyed yet.
        verdict: how it compares with other runs, such as "best so far, +0.015".
    """
    if state == RunState.RUNNING:
        return _waiting(asked) if asked else progress(history)
    epochs = len(history.epochs)
    if state in (RunState.FINISHED, RunState.STOPPED):
        value = figure(history.best_map, history.best_top1)
        if state == RunState.FINISHED:
            text = translate("words", "Finished: {}").format(value)
        elif epochs:
            text = translate("words", "Stopped after {}: {}").format(epochs_text(epochs), value)
        else:
            text = translate("words", "Stopped during its first epoch: {}").format(value)
        text = f"{text} ({verdict})." if verdict else f"{text}."
        return f"{text} {_caution(history)}".strip()
    if state == RunState.PAUSED:
        return translate("words", "Paused after {}. Nothing is lost.").format(epochs_text(epochs))
    if state == RunState.INTERRUPTED:
        return translate("words", "Interrupted after {}.").format(epochs_text(epochs))
    return translate("words", "Failed.") if state == RunState.FAILED else translate("words", "Not started yet.")


def early_end(history: RunHistory) -> str:
    """Why a run ended before its last epoch by itself; empty when it did not."""
    if history.early_stopped is None or history.started is None:
        return ""
    ended = history.early_stopped
    return translate("words", "Ended at epoch {} of {}: {}.").format(ended.epoch, history.started.epochs, ended.reason)


def chosen_rate(history: RunHistory) -> str:
    """Which learning rate a search ended with, and why; empty without a search."""
    chosen = history.chosen
    if chosen is None:
        return ""
    text = translate("words", "Learning rate {}: {}.").format(rate(chosen.learning_rate), chosen.reason)
    trials = [one.learning_rate for one in history.tried if one.loss is None]
    if len(trials) > 1 and chosen.learning_rate >= max(trials):
        return translate("words", "{} No higher one was tried, and one might do better.").format(text)
    if len(trials) > 1 and chosen.learning_rate <= min(trials):
        return translate("words", "{} No lower one was tried, and one might do better.").format(text)
    return text


def _search(history: RunHistory) -> str:
    last = history.tried[-1]
    words = translate("words", "looking for a learning rate: {} of {}, {}")
    return words.format(last.trial, last.trials, rate(last.learning_rate))


def _caution(history: RunHistory) -> str:
    images = history.started.validation_images if history.started is not None else 0
    if images == 1:
        return translate("words", "Measured on 1 image only.")
    return translate("words", "Measured on {} images only.").format(images) if 0 < images < FEW_IMAGES else ""


def left_out(skipped: Sequence[ImageSkipped]) -> str:
    """Which images took no part in a run, the first three by name."""
    names = [Path(one.path).name for one in skipped[:3]] + ["…"] * (len(skipped) > 3)
    if len(skipped) == 1:
        return translate("words", "1 unreadable image was left out: {}").format(names[0])
    return translate("words", "{} unreadable images were left out: {}").format(len(skipped), ", ".join(names))


def verdict(value: float | None, others: Mapping[int, float]) -> str:
    """How a run compares: "best so far, +0.015", or "run 3 has 0.830"; empty without a comparison.

    Args:
        value: the run's mAP or top-1.
        others: the same of the other runs with a model, by run id.
    """
    if value is None or not others:
        return ""
    best = max(others, key=lambda run_id: others[run_id])
    if value > others[best]:
        return translate("words", "best so far, +{:.3f}").format(value - others[best])
    return translate("words", "run {} has {}").format(best, score(others[best]))


def _waiting(asked: str) -> str:
    if asked == "pause":
        return translate("words", "pausing: a checkpoint is written…")
    if asked == "stop":
        return translate("words", "stopping: the best model is kept…")
    if asked == "kill":
        return translate("words", "ending the process…")
    return translate("words", "discarding…")
