"""Thumbnails beside Qt's scaled reading of the same files."""

import time

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QImageReader

from core.images.decode import decode
from core.images.thumbnails import ThumbnailStore

pytestmark = pytest.mark.benchmark


def read_with_qt(path, size_px):
    reader = QImageReader(str(path))
    reader.setAutoTransform(True)
    reader.setScaledSize(reader.size().scaled(size_px, size_px, Qt.AspectRatioMode.KeepAspectRatio))
    assert not reader.read().isNull()


@pytest.mark.parametrize(("width", "height"), [(500, 375), (1600, 1200), (4000, 3000)])
@pytest.mark.parametrize("size_px", [160, 256])
def test_thumbnails_beside_qt(tmp_path, capsys, width, height, size_px):
    rng = np.random.default_rng(0)
    paths = []
    for number in range(6):
        coarse = Image.fromarray(rng.integers(0, 256, (height // 8, width // 8, 3), dtype=np.uint8))
        paths.append(tmp_path / f"{number}.jpg")
        coarse.resize((width, height), Image.Resampling.BICUBIC).save(paths[-1], quality=85)

    with ThumbnailStore(tmp_path / "thumbnails.sqlite") as store:
        functions = {
            "qt": lambda path: read_with_qt(path, size_px),
            "decode": lambda path: decode(path, max_size=size_px),
            "make": lambda path: store.make(path, size_px),
            "get": lambda path: store.get(path, size_px),
        }
        seconds = dict.fromkeys(functions, 0.0)
        # the best of some turns per file, for other programs disturb single ones
        for path in paths:
            best = dict.fromkeys(functions, float("inf"))
            for _ in range(5):
                for name, function in functions.items():
                    start = time.perf_counter()
                    function(path)
                    best[name] = min(best[name], time.perf_counter() - start)
            for name, value in best.items():
                seconds[name] += value

    rate = {name: len(paths) / value for name, value in seconds.items()}
    with capsys.disabled():
        print(
            f"\n{width} x {height} to {size_px} px: QImageReader {rate['qt']:.0f}/s"
            f" | decode {rate['decode']:.0f}/s = {rate['decode'] / rate['qt']:.2f} of it"
            f" | decode and keep {rate['make']:.0f}/s = {rate['make'] / rate['qt']:.2f}"
            f" | from the store {rate['get']:.0f}/s = {rate['get'] / rate['qt']:.1f} times"
        )
