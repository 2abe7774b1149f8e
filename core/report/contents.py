"""What a report says, in which order: from a run's facts to its page."""

import time

from core.report.blocks import Block, Column, Gallery, Page, Section, Table, Text
from core.report.data import data_section
from core.report.facts import ReportFacts
from core.report.quality import all_labels_section, labels_section, plots_section
from core.report.summary import summary_section
from core.report.training import settings_section, training_section
from core.report.words import counted
from core.version import version

_WORDS = (
    ("precision", "Of the times that the model says that a label is there, the share that is right."),
    ("recall", "Of the images that do show a label, the share on which the model says so."),
    ("F1", "One number for both: 2 · precision · recall / (precision + recall). It is high only where both are."),
    (
        "threshold",
        "The model gives each label a probability, and says that it is there from the threshold on. A lower threshold "
        "finds more and raises more false alarms.",
    ),
    (
        "AP, average precision",
        "How well the images that show a label are ranked before the others, over all thresholds; 1 is best.",
    ),
    ("mAP", "The mean of AP over the labels."),
    ("images", "How many images show a label, also called its support: the fewer, the more its figures owe to chance."),
    (
        "train, validation, test",
        "The parts of the data: the model learns from train, what is chosen is chosen by validation, and test is kept "
        "aside to measure.",
    ),
    (
        "ECE, expected calibration error",
        "How far the probabilities are, on average, from the share that is really there; 0 is best.",
    ),
)


def page_of(facts: ReportFacts, shown: tuple[Gallery, ...], *, left_out: int, now: float) -> Page:
    """The report of a run.

    Args:
        facts: of the run.
        shown: examples that could be decoded.
        left_out: examples that could not.
        now: seconds since 1970.
    """
    trained = time.strftime("%d %B %Y", time.localtime(facts.run.created))
    sections = [
        summary_section(facts),
        data_section(facts),
        labels_section(facts),
        all_labels_section(facts),
        plots_section(facts),
        _examples_section(facts, shown, left_out=left_out),
        training_section(facts),
        _about_section(facts, now=now),
        settings_section(facts),
    ]
    return Page(
        title=f"{facts.project}: run {facts.run.id}",
        subtitle=f"{facts.recipe.title} · trained on {trained} · a report by Multihot {version()}",
        sections=tuple(sections),
    )


def _examples_section(facts: ReportFacts, shown: tuple[Gallery, ...], *, left_out: int) -> Section:
    blocks: list[Block] = [
        Text(
            f"Images of {facts.split_name}, chosen by how sure the model was. Solid green frames are right, red dashed "
            "ones false alarms, orange dotted ones misses. Some mistakes are not the model’s: look whether the "
            "annotation is right."
        ),
        *shown,
    ]
    if not shown and not left_out:
        blocks.append(Text("There is none to show."))
    if left_out:
        images = f"{counted(left_out, 'image')} {'is' if left_out == 1 else 'are'}"
        blocks.append(
            Text(
                f"{images} left out: the file is missing, damaged or no longer in the project.",
                kind="warning",
            )
        )
    return Section("Examples", tuple(blocks))


def _about_section(facts: ReportFacts, *, now: float) -> Section:
    made = time.strftime("%d %B %Y, %H:%M", time.localtime(now))
    facts_table = Table(
        "Where this report comes from",
        (Column("What", is_number=False), Column("Value", is_number=False)),
        (
            ("report made", made),
            ("by", f"Multihot {version()}"),
            ("project", facts.project),
            (
                "run",
                f"{facts.run.id}, trained on {time.strftime('%d %B %Y, %H:%M', time.localtime(facts.run.created))}",
            ),
            ("annotations (SHA-256 of the snapshot)", facts.snapshot.hash),
        ),
    )
    words = Table(
        "The words of this report",
        (Column("Word", is_number=False), Column("Meaning", is_number=False)),
        _WORDS,
    )
    return Section("About this report", (words, facts_table))
