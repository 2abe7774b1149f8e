"""What the model learnt from and was measured on."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from core.labels import MULTI_CLASS, Label
from core.project.runs.checks import training_warnings
from core.report import plots
from core.report.blocks import Block, Column, Figures, Section, Table, Text
from core.report.facts import ReportFacts, measured_splits
from core.report.summary import FEW_POSITIVES
from core.report.words import counted, isolated, names_of

# a plot of more is longer than a page
_MOST_BARS: Final = 40


def data_section(facts: ReportFacts) -> Section:
    """Images and annotations per split and label, and what is thin about them."""
    snapshot, names = facts.snapshot, facts.snapshot.label_names
    counts = facts.state_counts()
    present, absent, unknown = counts[:, :, 0], counts[:, :, 1], counts[:, :, 2]
    images = [int((snapshot.splits == split).sum()) for split in measured_splits()]
    used = [split for split, count in enumerate(images) if count]
    words = [split.name.lower() for split in measured_splits()]
    blocks: list[Block] = [
        Text(
            f"The model was made from {counted(sum(images), 'annotated image')}: {images[0]:,} to learn from (train), "
            f"{images[1]:,} to choose by (validation) and {f'{images[2]:,}' if images[2] else 'none'} to test on."
        )
    ]
    skipped = facts.history.skipped
    if skipped:
        blocks.append(Text(f"{counted(skipped, 'image')} could not be read and took no part.", kind="warning"))
    labels = [Label(place, isolated(name), "") for place, name in enumerate(names)]
    blocks += [
        Text(sentence, kind="warning")
        for sentence in training_warnings(snapshot.states, snapshot.splits, labels, task=snapshot.task)
    ]
    few = [name for name, count in zip(names, present[0].tolist(), strict=True) if count < FEW_POSITIVES]
    if few:
        are = "is" if len(few) == 1 else "are"
        sentence = f"On fewer than {FEW_POSITIVES} images of train {are} {names_of(few)}: little to learn from."
        blocks.append(Text(sentence, kind="warning"))
    if snapshot.task == MULTI_CLASS:
        rows = _rows(names, [[f"{count:,}" for count in part] for part in present[used].tolist()])
        caption = "Images of each label, by split"
    else:
        # one cell of three: nine columns fit neither a phone nor a page
        cells = [
            [" / ".join(f"{count:,}" for count in states) for states in zip(*parts, strict=True)]
            for parts in zip(present[used].tolist(), absent[used].tolist(), unknown[used].tolist(), strict=True)
        ]
        rows = _rows(names, cells)
        caption = (
            "Images on which each label is present / absent / unknown, by split; unknown: nobody said whether it is "
            "there, so it counts neither way"
        )
    shown = np.argsort(-present.sum(axis=0), kind="stable")[:_MOST_BARS]
    most = f" (the {_MOST_BARS} labels with the most)" if len(names) > _MOST_BARS else ""
    blocks.append(Table(caption, (Column("Label", is_number=False), *(Column(words[split]) for split in used)), rows))
    blocks.append(
        Figures(
            f"Images that show each label: {' + '.join(words[split] for split in used)}{most}",
            (
                plots.label_counts(
                    [names[place] for place in shown], present[used][:, shown], [words[split] for split in used]
                ),
            ),
        )
    )
    return Section("The data", tuple(blocks))


def _rows(names: Sequence[str], cells: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """Rows of a table from the cells of each split."""
    return tuple((name, *row) for name, row in zip(names, zip(*cells, strict=True), strict=True))
