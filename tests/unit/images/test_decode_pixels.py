import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from core.errors import ImageError
from core.images.decode import decode, image_size
from tests.unit.images.drawn_files import BLUE, GREEN, LINEAR_GREY, RED, SWAPPED_RED_AND_GREEN, drawn, png, tiff

# every format with little loss
SHARP = {"quality": 95, "subsampling": 0, "lossless": True}


def assert_alike(actual, expected, *, tolerance):
    assert actual.dtype == np.uint8
    assert actual.shape == expected.shape
    assert np.abs(actual.astype(int) - expected).mean() <= tolerance


@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "bmp", "tif", "gif"])
def test_every_format_gives_the_drawn_pixels(tmp_path, ending):
    path = tmp_path / f"picture.{ending}"
    Image.fromarray(drawn()).save(path, **SHARP)

    assert_alike(decode(path), drawn(), tolerance=3)
    assert image_size(path) == (48, 32)


# how an upright picture lies in a file of each orientation, after the EXIF standard's "row 0 is at the …"
STORED = {
    1: lambda upright: upright,
    2: np.fliplr,
    3: lambda upright: np.rot90(upright, 2),
    4: np.flipud,
    5: lambda upright: upright.transpose(1, 0, 2),
    6: lambda upright: np.rot90(upright, 1),
    7: lambda upright: np.rot90(upright, 2).transpose(1, 0, 2),
    8: lambda upright: np.rot90(upright, -1),
}


@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "tif"])
@pytest.mark.parametrize("orientation", STORED)
def test_images_of_every_orientation_come_upright(tmp_path, orientation, ending):
    path = tmp_path / f"turned.{ending}"
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(np.ascontiguousarray(STORED[orientation](drawn()))).save(path, exif=exif, **SHARP)

    assert_alike(decode(path), drawn(), tolerance=3)
    assert_alike(decode(path, max_size=24), drawn(24, 16), tolerance=20)
    assert image_size(path) == (48, 32)


def test_exif_behind_the_pixels_of_a_png_counts(tmp_path):
    path = tmp_path / "late.png"
    exif = Image.Exif()
    exif[0x0112] = 6
    data = exif.tobytes().removeprefix(b"Exif\0\0")
    chunk = struct.pack(">I", len(data)) + b"eXIf" + data + struct.pack(">I", zlib.crc32(b"eXIf" + data))
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(np.rot90(drawn()))).save(buffer, "PNG")
    path.write_bytes(buffer.getvalue()[:-12] + chunk + buffer.getvalue()[-12:])

    assert_alike(decode(path), drawn(), tolerance=0)
    assert image_size(path) == (48, 32)


@pytest.mark.parametrize("value", [0, 9, 4711])
def test_an_impossible_orientation_is_ignored(tmp_path, value):
    path = tmp_path / "odd.jpg"
    exif = Image.Exif()
    exif[0x0112] = value
    Image.fromarray(drawn()).save(path, exif=exif, quality=95)

    assert decode(path).shape == (32, 48, 3)
    assert image_size(path) == (48, 32)


@pytest.mark.parametrize("ending", ["png", "tif", "bmp", "gif"])
def test_one_bit_and_grey_become_rgb(tmp_path, ending):
    grey = Image.fromarray(drawn()).convert("L")
    for image in (grey, grey.point(lambda value: 255 * (value > 100)).convert("1")):
        path = tmp_path / f"{image.mode}.{ending}"
        image.save(path)
        assert_alike(decode(path), np.asarray(image.convert("RGB")), tolerance=0)


@pytest.mark.parametrize(("mode", "ending"), [("RGBA", "png"), ("RGBA", "webp"), ("RGBA", "tif"), ("LA", "png")])
def test_transparent_pixels_lie_over_white(tmp_path, mode, ending):
    pixels = np.zeros((4, 4, len(mode)), np.uint8)
    pixels[:, 2:, -1] = 255
    pixels[0, 0, -1] = 128
    path = tmp_path / f"clear.{ending}"
    Image.fromarray(pixels, mode).save(path, lossless=True)

    decoded = decode(path)

    assert decoded[1, 0].tolist() == [255, 255, 255]
    assert decoded[1, 3].tolist() == [0, 0, 0]
    assert abs(int(decoded[0, 0, 0]) - 127) <= 1


