"""Random edits of a project: drawn from what a model of it holds, and done to a store."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.labels import LabelState, Review
from core.project.changes import Changes
from core.project.files.scan import ScannedImage
from core.project.store import Store
from core.project.versions import load_version, save_version
from tests.unit.project.store_model import Model

Edit = tuple[str, tuple[Any, ...]]

NAMES = ("cat", "CAT", "dog", "cow", "red card", "owl", "é", "ant", "bee", "elk")
MOST_LABELS = 8
EDITS = (
    "add_label", "add_labels", "change_label", "change_label", "reorder_labels", "delete_label", "merge_labels",
    "add_rule", "add_rule", "change_rule", "delete_rule", "set_states", "set_states", "set_states", "fill",
    "set_matrix", "set_review", "set_flag", "set_notes", "add_disputes", "settle_disputes",
)  # fmt: skip
MOVES = ("undo", "undo", "redo", "add_images", "save_version", "restore_version", "restore_version", "together")


def draw(rng: random.Random, model: Model, kind: str) -> Edit | None:
    """An edit of a kind with arguments that fit what there is; None where there is nothing to edit."""
    drawn = _draw_label(rng, model, kind) if kind in EDITS[:11] else _draw_image(rng, model, kind)
    return drawn if drawn is None or len(drawn) == 2 else (drawn[0], drawn[1:])


def _draw_label(rng: random.Random, model: Model, kind: str) -> tuple[Any, ...] | None:
    labels, rules = model.said.order(), [rule.id for rule in model.said.shown_rules()]
    if kind in ("add_label", "add_labels"):
        if len(labels) >= MOST_LABELS:
            return None
        if kind == "add_labels":
            return kind, (rng.sample(NAMES, rng.randint(1, 2)),)
        return kind, (rng.choice(NAMES), rng.choice([None, "#aa00aa"]), rng.choice([None, None, "", "x"]))
    if not labels:
        return None
    if kind == "change_label":
        changed: dict[str, object] = {}
        for key in rng.sample(["name", "color", "shortcut", "description", "parent", "examples"], rng.randint(1, 2)):
            changed[key] = {
                "name": rng.choice(NAMES),
                "color": rng.choice(["#000001", "#ffffff"]),
                "shortcut": rng.choice(["", "1", "2", "q", "Q"]),
                "description": rng.choice(["", "purrs"]),
                "parent": rng.choice([0, *labels]),
                "examples": tuple(_some(rng, model.images)),
            }[key]
        return kind, (rng.choice(labels), changed)
    if kind == "reorder_labels":
        return kind, (rng.sample(labels, len(labels)),)
    if kind == "delete_label":
        return kind, (rng.choice(labels),)
    if kind == "merge_labels":
        return kind, (rng.choice(labels), rng.choice(labels))
    if kind == "add_rule":
        which = rng.choice(["exclusive", "implies", "never"])
        count = min(len(labels), rng.randint(2, 3) if which == "exclusive" else 2)
        return kind, (which, tuple(rng.sample(labels, count)), rng.choice(["suit", "kind"]))
    if not rules:
        return None
    rule_id = rng.choice(rules)
    if kind == "delete_rule":
        return kind, (rule_id,)
    return kind, (rule_id, tuple(rng.sample(labels, min(2, len(labels)))), rng.choice(["suit", "kind"]))


def _draw_image(rng: random.Random, model: Model, kind: str) -> tuple[Any, ...] | None:
    labels, images = model.said.order(), _some(rng, model.images)
    text = f"text {rng.randint(0, 9)}"
    reviewed = rng.choice([None, True, False])
    if kind == "set_states":
        chosen = rng.sample(labels, rng.randint(0, min(2, len(labels))))
        states = {label: rng.choice([1, 1, 0, -1]) for label in chosen}
        return kind, (images, states, reviewed, None, text)
    if kind == "fill":
        # Enter: what is unknown is absent, and the image is reviewed
        states = dict.fromkeys(rng.sample(labels, rng.randint(0, min(1, len(labels)))), 1)
        return "set_states", (images, states, True, 0, text)
    if kind == "set_matrix":
        chosen = rng.sample(labels, rng.randint(0, len(labels)))
        rows = [[rng.choice([1, 0, -1, -2, -2]) for _ in chosen] for _ in images]
        flags = None if reviewed is None else [rng.random() < 0.5 for _ in images]
        return kind, (images, chosen, rows, flags, text)
    if kind == "set_review":
        return kind, (images, rng.randint(0, 2))
    if kind == "set_flag":
        return kind, (images, rng.random() < 0.6)
    if kind == "set_notes":
        return kind, ({image: rng.choice(["", "blurred", " is it a\nKing? "]) for image in images},)
    if kind == "add_disputes":
        pairs = [(image, label) for image in images for label in labels]
        return kind, ({pair: rng.randint(0, 1) for pair in _some(rng, pairs)}, text)
    if kind == "settle_disputes":
        return kind, (_some(rng, sorted(model.said.disputes)),)
    if kind == "restore_version":
        return (kind, (rng.randrange(len(model.versions)),)) if model.versions else None
    if kind == "add_images":
        return kind, (rng.randint(1, 2),)
    if kind == "together":
        return kind, (_draw_several(rng, model), text)
    return kind, ()


def _draw_several(rng: random.Random, model: Model) -> list[Edit]:
    copy, edits = model.without_history(), []
    for _ in range(rng.randint(1, 4)):
        edit = draw(rng, copy, rng.choice(EDITS))
        if edit is None:
            continue
        edits.append(edit)
        try:
            getattr(copy, edit[0])(*edit[1])
        except Exception:
            # the step ends here, and nothing of it stays
            break
    return edits


def _some(rng: random.Random, every: Sequence[Any]) -> list[Any]:
    """One, some, all or none of several things, in their order."""
    if not every or rng.random() < 0.05:
        return []
    count = rng.choice([1, 1, rng.randint(1, len(every)), len(every)])
    return sorted(rng.sample(every, count))


def do(store: Store, edit: Edit) -> Changes:
    """Do an edit to a store.

    Raises:
        ProjectError: the store refuses it.
    """
    name, arguments = edit
    if name in _DONE:
        return _DONE[name](store, *arguments)
    result = getattr(store, name)(*arguments)
    assert isinstance(result, Changes)
    return result


def _add_label(store: Store, name: str, color: str | None, shortcut: str | None) -> Changes:
    return store.add_label(name, color=color, shortcut=shortcut)


def _change_label(store: Store, label_id: int, changed: dict[str, Any]) -> Changes:
    return store.change_label(label_id, **changed)


def _set_states(
    store: Store, images: list[int], states: dict[int, int], reviewed: bool | None, fill: int | None, text: str
) -> Changes:
    wanted = {label: LabelState(state) for label, state in states.items()}
    filled = None if fill is None else LabelState(fill)
    return store.set_states(images, wanted, reviewed=reviewed, fill_unknown=filled, text=text)


def _set_matrix(
    store: Store, images: list[int], labels: list[int], rows: list[list[int]], reviewed: list[bool] | None, text: str
) -> Changes:
    states = np.array(rows, np.int8).reshape(len(images), len(labels))
    flags = None if reviewed is None else np.array(reviewed, np.bool_)
    return store.set_matrix(images, labels, states, reviewed=flags, text=text)


def _set_review(store: Store, images: list[int], review: int) -> Changes:
    return store.set_review(images, Review(review))


def _add_disputes(store: Store, disputes: dict[tuple[int, int], int], text: str) -> Changes:
    return store.add_disputes({pair: LabelState(state) for pair, state in disputes.items()}, text)


def _add_images(store: Store, count: int) -> Changes:
    first = len(store.image_ids)
    changes = store.add_images(photos(store), [ScannedImage(f"{first + i}.jpg", 10, 20) for i in range(count)])
    # a copy is joined by these; there are no files
    store.set_content_hashes({int(one): f"{one:064x}" for one in store.image_ids[first:]})
    return changes


def _save_version(store: Store) -> Changes:
    save_version(store, "a version")
    return Changes()


def _restore_version(store: Store, number: int) -> Changes:
    return store.restore(load_version(store, number + 1), text=f"Version “{number}” restored")


def _together(store: Store, edits: list[Edit], text: str) -> Changes:
    with store.step(text) as made:
        for edit in edits:
            do(store, edit)
    return Changes(text=text if made else "", labels=True, annotations=frozenset(store.image_ids.tolist()))


_DONE = {
    "add_label": _add_label,
    "change_label": _change_label,
    "set_states": _set_states,
    "set_matrix": _set_matrix,
    "set_review": _set_review,
    "add_disputes": _add_disputes,
    "add_images": _add_images,
    "save_version": _save_version,
    "restore_version": _restore_version,
    "together": _together,
}


def photos(store: Store) -> Path:
    """The folder of the images, which is there; the files are not."""
    folder = store.folder.parent / "photos"
    folder.mkdir(exist_ok=True)
    return folder


def hasty(store: Store) -> Store:
    """The store, which no longer waits for the disk; only a power cut could tell."""
    store.database.connection.execute("PRAGMA synchronous = OFF")
    return store


def shown(store: Store) -> dict[str, object]:
    """What a store holds, as `Model.shown` gives it."""
    return {
        "labels": store.labels,
        "states": store.states.tolist(),
        "review": store.review.tolist(),
        "flagged": store.flagged.tolist(),
        "notes": dict(store.notes),
        "rules": store.rules,
        "disputes": {pair: int(state) for pair, state in store.disputes.items()},
        "undo": store.undo_text,
        "redo": store.redo_text,
    }
