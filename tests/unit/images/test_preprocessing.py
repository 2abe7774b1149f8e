import json

import numpy as np
import pytest

from core.images.preprocessing import Preprocessing

IMAGENET = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
def test_an_image_is_squashed_to_the_size_with_antialiasing(interpolation):
    preprocessing = Preprocessing(width=20, height=10, interpolation=interpolation, **IMAGENET)
    # single-pixel stripes become even grey only when the filter is widened by the scale
    stripes = np.zeros((100, 400, 3), np.uint8)
    stripes[:, ::2] = 255

    prepared = preprocessing.prepare(stripes)

    assert prepared.shape == (10, 20, 3)
    assert prepared.dtype == np.uint8
    assert prepared.flags.writeable
    assert np.abs(prepared.astype(int) - 127).max() <= 3


def test_an_image_of_the_right_size_is_unchanged():
    image = np.random.default_rng(0).integers(0, 256, (10, 20, 3), dtype=np.uint8)
    assert np.array_equal(Preprocessing(width=20, height=10, **IMAGENET).prepare(image), image)


def test_a_description_survives_json():
    preprocessing = Preprocessing(width=224, height=192, interpolation="bicubic", **IMAGENET)
    assert Preprocessing.from_dict(json.loads(json.dumps(preprocessing.to_dict()))) == preprocessing


@pytest.mark.parametrize(
    "wrong", [{"width": 0}, {"std": (0.0, 1.0, 1.0)}, {"mean": (0.5,)}, {"interpolation": "nearest"}]
)
def test_values_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Preprocessing(**{"width": 8, "height": 8, **IMAGENET, **wrong})