@pytest.mark.parametrize(
    ("ending", "transparency", "half"),
    [("png", 0, GREEN), ("gif", 0, GREEN), ("png", b"\x00\x80\xff", (127, 255, 127))],
)
def test_transparent_palette_entries_lie_over_white(tmp_path, ending, transparency, half):
    image = Image.fromarray(np.array([[0, 1], [2, 2]], np.uint8), "P")
    image.putpalette([*RED, *GREEN, *BLUE])
    path = tmp_path / f"palette.{ending}"
    image.save(path, transparency=transparency)

    assert decode(path)[0].tolist() == [[255, 255, 255], list(half)]
    assert decode(path)[1, 0].tolist() == list(BLUE)


def test_a_palette_with_an_alpha_channel_lies_over_white(tmp_path):
    image = Image.fromarray(drawn()).convert("P").convert("PA")
    alpha = np.zeros((32, 48), np.uint8)
    alpha[:, :24] = 255
    image.putalpha(Image.fromarray(alpha))
    path = tmp_path / "palette.tif"
    image.save(path)

    decoded = decode(path)

    assert decoded[0, 0].tolist() == list(RED)
    assert decoded[0, -1].tolist() == [255, 255, 255]


def test_grey_and_rgb_png_with_a_transparent_colour_lie_over_white(tmp_path):
    path = tmp_path / "key.png"
    Image.fromarray(np.array([[7, 9]], np.uint8)).save(path, transparency=7)
    assert decode(path)[0].tolist() == [[255] * 3, [9] * 3]
    Image.fromarray(np.array([[RED, GREEN]], np.uint8)).save(path, transparency=RED)
    assert decode(path)[0].tolist() == [[255] * 3, list(GREEN)]


@pytest.mark.parametrize("ending", ["jpg", "tif"])
def test_cmyk_becomes_rgb_whether_stored_inverted_or_not(tmp_path, ending):
    # a JPEG holds CMYK inverted, as Adobe does it, a TIFF straight
    path = tmp_path / f"print.{ending}"
    Image.fromarray(drawn()).convert("CMYK").save(path, quality=95)

    assert_alike(decode(path), drawn(), tolerance=3)


def test_sixteen_bit_grey_png_is_scaled_not_clipped(tmp_path):
    values = np.array([[0, 256, 300, 32768, 65535]], np.uint16)
    path = tmp_path / "deep.png"
    Image.fromarray(values).save(path)

    assert decode(path)[0, :, 0].tolist() == [0, 1, 1, 128, 255]


def test_sixteen_bit_grey_png_with_a_transparent_value_lies_over_white(tmp_path):
    clear = struct.pack(">I", 2) + b"tRNS" + struct.pack(">H", 300)
    path = tmp_path / "deep.png"
    rows = [np.array([300, 301], ">u2").tobytes()]
    path.write_bytes(
        png(2, 1, depth=16, colour=0, rows=rows, extra=clear + struct.pack(">I", zlib.crc32(clear[4:]))),
    )

    assert decode(path)[0, :, 0].tolist() == [255, 1]


@pytest.mark.parametrize(("colour", "channels"), [(2, 3), (6, 4)])
def test_sixteen_bit_rgb_png_is_scaled_not_clipped(tmp_path, colour, channels):
    values = drawn().astype(np.uint16) * 257
    if channels == 4:
        values = np.dstack((values, np.full(values.shape[:2], 65535, np.uint16)))
    path = tmp_path / "deep.png"
    path.write_bytes(png(48, 32, depth=16, colour=colour, rows=[row.astype(">u2").tobytes() for row in values]))

    assert_alike(decode(path), drawn(), tolerance=0)


