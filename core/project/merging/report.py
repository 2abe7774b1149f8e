"""What two projects say of the same images, and what a merge made of it, as a text or a table."""

import csv
import io
import math
from collections.abc import Sequence

from core.project.merging.kappa import kappa_word
from core.project.merging.plan import LabelPlan, MergePlan
from core.project.merging.taking_over import Merged
from core.project.words import images as _images

_COLUMNS = ("label", "label here", "agree", "only they say", "only you say", "conflicts", "kappa")
_OUTCOMES = ("taken over", "they were right", "you were right", "to be decided")


def summary_lines(plan: MergePlan) -> list[str]:
    """Which images the two projects share, as sentences."""
    join = plan.join
    lines = [
        f"{_images(len(join.mine))} in both projects, {len(join.only_mine):,} only in “{plan.mine.name}”, "
        f"{len(join.only_theirs):,} only in “{plan.theirs.name}”."
    ]
    by_path = int(join.by_path.sum())
    if by_path:
        lines.append(f"{_images(by_path)} matched by path and size, as a file could not be read.")
    unread = join.unread_mine + join.unread_theirs
    if unread > by_path:
        lines.append(f"{unread:,} files could not be read: {join.unread_mine:,} here and {join.unread_theirs:,} there.")
    if join.copies_mine or join.copies_theirs:
        lines.append(f"Copies of an image: {join.copies_mine:,} here and {join.copies_theirs:,} there.")
    if plan.several:
        lines.append(f"{_images(plan.several)} with several labels there, where one is allowed: left as they are here.")
    return lines


def report_text(plan: MergePlan, merged: Merged | None) -> str:
    """All of it, to be read; `merged` is None as long as nothing was merged."""
    lines = [f"“{plan.theirs.name}” ({plan.theirs.folder})", f"and “{plan.mine.name}” ({plan.mine.folder})", ""]
    lines += summary_lines(plan)
    lines += ["", f"All labels together: Cohen's kappa {kappa_text(plan.kappa)}.", ""]
    if merged is not None:
        lines += [*merged_lines(merged), ""]
    table = [[*_COLUMNS, *(_OUTCOMES if merged else ())]]
    table += [[*_cells(one), *_outcome(one, merged)] for one in plan.labels]
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    lines += [
        "  ".join(
            cell.ljust(width) if column in (0, 1) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]
    return "\n".join(lines) + "\n"


def report_csv(plan: MergePlan, merged: Merged | None) -> str:
    """The figures of the labels as comma separated values, a line per label; kappa is empty where it is not defined."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*_COLUMNS, *(_OUTCOMES if merged else ())])
    for one in plan.labels:
        kappa = "" if math.isnan(one.kappa) else f"{one.kappa:.4f}"
        counts = (one.agreements, one.additions, one.missing, one.conflicts)
        writer.writerow([one.label.name, one.name, *counts, kappa, *_outcome(one, merged)])
    return text.getvalue()


def merged_lines(merged: Merged) -> list[str]:
    """What a merge did, as sentences."""
    sums = [sum(one.values()) for one in (merged.additions, merged.taken, merged.kept, merged.queued)]
    lines = [
        f"{sums[0]:,} states taken over. Conflicts: they were right in {sums[1]:,}, you were right in {sums[2]:,}, "
        f"{sums[3]:,} are to be decided."
    ]
    if merged.disputed:
        lines.append(f"{_images(len(merged.disputed))} marked unsure; review them when these are decided.")
    if merged.reviews or merged.notes:
        lines.append(f"Review marks or flags of {_images(merged.reviews)} and notes of {merged.notes:,} taken over.")
    if merged.images or merged.images_missing:
        lines.append(f"{_images(merged.images)} added, {merged.images_missing:,} not, as their files are not there.")
    return lines


def kappa_text(kappa: float) -> str:
    """A kappa in figures and a word, such as "0.83, almost perfect"."""
    return "not defined" if math.isnan(kappa) else f"{kappa:.2f}, {kappa_word(kappa)}"


def _cells(one: LabelPlan) -> list[str]:
    if one.target is None:
        return [one.label.name, "(left out)", "", "", "", "", ""]
    counts = (one.agreements, one.additions, one.missing, one.conflicts)
    return [one.label.name, one.name, *(f"{count:,}" for count in counts), kappa_text(one.kappa)]


def _outcome(one: LabelPlan, merged: Merged | None) -> Sequence[str]:
    if merged is None:
        return ()
    found = (merged.additions, merged.taken, merged.kept, merged.queued)
    return [str(counts.get(one.label.id, "")) for counts in found]
