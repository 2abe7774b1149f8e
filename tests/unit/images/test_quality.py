import numpy as np
import pytest
from PIL import Image, ImageFilter

from core.images.quality import brightness, sharpness


def grey(values):
    return np.repeat(np.asarray(values, np.uint8)[:, :, None], 3, axis=2)


@pytest.mark.parametrize(
    ("color", "expected"),
    [((0, 0, 0), 0), ((255, 255, 255), 1), ((255, 0, 0), 0.299), ((0, 255, 0), 0.587), ((0, 0, 255), 0.114)],
)
def test_brightness_is_mean_luma(color, expected):
    image = np.full((7, 5, 3), color, np.uint8)
    assert brightness(image) == pytest.approx(expected, abs=0.5 / 255)
    half = image.copy()
    half[:, 2:] = 0
    assert brightness(half) == pytest.approx(expected * 2 / 5, abs=0.5 / 255)


def test_sharpness_is_the_variance_of_the_laplacian():
    rng = np.random.default_rng(0)
    values = rng.integers(0, 256, (9, 12))
    edges = [
        values[y - 1, x] + values[y + 1, x] + values[y, x - 1] + values[y, x + 1] - 4 * values[y, x]
        for y in range(1, 8)
        for x in range(1, 11)
    ]
    assert sharpness(grey(values)) == pytest.approx(np.var(edges))


def test_a_blurred_photo_is_less_sharp_at_any_size():
    rng = np.random.default_rng(1)
    small = Image.fromarray(rng.integers(0, 256, (24, 32, 3), dtype=np.uint8))
    photo = small.resize((640, 480), Image.Resampling.NEAREST)
    blurred = photo.filter(ImageFilter.GaussianBlur(12))
    assert sharpness(np.array(blurred)) < 0.3 * sharpness(np.array(photo))
    larger = photo.resize((1280, 960), Image.Resampling.BICUBIC)
    assert sharpness(np.array(larger)) == pytest.approx(sharpness(np.array(photo)), rel=0.1)


@pytest.mark.parametrize("shape", [(1, 1), (2, 50), (50, 2), (1, 4000)])
def test_what_has_no_inside_has_no_edges(shape):
    assert sharpness(grey(np.full(shape, 99))) == 0
    assert sharpness(grey(np.full((3, 3), 99))) == 0