def test_sixteen_bit_tiffs_are_scaled_not_clipped(tmp_path):
    path = tmp_path / "deep.tif"
    path.write_bytes(tiff(drawn().astype(np.uint16) * 257, photometric=2))
    assert_alike(decode(path), drawn(), tolerance=0)

    grey = np.array([[0, 257, 32768, 65535]], np.uint16)
    path.write_bytes(tiff(grey, photometric=1))
    assert decode(path)[0, :, 0].tolist() == [0, 1, 128, 255]
    path.write_bytes(tiff(grey, photometric=0))
    assert decode(path)[0, :, 0].tolist() == [255, 254, 127, 0]


def test_32_bit_grey_is_refused_rather_than_guessed(tmp_path):
    path = tmp_path / "float.tif"
    Image.fromarray(np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4)).save(path)

    with pytest.raises(ImageError, match=r"“float\.tif”.*8 or 16 bits"):
        decode(path)


@pytest.mark.parametrize("ending", ["png", "jpg", "tif", "webp"])
def test_an_embedded_profile_is_converted_to_srgb(tmp_path, ending):
    path = tmp_path / f"wide.{ending}"
    Image.new("RGB", (8, 8), RED).save(path, icc_profile=SWAPPED_RED_AND_GREEN, quality=95)

    assert_alike(decode(path), np.full((8, 8, 3), GREEN, np.uint8), tolerance=6)


def test_a_profile_leaves_transparency_alone(tmp_path):
    path = tmp_path / "wide.png"
    image = Image.new("RGBA", (2, 1), (*RED, 255))
    image.putpixel((1, 0), (*RED, 0))
    image.save(path, icc_profile=SWAPPED_RED_AND_GREEN)

    green, white = decode(path)[0].astype(int)

    assert green[1] > 250
    assert green[0] < 10
    assert white.tolist() == [255, 255, 255]


def test_a_grey_profile_is_converted_to_srgb(tmp_path):
    path = tmp_path / "linear.png"
    Image.new("L", (2, 2), 55).save(path, icc_profile=LINEAR_GREY)

    # 55/255 of linear light is 128 in sRGB
    assert decode(path)[0, 0] == pytest.approx([128] * 3, abs=2)


@pytest.mark.parametrize(
    "broken", [b"not a profile", LINEAR_GREY, ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()]
)
def test_a_broken_or_unfit_or_srgb_profile_leaves_the_colours_as_they_are(tmp_path, broken):
    path = tmp_path / "profile.png"
    Image.fromarray(drawn()).save(path, icc_profile=broken)

    assert_alike(decode(path), drawn(), tolerance=0)


@pytest.mark.parametrize("ending", ["gif", "webp", "png"])
def test_of_an_animation_the_first_frame_is_read(tmp_path, ending):
    path = tmp_path / f"moving.{ending}"
    first, second = Image.new("RGB", (8, 8), RED), Image.new("RGB", (8, 8), BLUE)
    first.save(path, save_all=True, append_images=[second], lossless=True)

    assert decode(path)[4, 4].tolist() == list(RED)


def test_max_size_bounds_the_longest_side_and_never_enlarges(tmp_path):
    path = tmp_path / "large.jpg"
    Image.fromarray(drawn(480, 320)).save(path, quality=95)

    assert_alike(decode(path, max_size=48), drawn(), tolerance=10)
    assert decode(path, max_size=4000).shape == (320, 480, 3)
    Image.new("RGB", (3000, 2)).save(path)
    assert decode(path, max_size=10).shape == (1, 10, 3)
    with pytest.raises(ValueError, match="max_size"):
        decode(path, max_size=0)


def test_the_result_may_be_written_to(tmp_path):
    Image.fromarray(drawn()).save(tmp_path / "a.png")
    assert decode(tmp_path / "a.png").flags.writeable
