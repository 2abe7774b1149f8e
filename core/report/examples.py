"""The pictures of a report: images that the model is right about, and its most confident mistakes."""

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.errors import ImageError
from core.evaluation.mistakes import MistakeList, find_mistakes
from core.images.decode import decode
from core.project.store import Store
from core.report.blocks import Gallery, Kind, Picture
from core.report.facts import ReportFacts
from core.report.summary import judged_images, wrong_images
from core.report.words import named, names_of, score

_MOST: Final = 12
_SIDE_PX: Final = 220
_JPEG_QUALITY: Final = 82
# so many mistakes leave some of every label, and none of a million takes long
_MOST_LOOKED_AT: Final = 2000


@dataclass(frozen=True)
class ImageFile:
    """Where an image of the project is.

    Attributes:
        name: relative to the folder that was added to the project, with "/".
        path: absolute.
    """

    name: str
    path: Path


@dataclass(frozen=True)
class Example:
    """An image to show.

    Attributes:
        image_id: of the project.
        kind: what the decision was.
        text: what people and the model said.
    """

    image_id: int
    kind: Kind
    text: str


@dataclass(frozen=True)
class Examples:
    """The images to show, of each kind the most telling first."""

    right: tuple[Example, ...]
    false_alarms: tuple[Example, ...]
    missed: tuple[Example, ...]

    @property
    def image_ids(self) -> list[int]:
        """Of all of them, each once."""
        return sorted({one.image_id for one in (*self.right, *self.false_alarms, *self.missed)})


def choose_examples(facts: ReportFacts) -> Examples:
    """Choose images of the split; no label and no image takes more than its share.

    Mistakes come by their margin, as `core.evaluation.mistakes` measures it, and right decisions by their probability.
    """
    predictions = facts.predictions
    right = judged_images(facts) & ~wrong_images(facts)
    rows, columns = np.nonzero(facts.decided & predictions.targets & right[:, np.newaxis])
    order = np.argsort(-predictions.probabilities[rows, columns], kind="stable")

    def mistakes(which: MistakeList, kind: Kind) -> tuple[Example, ...]:
        found = find_mistakes(predictions, facts.thresholds.values, which, limit=_MOST_LOOKED_AT)
        return _examples(facts, kind, found.rows, found.labels)

    return Examples(
        right=_examples(facts, "right", rows[order], columns[order]),
        false_alarms=mistakes("false positives", "false alarm"),
        # in multi-class each miss is the false alarm of another label
        missed=() if facts.is_multi_class else mistakes("false negatives", "missed"),
    )


def image_files(store: Store, image_ids: Iterable[int]) -> dict[int, ImageFile]:
    """Where images of an open project are; without those that are no longer in it."""
    asked = np.array(list(image_ids), np.int64)
    ids = asked[np.isin(asked, store.image_ids)].tolist()
    rows = store.rows_of(ids).tolist()
    return {
        image_id: ImageFile(name=store.paths[row], path=Path(path))
        for image_id, row, path in zip(ids, rows, store.image_paths(ids), strict=True)
    }


def galleries(examples: Examples, files: Mapping[int, ImageFile]) -> tuple[tuple[Gallery, ...], int]:
    """Decode the examples.

    Args:
        examples: to show.
        files: of the images, as far as they are known.

    Returns:
        The galleries that have a picture, and how many images were left out because they cannot be shown.
    """
    made: list[Gallery] = []
    left_out: set[int] = set()
    for caption, chosen in (
        ("Right: every label of the image is decided as people decided", examples.right),
        ("Most confident false alarms: said, but not there", examples.false_alarms),
        ("Most confident misses: there, but not said", examples.missed),
    ):
        pictures = []
        for one in chosen:
            picture = _picture(one, files.get(one.image_id))
            if picture is None:
                left_out.add(one.image_id)
            else:
                pictures.append(picture)
        if pictures:
            made.append(Gallery(caption, tuple(pictures)))
    return tuple(made), len(left_out)


def _examples(
    facts: ReportFacts, kind: Kind, rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> tuple[Example, ...]:
    """The first of some places; an image once, and a label as often as leaves room for the others."""
    per_label = max(2, -(-_MOST // max(1, len(np.unique(columns)))))
    seen: set[int] = set()
    used: dict[int, int] = {}
    chosen: list[Example] = []
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        if row in seen or used.get(column, 0) >= per_label:
            continue
        seen.add(row)
        used[column] = used.get(column, 0) + 1
        image_id = int(facts.predictions.image_ids[row])
        chosen.append(Example(image_id, kind, _text(facts, kind, row=row, column=column)))
        if len(chosen) == _MOST:
            break
    return tuple(chosen)


def _text(facts: ReportFacts, kind: Kind, *, row: int, column: int) -> str:
    predictions = facts.predictions
    names = predictions.label_names
    probability = score(float(predictions.probabilities[row, column]), digits=2)
    present = [names[one] for one in np.flatnonzero(predictions.targets[row])]
    if kind == "right":
        return f"{names_of(present)}" if len(present) > 1 else f"{named(names[column])} {probability}"
    if kind == "missed":
        return f"{named(names[column])} is there; only {probability}"
    if facts.is_multi_class:
        return f"taken for {named(names[column])} {probability}; it is {names_of(present)}"
    there = f"there: {names_of(present)}" if present else "none of the labels is there"
    return f"{named(names[column])} {probability} is not there; {there}"


def _picture(example: Example, file: ImageFile | None) -> Picture | None:
    """The example with its pixels; None where they cannot be read."""
    if file is None:
        return None
    try:
        pixels = decode(file.path, max_size=_SIDE_PX)
    except ImageError:
        return None
    jpeg = io.BytesIO()
    Image.fromarray(pixels).save(jpeg, "JPEG", quality=_JPEG_QUALITY)
    height, width, _ = pixels.shape
    return Picture(jpeg.getvalue(), width, height, example.kind, file.name, example.text)
