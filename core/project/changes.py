"""What an edit changed, told once to everybody who shows it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Changes:
    """Which kinds of thing an edit changed; false when it changed nothing.

    Attributes:
        text: what happened, for the status bar: "“ace” set on 12 images".
        labels: the list of labels changed; the columns of the states may be renumbered.
        images: the list of images changed; rows may be added or files found again.
        annotations: ids of the images whose states, review, flag, note or disputed states changed.
        splits: some image went to another split.
        runs: a run was added or discarded.
        rules: the rules of labels changed.
        filters: a filter was saved or deleted.
        versions: a version of the annotations was saved or deleted.
    """

    text: str = ""
    labels: bool = False
    images: bool = False
    annotations: frozenset[int] = frozenset()
    splits: bool = False
    runs: bool = False
    rules: bool = False
    filters: bool = False
    versions: bool = False

    def __bool__(self) -> bool:
        lists = self.labels or self.images or self.splits or self.runs
        return bool(lists or self.annotations or self.rules or self.filters or self.versions)
