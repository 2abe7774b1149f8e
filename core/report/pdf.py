"""A report's page as a PDF, which Qt paints in a process of its own."""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from core.errors import JobError
from core.files import replacing
from core.paths import child_environment, module_command
from core.report.blocks import Page
from core.report.html import GENERATOR
from core.report.paper import to_paper

_TIMEOUT_S: Final = 120


def write_pdf(page: Page, out: Path) -> None:
    """Paint a page into a file, replacing one that is there in one step.

    Raises:
        JobError: the painting failed.
        OSError: the file cannot be written.
    """
    environment = child_environment()
    if sys.platform == "linux":
        # nothing is shown, so no display is needed
        environment["QT_QPA_PLATFORM"] = "offscreen"
    with tempfile.TemporaryDirectory(prefix="multihot-report-") as folder, replacing(out) as painted:
        source = Path(folder) / "report.html"
        source.write_text(to_paper(page), encoding="utf-8", errors="replace")
        painted.touch()
        command = module_command("gui.report_pdf", str(source), str(painted.absolute()), page.title, GENERATOR)
        try:
            child = subprocess.run(
                command, env=environment, capture_output=True, text=True, errors="replace", timeout=_TIMEOUT_S,
                check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise JobError(f"The report was not painted within {_TIMEOUT_S} s.") from error
        if child.returncode != 0:
            said = child.stderr.strip().splitlines()[-1:] or [f"its process ended with code {child.returncode}"]
            raise JobError(f"The report could not be painted: {said[0]}", next_step="An HTML report needs no painting.")
