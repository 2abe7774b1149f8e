import io
import os
import struct
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile

from core.errors import ImageError
from core.images.decode import decode, image_size
from tests.unit.images.drawn_files import SWAPPED_RED_AND_GREEN, drawn, png, tiff


def test_content_decides_not_the_name(tmp_path):
    path = tmp_path / "really-a-png.jpg"
    Image.fromarray(drawn()).save(path, format="PNG")

    assert np.array_equal(decode(path), drawn())


def assert_refused(path, *words):
    for read in (decode, image_size):
        with pytest.raises(ImageError) as caught:
            read(path)
        assert path.name in caught.value.sentence
        assert caught.value.sentence.endswith(".")
        assert caught.value.next_step.endswith(".")
        for word in words:
            assert word in caught.value.sentence


def test_files_that_are_no_images_are_named_with_a_next_step(tmp_path):
    (tmp_path / "text.jpg").write_text("This is not an image.")
    (tmp_path / "empty.png").touch()
    (tmp_path / "folder.jpg").mkdir()
    assert_refused(tmp_path / "text.jpg", "not an image")
    assert_refused(tmp_path / "empty.png", "is empty")
    assert_refused(tmp_path / "folder.jpg", "is a folder")
    assert_refused(tmp_path / "gone.jpg", "no longer", str(tmp_path))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_without_waiting_for_it(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    assert_refused(tmp_path / "pipe.jpg", "is a pipe or a device")


@pytest.mark.skipif(os.name == "nt", reason="Windows says of all these that there is no such file")
def test_what_cannot_be_reached_is_not_called_damaged(tmp_path):
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    (tmp_path / "file").touch()
    for path in (tmp_path / "loop.jpg", tmp_path / "file" / "a.jpg", tmp_path / f"{'x' * 300}.jpg"):
        assert_refused(path, "cannot be reached")


def test_formats_that_are_not_listed_are_refused(tmp_path):
    Image.fromarray(drawn()).save(tmp_path / "odd.png", format="PPM")
    assert_refused(tmp_path / "odd.png", "not an image that Multihot reads")


def test_an_unreadable_file_is_named(tmp_path, monkeypatch):
    path = tmp_path / "secret.jpg"
    path.write_bytes(b"secret")

    def deny(*arguments, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", deny)
    assert_refused(path, "may not be read")


@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "bmp", "tif", "gif"])
def test_a_truncated_file_is_named_not_filled_with_grey(tmp_path, ending):
    path = tmp_path / f"cut.{ending}"
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    with pytest.raises(ImageError, match=r"“cut\.") as caught:
        decode(path)
    assert caught.value.next_step


@pytest.mark.parametrize("ending", ["jpg", "png", "bmp", "tif", "gif"])
def test_a_bomb_is_refused_before_its_pixels_are_touched(tmp_path, monkeypatch, ending):
    path = tmp_path / f"bomb.{ending}"
    Image.new("RGB", (1, 1)).save(path)
    data = bytearray(path.read_bytes())
    if ending == "jpg":
        at = data.index(b"\xff\xc0") + 5
        data[at : at + 4] = struct.pack(">HH", 50_000, 50_000)
    elif ending == "png":
        data = bytearray(png(50_000, 50_000, depth=8, colour=2, rows=[b""]))
    elif ending == "bmp":
        data[18:26] = struct.pack("<ii", 50_000, 50_000)
    elif ending == "gif":
        data[6:10] = struct.pack("<HH", 50_000, 50_000)
    else:
        data = bytearray(tiff(np.zeros((1, 1, 3), np.uint16), photometric=2))
        entries = len(data) - 4 - 9 * 12
        struct.pack_into("<I", data, entries + 8, 50_000)
        struct.pack_into("<I", data, entries + 20, 50_000)
    path.write_bytes(data)

    def refuse(image):
        raise AssertionError("the pixels were read")

    monkeypatch.setattr(ImageFile.ImageFile, "load", refuse)
    assert_refused(path, "million pixels")


def test_odd_metadata_warns_nobody(tmp_path):
    path = tmp_path / "odd.jpg"
    Image.fromarray(drawn()).save(path, exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff broken", quality=95)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        decode(path)
        image_size(path)

    assert not caught


def test_a_large_but_possible_image_warns_nobody(tmp_path, monkeypatch):
    path = tmp_path / "large.png"
    Image.fromarray(drawn()).save(path)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 48 * 32 - 1)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert decode(path).shape == (32, 48, 3)

    assert not caught


def test_threads_decode_at_once(tmp_path):
    paths = []
    for number, ending in enumerate(["jpg", "png", "webp", "bmp", "tif", "gif"] * 3):
        paths.append(tmp_path / f"{number}.{ending}")
        profile_of = {} if ending in ("bmp", "gif") else {"icc_profile": SWAPPED_RED_AND_GREEN}
        Image.fromarray(drawn()).save(paths[-1], quality=95, **profile_of)
    alone = [decode(path) for path in paths]
    barrier = threading.Barrier(4)

    def read_all():
        barrier.wait()
        return [decode(path) for path in paths]

    with ThreadPoolExecutor(4) as pool:
        for together in [pool.submit(read_all) for _ in range(4)]:
            for first, second in zip(alone, together.result(), strict=True):
                assert np.array_equal(first, second)


def size_of_what_decodes(path):
    """Decode a file unless it claims to be large, for which a test has no patience; None where it is refused."""
    try:
        width, height = image_size(path)
        return decode(path).shape if width * height < 1_000_000 else (height, width, 3)
    except ImageError:
        return None


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF"])
def test_damaged_files_give_pixels_or_an_image_error_and_nothing_else(tmp_path, kind):
    rng = np.random.default_rng(3)
    buffer = io.BytesIO()
    Image.fromarray(drawn()).save(buffer, kind)
    path = tmp_path / "damaged"
    results = []
    for _ in range(80):
        data = bytearray(buffer.getvalue())
        for place in (*rng.integers(0, 64, 2), *rng.integers(0, len(data), 2)):
            data[place] = rng.integers(256)
        path.write_bytes(data)
        results.append(size_of_what_decodes(path))

    assert None in results


@pytest.mark.shared_data
def test_real_photos_decode_and_agree_with_their_stated_size():
    folder = os.environ.get("MULTIHOT_TEST_DATA")
    if folder is None:
        pytest.skip("MULTIHOT_TEST_DATA names no folder of real images")
    paths = sorted(path for path in Path(folder).rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    for path in paths[:: max(1, len(paths) // 100)]:
        width, height = image_size(path)
        assert decode(path).shape == (height, width, 3)
