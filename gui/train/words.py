"""Numbers of a run in the words that the window uses for them."""

from PySide6.QtCore import QCoreApplication

from gui.train.history import RunHistory

translate = QCoreApplication.translate


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


def progress(history: RunHistory) -> str:
    """Where a run is: "epoch 6 of 20 · 41 images/s · 3 min left", or the stage it is at."""
    if history.stage is not None:
        stage = history.stage
        if not stage.total:
            return translate("words", "{}…").format(stage.stage)
        return translate("words", "{}: {:,} of {:,}").format(stage.stage, stage.done, stage.total)
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
