"""Writing the report of a run into a file: HTML or PDF, as its name ends."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.errors import JobError
from core.files import write_atomically
from core.report.contents import page_of
from core.report.examples import Examples, ImageFile, galleries
from core.report.facts import ReportFacts
from core.report.html import GENERATOR, to_html
from core.report.pdf import write_pdf

ENDINGS: Final = (".html", ".pdf")
"""How the name of a report ends."""

# a PDF says who made it in its last part, an HTML file in its first
_LOOKED_AT_BYTES: Final = 4096


@dataclass(frozen=True)
class Written:
    """A report that was written.

    Attributes:
        path: its file.
        bytes: its size.
        pictures: images that it shows.
        left_out: images that it was to show and that cannot be read.
    """

    path: Path
    bytes: int
    pictures: int
    left_out: int


def check_name(path: Path) -> None:
    """Refuse a name from which nobody can tell what to write.

    Raises:
        JobError: it does not end with .html or .pdf, or its folder is missing.
    """
    if path.suffix.lower() not in ENDINGS:
        raise JobError(
            f"The name of a report ends with {' or '.join(ENDINGS)}, not as {path.name}.",
            next_step=f"Choose {path.name}.html.",
        )
    if not path.absolute().parent.is_dir():
        raise JobError(f"{path} cannot be written: its folder is missing.", next_step="Make it, or choose another.")


def is_report(path: Path) -> bool:
    """Whether a file is a report that Multihot wrote."""
    try:
        with path.open("rb") as file:
            start = file.read(_LOOKED_AT_BYTES)
            end = file.seek(max(0, file.seek(0, 2) - _LOOKED_AT_BYTES))
            around = start + (file.read() if end else b"")
    except OSError:
        return False
    # Qt writes texts into a PDF in two bytes a character
    return GENERATOR.encode() in around or GENERATOR.encode("utf-16-be") in around


def write_report(facts: ReportFacts, examples: Examples, files: Mapping[int, ImageFile], *, out: Path) -> Written:
    """Write the report of a run; takes a second or two, and a PDF some more.

    Args:
        facts: of the run.
        examples: images to show.
        files: where those images are, as far as the project knows.
        out: the file to write; one that is there is replaced in one step.

    Raises:
        JobError: the name does not fit, or the file cannot be written.
    """
    check_name(out)
    shown, left_out = galleries(examples, files)
    page = page_of(facts, shown, left_out=left_out, now=time.time())
    try:
        if out.suffix.lower() == ".pdf":
            write_pdf(page, out)
        else:
            write_atomically(out, to_html(page).encode("utf-8", errors="replace"))
        size = out.stat().st_size
    except OSError as error:
        raise JobError(f"{out} cannot be written: {error.strerror}.", next_step="Choose another place.") from error
    return Written(out, size, pictures=sum(len(one.pictures) for one in shown), left_out=left_out)
