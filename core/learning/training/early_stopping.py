"""Ending a training that gains nothing any more."""

from dataclasses import dataclass

_PERFECT = 1e-4


@dataclass(frozen=True)
class Decision:
    """What an epoch's metric means.

    Attributes:
        stop: whether the training should end.
        is_best: whether no epoch before was better, to four decimals.
        reason: why it should end, in words; empty when it should not.
    """

    stop: bool
    is_best: bool
    reason: str = ""


@dataclass
class EarlyStopping:
    """Stops when the metric has not exceeded its smoothed best for some epochs.

    The rule of Prokofiev & Sovrasov's training code: with c the metric to four decimals, the smoothed best b becomes
    smoothing · metric + (1 - smoothing) · b whenever c > b, and an epoch with c <= b counts against the patience. A
    metric of 1 ends the training at once. A metric that never changes exceeds the smoothed best until that has crept
    up to c, and only then the patience begins: after some twenty epochs where the metric is c to the bit, after some
    six where it is above c. Where it is below, as 0.73706 is below its c of 0.7371, the smoothed best never reaches c
    and the training does not stop: that the metric is smoothed and c compared is the rule's own.

    Attributes:
        patience: epochs without gain, at least 1, after which to stop.
        smoothing: share of the newest metric in the smoothed best, in (0, 1]; 1 for the best itself.
        min_gain: what c must exceed the smoothed best by.
        smoothed: the smoothed best.
        waited: epochs without gain since the last gain.
        best: the best metric so far, to four decimals.
    """

    patience: int = 5
    smoothing: float = 0.8
    min_gain: float = 0.0
    smoothed: float = 0.0
    waited: int = 0
    best: float = 0.0

    def update(self, metric: float, warming_up: bool = False) -> Decision:
        """Take in the metric of an epoch.

        Args:
            metric: in [0, 1], the higher the better.
            warming_up: whether the learning rate still rises; epochs without gain do not count then.
        """
        rounded = round(metric, 4)
        is_best = rounded >= self.best
        self.best = max(rounded, self.best)
        if abs(rounded - 1) <= _PERFECT:
            return Decision(stop=True, is_best=True, reason="the metric is as good as it can be")
        if rounded > self.smoothed + self.min_gain:
            # in this form rounding cannot keep it below a constant metric for ever
            self.smoothed += self.smoothing * (metric - self.smoothed)
            self.waited = 0
        elif not warming_up:
            self.waited += 1
        if self.waited < self.patience:
            return Decision(stop=False, is_best=is_best)
        epochs = f"{self.patience} epochs" if self.patience > 1 else "an epoch"
        best = "smoothed best" if self.smoothing < 1 else "best"
        return Decision(stop=True, is_best=is_best, reason=f"no gain over the {best} for {epochs}")
