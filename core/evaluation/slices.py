"""Parts of the images, and on which of them a run is worse than on the others.

`V` are the images of the predictions. A slice is made from what is known of each image; NaN or an empty text means that
it is not known, and such an image is in no slice of that kind.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.evaluation.decided import decided
from core.evaluation.intervals import clustered_share, difference
from core.evaluation.predictions import Predictions
from core.labels import Split

#: Images below which a slice says too little to be judged.
FEWEST_IMAGES: Final = 5

_FIFTHS: Final = 5
# more are not looked through one by one
_MOST_FOLDERS: Final = 100
# images whose numbers of pixels differ by less are of one size
_ABOUT_SAME: Final = 1.5
# an image is called square up to this ratio of its longer side to its shorter one
_ABOUT_SQUARE: Final = 1.1


@dataclass(frozen=True, eq=False)
class Slice:
    """Some of the images.

    Attributes:
        kind: what they were parted by, such as "folder" or "brightness".
        name: which part, such as "darkest fifth (brightness < 0.21)".
        rows: int64 (n,), rows in the predictions, ascending.
    """

    kind: str
    name: str
    rows: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class SliceScore:
    """How good the decisions are on the images of a slice.

    Attributes:
        slice: the images.
        images: those on which something is known of the label, or of any label.
        positives: how many known labels are present on them; in multi-class images.
        score: F1 of the label, or overall F1 (OF1) over all labels; over all labels of a multi-class run top-1.
        low, high: ends of its 95 % interval, see `score_slices`.
        others: the same score of all images that are not in the slice.
        difference: `score` less `others`.
        difference_low, difference_high: ends of the 95 % interval of the difference.
        is_too_few: whether there are too few images, in it or outside, or no positive, to say anything.
    """

    slice: Slice
    images: int
    positives: int
    score: float
    low: float
    high: float
    others: float
    difference: float
    difference_low: float
    difference_high: float
    is_too_few: bool

    @property
    def is_worse(self) -> bool:
        """Whether it is worse than the others, and chance as good as excluded."""
        return not self.is_too_few and self.difference_high < 0

    @property
    def is_better(self) -> bool:
        """Whether it is better than the others, and chance as good as excluded."""
        return not self.is_too_few and self.difference_low > 0


def score_slices(
    predictions: Predictions, thresholds: ArrayLike, slices: Sequence[Slice], *, label: int | None = None
) -> tuple[SliceScore, ...]:
    """Score slices by the F1 of one label or of all, or in multi-class by top-1.

    F1 = 2 J / (1 + J) where J = TP / (TP + FP + FN) is the share of right decisions among those where a label is
    present or predicted. So the ends of the interval of F1 are those of J: Wilson's, with as many decisions as those
    on different images would be worth (see `intervals.clustered_share`). The interval of the difference to the other
    images is made from the two intervals (see `intervals.difference`). Each holds in 19 of 20 cases, so of 40 slices
    without any difference two look as if they had one.

    Args:
        predictions: of V images; all of one split as a rule.
        thresholds: a number or (C,); of no effect in multi-class.
        slices: parts of those images.
        label: the column of a label; None for all.

    Returns:
        A score per slice, those first that fall furthest short of the other images; those with too few images last.

    Raises:
        ValueError: the thresholds do not fit the labels.
    """
    predicted, present = decided(predictions, thresholds), predictions.targets
    known = predictions.known
    is_top1 = predictions.is_multi_class and label is None
    if is_top1:
        known_rows = np.count_nonzero(present, axis=1) == 1
        judged = positives = known_rows.astype(np.int64)
        right = (predicted & present).any(axis=1) * judged
    else:
        chosen = slice(None) if label is None else slice(label, label + 1)
        predicted, present, known = predicted[:, chosen] & known[:, chosen], present[:, chosen], known[:, chosen]
        known_rows = known.any(axis=1)
        right = np.count_nonzero(predicted & present, axis=1)
        judged = np.count_nonzero(predicted | present, axis=1)
        positives = np.count_nonzero(present, axis=1)

    def score(one: Slice) -> SliceScore:
        inside = np.zeros(len(known_rows), np.bool_)
        inside[one.rows] = True
        images = int(np.count_nonzero(inside & known_rows))
        outside = ~inside
        here, there = (clustered_share(right[part], judged[part]) for part in (inside, outside))
        if not is_top1:
            here, there = _f1(here), _f1(there)
        low, high = difference(here, there)
        have = int(positives[inside].sum()), int(positives[outside].sum())
        least = min(images, int(np.count_nonzero(outside & known_rows)))
        return SliceScore(
            slice=one,
            images=images,
            positives=have[0],
            score=here[0],
            low=here[1],
            high=here[2],
            others=there[0],
            difference=here[0] - there[0],
            difference_low=low,
            difference_high=high,
            is_too_few=least < FEWEST_IMAGES or not all(have),
        )

    return tuple(sorted(map(score, slices), key=lambda one: (one.is_too_few, one.difference)))


def by_name(kind: str, names: Sequence[str]) -> tuple[Slice, ...]:
    """A slice per name, such as the folder of each image.

    Args:
        kind: such as "folder".
        names: V names; an image whose name is empty is left out.
    """
    every, which = np.unique(np.asarray(names, dtype=np.str_), return_inverse=True)
    order = np.argsort(which, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(which[order])) + 1) if len(order) else []
    return tuple(Slice(kind, str(name), rows) for name, rows in zip(every.tolist(), parts, strict=True) if name)


def by_folder(folders: Sequence[str]) -> tuple[Slice, ...]:
    """A slice per folder, of the 100 with the most images; those of all others are taken together.

    Args:
        folders: V folders; an image whose folder is empty is left out.
    """
    slices = sorted(by_name("folder", folders), key=lambda one: -len(one.rows))
    largest, others = slices[:_MOST_FOLDERS], slices[_MOST_FOLDERS:]
    if others:
        rows = np.sort(np.concatenate([one.rows for one in others]))
        largest.append(Slice("folder", f"{len(others):,} smaller folders", rows))
    return tuple(sorted(largest, key=lambda one: one.name))


def by_split(splits: NDArray[np.int8]) -> tuple[Slice, ...]:
    """A slice per split that has images.

    Args:
        splits: int8 (V,), `Split`.
    """
    chosen = [(one, np.flatnonzero(splits == one)) for one in (Split.TRAIN, Split.VALIDATION, Split.TEST)]
    return tuple(Slice("split", one.name.lower(), rows) for one, rows in chosen if len(rows))


def by_size(widths: ArrayLike, heights: ArrayLike) -> tuple[Slice, ...]:
    """Five slices of equally many images, by the number of pixels; none where all are of about the same size.

    Args:
        widths: (V,) in pixels; NaN where not known.
        heights: (V,) in pixels; NaN where not known.
    """
    megapixels = np.asarray(widths, np.float64) * np.asarray(heights, np.float64) / 1e6
    known = megapixels[~np.isnan(megapixels)]
    if not len(known) or known.max() < _ABOUT_SAME * known.min():
        return ()
    return by_quantiles("size", megapixels, ends=("smallest", "largest"), measure="megapixels")


def by_aspect(widths: ArrayLike, heights: ArrayLike) -> tuple[Slice, ...]:
    """Upright, about square, and wide images, and the very long ones of either kind.

    Args:
        widths: (V,) in pixels; NaN where not known.
        heights: (V,) in pixels; NaN where not known.
    """
    ratios = np.asarray(widths, np.float64) / np.asarray(heights, np.float64)
    parts = {
        "very tall (under 1:2)": ratios < 1 / 2,
        "tall (1:2 to 10:11)": (ratios >= 1 / 2) & (ratios < 1 / _ABOUT_SQUARE),
        "about square": (ratios >= 1 / _ABOUT_SQUARE) & (ratios <= _ABOUT_SQUARE),
        "wide (11:10 to 2:1)": (ratios > _ABOUT_SQUARE) & (ratios <= 2),
        "very wide (over 2:1)": ratios > 2,
    }
    return tuple(one for name, mask in parts.items() for one in by_mask("aspect", name, mask) if len(one.rows))


def by_brightness(brightness: ArrayLike) -> tuple[Slice, ...]:
    """Five slices of equally many images, the darkest first.

    Args:
        brightness: (V,) in [0, 1].
    """
    return by_quantiles("brightness", brightness, ends=("darkest", "brightest"), measure="brightness")


def by_blur(sharpness: ArrayLike) -> tuple[Slice, ...]:
    """Five slices of equally many images, the most blurred first.

    Args:
        sharpness: (V,), at least 0; lower is more blurred.
    """
    return by_quantiles("blur", sharpness, ends=("most blurred", "sharpest"), measure="sharpness")


def by_mask(kind: str, name: str, mask: ArrayLike) -> tuple[Slice, ...]:
    """The images that any filter lets through.

    Args:
        kind: such as "filter".
        name: such as the text of the filter.
        mask: bool (V,).
    """
    return (Slice(kind, name, np.flatnonzero(np.asarray(mask, np.bool_))),)


def by_quantiles(kind: str, values: ArrayLike, *, ends: tuple[str, str], measure: str) -> tuple[Slice, ...]:
    """Up to five slices of about equally many images, in ascending order of a number.

    Images with the same number are never parted, so there are fewer slices where many have the same.

    Args:
        kind: such as "brightness".
        values: (V,); NaN where it is not known.
        ends: what the first and the last slice are called, such as "darkest" and "brightest".
        measure: what the number is called, such as "brightness".
    """
    given = np.asarray(values, np.float64)
    known = given[~np.isnan(given)]
    if not len(known):
        return ()
    # a cut at the smallest number would part nothing from the rest
    cuts = np.unique(np.quantile(known, np.arange(1, _FIFTHS) / _FIFTHS, method="higher"))
    cuts = cuts[cuts > known.min()]
    where = np.searchsorted(cuts, given, side="right")
    last = len(cuts)
    if not last:
        return ()
    texts = _texts(cuts)
    names = [f"{_ordinal(0, last, ends)} ({measure} < {texts[0]})"]
    names += [
        f"{_ordinal(place, last, ends)} ({measure} {texts[place - 1]} to {texts[place]})" for place in range(1, last)
    ]
    names.append(f"{_ordinal(last, last, ends)} ({measure} ≥ {texts[-1]})")
    parts = [np.flatnonzero((where == place) & ~np.isnan(given)) for place in range(last + 1)]
    return tuple(Slice(kind, name, rows) for name, rows in zip(names, parts, strict=True))


def _ordinal(place: int, last: int, ends: tuple[str, str]) -> str:
    """What the slice at a place of 0 to `last` is called."""
    part = "fifth" if last == _FIFTHS - 1 else "part"
    if place in (0, last):
        return f"{ends[place > 0]} {part}"
    middle = "middle" if 2 * place == last else ("second", "third", "fourth")[place - 1]
    return f"{middle} {part}"


def _texts(cuts: NDArray[np.float64]) -> list[str]:
    """The cuts with as few digits as tell them apart, at least two."""
    for digits in range(2, 17):
        texts = [_plain(cut, digits) for cut in cuts.tolist()]
        if len(set(texts)) == len(texts):
            break
    return texts


def _plain(value: float, digits: int) -> str:
    """A number to so many digits that count, without an exponent."""
    rounded = float(f"{value:.{digits - 1}e}")
    return f"{rounded:,.0f}" if abs(rounded) >= 10 ** (digits - 1) else f"{rounded:.{digits}g}"


def _f1(shares: tuple[float, float, float]) -> tuple[float, float, float]:
    """F1 of right decisions among those where a label is present or predicted, and of the ends of their interval."""
    share, low, high = (2 * one / (1 + one) for one in shares)
    return share, low, high
