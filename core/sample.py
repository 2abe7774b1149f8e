"""The sample project: small drawn pictures of shapes under a day or a night sky, with labels and annotations.

`python -m core.sample FOLDER` makes it, unless the folder holds a project already.
"""

import math
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from core.errors import ProjectError
from core.labels import LabelState
from core.project.disk.database import FILE_NAME
from core.project.files.scan import scan_folder
from core.project.store import Store

LABELS = ("circle", "square", "triangle", "striped", "dotted", "red", "night sky", "moon")
"""What can be in a picture; the moon is rare and only in the night sky."""

SIZE = 96
"""Width and height of a picture, px."""

_SCALE = 3  # drawn so many times larger, then reduced: smooth edges
_UNKNOWN_SHARE = 0.05

_Color = tuple[int, int, int]
_RED: _Color = (208, 48, 44)
_COLORS: tuple[_Color, ...] = (
    (24, 128, 132),
    (52, 96, 190),
    (120, 80, 170),
    (70, 140, 64),
    (214, 160, 30),
    (84, 92, 108),
)
_DAYS: tuple[tuple[_Color, _Color], ...] = (
    ((188, 220, 240), (244, 246, 236)),
    ((250, 224, 196), (254, 246, 226)),
    ((206, 232, 214), (246, 248, 230)),
    ((222, 214, 240), (250, 242, 244)),
)
_GROUNDS: tuple[_Color, ...] = ((164, 196, 142), (206, 186, 148), (150, 186, 180), (186, 176, 200))
_NIGHT: tuple[_Color, _Color] = ((14, 20, 52), (58, 52, 104))
_NIGHT_GROUND: _Color = (26, 32, 58)
_MOONLIGHT: _Color = (250, 236, 180)


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn picture.

    Attributes:
        image: RGB, `SIZE` px square.
        labels: those of `LABELS` that it shows.
    """

    image: Image.Image
    labels: frozenset[str]


def make_sample_project(folder: Path, *, count: int = 600, seed: int = 0) -> Path:
    """Draw pictures into `folder/images` and make a project of them, labelled and split.

    Args:
        folder: created when missing; must not hold a project or images yet.
        count: pictures to draw.
        seed: the same seed gives the same pictures, annotations and splits.

    Returns:
        The project's folder, which is `folder`.

    Raises:
        ProjectError: there is something in the folder already, or it cannot be written.
    """
    images = folder / "images"
    try:
        images.mkdir(parents=True)
    except FileExistsError as error:
        raise ProjectError(
            f"{folder} already holds something else.", next_step="Choose a new folder for the sample project."
        ) from error
    except OSError as error:
        raise ProjectError(f"{folder} cannot be written: {error.strerror}.", next_step="Choose another.") from error
    rng = np.random.default_rng(seed)
    shown = _write_pictures(images, count, rng)
    states = np.array([[name in labels for name in LABELS] for labels in shown], np.int8)
    states[rng.random(states.shape) < _UNKNOWN_SHARE] = LabelState.UNKNOWN
    with Store.create(folder) as store:
        store.add_images(images, scan_folder(images))
        for name in LABELS:
            store.add_label(name)
        # the files are named so that the project's order is that of the drawing
        store.set_matrix(
            store.image_ids,
            [label.id for label in store.labels],
            states,
            reviewed=(states != LabelState.UNKNOWN).all(axis=1),
            text="Sample annotations",
        )
        store.assign_splits(seed=seed)
    return folder


def draw_picture(rng: np.random.Generator) -> Picture:
    """Draw one picture.

    Args:
        rng: every choice is taken from it.
    """
    is_night = rng.random() < 0.38
    has_moon = is_night and rng.random() < 0.24
    canvas = _night(rng) if is_night else _day(rng)
    labels = {"night sky"} if is_night else set()
    places = _places(rng)
    if has_moon:
        # beside the shapes, which leave the first place to it
        _draw_moon(canvas, places.pop(0), rng)
        labels.add("moon")
    for place in places[: int(rng.choice([1, 2, 3], p=[0.3, 0.45, 0.25]))]:
        labels |= _draw_shape(canvas, place, rng)
    return Picture(canvas.resize((SIZE, SIZE), Image.Resampling.LANCZOS), frozenset(labels))


def _write_pictures(folder: Path, count: int, rng: np.random.Generator) -> list[frozenset[str]]:
    shown = []
    for number in range(1, count + 1):
        picture = draw_picture(rng)
        if number % 3:
            picture.image.save(folder / f"shapes-{number:04d}.jpg", quality=93, subsampling=0)
        else:
            picture.image.save(folder / f"shapes-{number:04d}.png")
        shown.append(picture.labels)
    return shown


def _places(rng: np.random.Generator) -> list[tuple[float, float, float]]:
    """Centres (x, y) and radii, px of the canvas, of up to four things that do not overlap, in drawn order."""
    side = SIZE * _SCALE
    places = []
    for corner in rng.permutation(4):
        radius = side * rng.uniform(0.145, 0.205)
        x = side * (0.27 + 0.46 * (corner % 2) + rng.uniform(-0.04, 0.04))
        y = side * (0.27 + 0.46 * (corner // 2) + rng.uniform(-0.04, 0.04))
        places.append((x, y, radius))
    return places


def _gradient(top: _Color, bottom: _Color) -> Image.Image:
    side = SIZE * _SCALE
    down = np.linspace(0, 1, side)[:, None, None]
    rows = np.asarray(top) * (1 - down) + np.asarray(bottom) * down
    return Image.fromarray(np.broadcast_to(rows, (side, side, 3)).astype(np.uint8))


def _day(rng: np.random.Generator) -> Image.Image:
    canvas = _gradient(*_DAYS[rng.integers(len(_DAYS))])
    _draw_hills(canvas, _GROUNDS[rng.integers(len(_GROUNDS))], rng)
    return canvas


def _night(rng: np.random.Generator) -> Image.Image:
    canvas = _gradient(*_NIGHT)
    draw = ImageDraw.Draw(canvas)
    side = SIZE * _SCALE
    for _ in range(int(rng.integers(18, 36))):
        x, y = rng.uniform(0, side), rng.uniform(0, side * 0.8)
        radius = rng.uniform(0.8, 2.2)
        brightness = int(rng.integers(150, 256))
        draw.ellipse(
            (x - radius, y - radius, x + radius, y + radius), fill=(brightness, brightness, min(255, brightness + 20))
        )
    _draw_hills(canvas, _NIGHT_GROUND, rng)
    return canvas


def _draw_hills(canvas: Image.Image, color: _Color, rng: np.random.Generator) -> None:
    draw = ImageDraw.Draw(canvas)
    side = SIZE * _SCALE
    for lightness, height in ((0.9, 0.8), (1.0, 0.88)):
        x = np.linspace(0, side, 60)
        phase, waves = rng.uniform(0, 2 * math.pi), rng.uniform(0.6, 1.4)
        y = side * (height + 0.035 * np.sin(phase + waves * 2 * math.pi * x / side))
        ground = tuple(int(255 - (255 - one) * lightness) if sum(color) > 300 else one for one in color)
        draw.polygon([*zip(x.tolist(), y.tolist(), strict=True), (side, side), (0, side)], fill=ground)


def _draw_moon(canvas: Image.Image, place: tuple[float, float, float], rng: np.random.Generator) -> None:
    x, y, radius = place
    radius *= 0.9
    mask = _blank()
    draw = ImageDraw.Draw(mask)
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    shift = radius * rng.uniform(0.45, 0.6)
    draw.ellipse((x - radius + shift, y - radius - shift / 2, x + radius + shift, y + radius - shift / 2), fill=0)
    glow = mask.filter(ImageFilter.GaussianBlur(radius / 3)).point(lambda value: value // 2)
    canvas.paste(_MOONLIGHT, mask=ImageChops.lighter(glow, mask))


def _draw_shape(canvas: Image.Image, place: tuple[float, float, float], rng: np.random.Generator) -> set[str]:
    """Draw a shape with its shadow and texture; the labels that it brings."""
    shape = str(rng.choice(["circle", "square", "triangle"]))
    texture = str(rng.choice(["plain", "striped", "dotted"], p=[0.5, 0.25, 0.25]))
    is_red = rng.random() < 0.25
    color = _RED if is_red else _COLORS[rng.integers(len(_COLORS))]
    mask = _shape_mask(shape, place, rng)
    shadow = ImageChops.offset(mask, 2 * _SCALE, 2 * _SCALE).filter(ImageFilter.GaussianBlur(2 * _SCALE))
    canvas.paste((20, 22, 40), mask=shadow.point(lambda value: value * 2 // 5))
    canvas.paste(color, mask=mask)
    if texture != "plain":
        pattern = _pattern(texture, place, rng)
        canvas.paste((250, 246, 236), mask=ImageChops.multiply(mask, pattern))
    return {shape, *({texture} - {"plain"}), *({"red"} if is_red else ())}


def _shape_mask(shape: str, place: tuple[float, float, float], rng: np.random.Generator) -> Image.Image:
    x, y, radius = place
    mask = _blank()
    draw = ImageDraw.Draw(mask)
    if shape == "circle":
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
        return mask
    corners, first = (4, math.pi / 4) if shape == "square" else (3, -math.pi / 2)
    turn = first + rng.uniform(-0.3, 0.3)
    reach = radius * 1.15
    angles = [turn + 2 * math.pi * corner / corners for corner in range(corners)]
    draw.polygon([(x + reach * math.cos(one), y + reach * math.sin(one)) for one in angles], fill=255)
    return mask


def _pattern(texture: str, place: tuple[float, float, float], rng: np.random.Generator) -> Image.Image:
    """Where a shape's texture is light: stripes, or dots on a slanted lattice."""
    side = SIZE * _SCALE
    centre_x, centre_y, _ = place
    angle = rng.uniform(0, math.pi)
    y, x = np.mgrid[0:side, 0:side].astype(np.float32)
    along = (x - centre_x) * math.cos(angle) + (y - centre_y) * math.sin(angle)
    period = _SCALE * rng.uniform(8.0, 10.0)
    light: NDArray[np.bool_]
    if texture == "striped":
        light = along % period < period * 0.45
    else:
        across = (y - centre_y) * math.cos(angle) - (x - centre_x) * math.sin(angle)
        light = np.hypot(along % period - period / 2, across % period - period / 2) < period * 0.29
    return Image.fromarray(np.where(light, 255, 0).astype(np.uint8))


def _blank() -> Image.Image:
    return Image.new("L", (SIZE * _SCALE, SIZE * _SCALE))


if __name__ == "__main__":
    wanted = Path(sys.argv[1])
    if not (wanted / FILE_NAME).exists():
        make_sample_project(wanted)
