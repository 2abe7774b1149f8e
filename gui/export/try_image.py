"""What an exported file says of an image, asked of the file itself in a process of its own."""

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtGui import QImage

from core.errors import ImageError, ModelError
from core.images.decode import decode
from core.paths import child_environment, module_command
from gui.widgets.thumbnails import to_qimage

PREVIEW_SIDE = 480
_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class LabelAnswer:
    """What the file says of one label.

    Attributes:
        name: of the label.
        probability: in [0, 1].
        threshold: in [0, 1]; None where the file chooses the label with the highest probability.
        present: the file's own decision.
    """

    name: str
    probability: float
    threshold: float | None
    present: bool


@dataclass(frozen=True, slots=True)
class ImageAnswer:
    """What the file says of one image.

    Attributes:
        path: of the image.
        preview: the image, small.
        labels: highest probability first.
    """

    path: Path
    preview: QImage
    labels: tuple[LabelAnswer, ...]


def ask_model(model: Path, image: Path, *, is_cancelled: Callable[[], bool]) -> ImageAnswer:
    """Run the exported file on an image; a second or two: off the GUI thread.

    Args:
        model: the ONNX file.
        image: the image's file.
        is_cancelled: asked now and then; True ends the process.

    Raises:
        MultihotError: the file or the image cannot be read.
    """
    preview = to_qimage(decode(image, max_size=PREVIEW_SIDE))
    command = module_command("core.cli", "predict", str(model), str(image), "--json")
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=child_environment(),
        text=True,
        encoding="utf-8",
    )
    while True:
        try:
            output, errors = process.communicate(timeout=_POLL_SECONDS)
            break
        except subprocess.TimeoutExpired:
            if is_cancelled():
                process.kill()
    if process.returncode != 0:
        last = next((line for line in reversed(errors.splitlines()) if line.strip()), "")
        raise ModelError(last or f"The file {model.name} could not be run.", next_step="Export it again.")
    (answer,) = json.loads(output.splitlines()[-1])["images"]
    if answer["problem"]:
        raise ImageError(answer["problem"], next_step="Try another image.")
    labels = [
        LabelAnswer(one["name"], one["probability"], one["threshold"], one["present"]) for one in answer["labels"]
    ]
    return ImageAnswer(image, preview, tuple(sorted(labels, key=lambda one: -one.probability)))
