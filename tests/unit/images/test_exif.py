"""What a file says of itself, and that no file can do harm with it."""

import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, TiffImagePlugin
from PIL.ExifTags import GPS, IFD, Base

from core.images.exif import MAX_LENGTH, ImageFacts, clean, read_facts

RATIONAL = TiffImagePlugin.IFDRational


def camera_exif():
    exif = Image.Exif()
    exif[Base.Make] = "Canon"
    exif[Base.Model] = "Canon EOS 5D"
    exif[Base.Orientation] = 6
    exif[Base.DateTime] = "2020:01:02 03:04:05"
    photo = exif.get_ifd(IFD.Exif)
    photo[Base.ExposureTime] = RATIONAL(1, 250)
    photo[Base.FNumber] = RATIONAL(28, 10)
    photo[Base.ISOSpeedRatings] = 400
    photo[Base.FocalLength] = RATIONAL(50, 1)
    photo[Base.FocalLengthIn35mmFilm] = 80
    photo[Base.LensModel] = "EF50mm f/1.8"
    photo[Base.DateTimeOriginal] = "2019:12:31 23:59:58"
    photo[Base.ColorSpace] = 1
    gps = exif.get_ifd(IFD.GPSInfo)
    gps[GPS.GPSLatitudeRef] = "N"
    gps[GPS.GPSLatitude] = (RATIONAL(52), RATIONAL(30), RATIONAL(0))
    gps[GPS.GPSLongitudeRef] = "E"
    gps[GPS.GPSLongitude] = (RATIONAL(13), RATIONAL(24), RATIONAL(36))
    return exif


def jpeg(exif=None, **options):
    file = io.BytesIO()
    Image.new("RGB", (60, 40), "red").save(file, "JPEG", **({"exif": exif} if exif is not None else {}), **options)
    return file.getvalue()


@pytest.fixture
def read(tmp_path):
    def do(data, name="a.jpg"):
        path = tmp_path / name
        path.write_bytes(data)
        return read_facts(path)

    return do


def texts(facts):
    return {one.name: one.text for one in facts.facts}


def test_a_photo_tells_its_camera_exposure_and_place(read):
    facts = read(jpeg(camera_exif()))
    assert facts.has_camera
    assert not facts.problem
    said = texts(facts)
    # as a person sees it: the camera was held upright
    assert said.pop("size") == "40 × 60 pixels"
    assert said.pop("format").startswith("JPEG, ")
    assert said == {
        "bit_depth": "8 bits per channel",
        "color_space": "RGB, sRGB",
        "orientation": "on its side, turned right to show it",
        "camera": "Canon EOS 5D",
        "lens": "EF50mm f/1.8",
        "exposure": "1/250 s",
        "aperture": "f/2.8",
        "iso": "ISO 400",
        "focal_length": "50 mm (as 80 mm on 35 mm film)",
        "taken": "2019-12-31 23:59:58",
        "place": "52.50000° N, 13.41000° E",
    }


def test_a_file_without_exif_tells_only_of_itself(read):
    facts = read(jpeg())
    assert not facts.has_camera
    assert set(texts(facts)) == {"size", "format", "bit_depth", "color_space"}
    assert texts(facts)["color_space"] == "RGB, no profile: taken for sRGB"


def test_the_name_of_an_embedded_profile_is_told_and_a_broken_one_is_said_to_be(read):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert texts(read(jpeg(icc_profile=profile)))["color_space"] == "RGB, sRGB built-in"
    assert texts(read(jpeg(icc_profile=b"nonsense")))["color_space"] == "RGB, a profile that cannot be read"


@pytest.mark.parametrize(
    ("mode", "kind", "depth"),
    [
        ("1", "PNG", "1 bit"),
        ("I;16", "PNG", "16 bits per channel"),
        ("P", "GIF", "8 bits per channel"),
        ("I;16", "TIFF", "16 bits per channel"),
        ("L", "BMP", "8 bits per channel"),
    ],
)
def test_the_depth_is_that_of_the_file(read, mode, kind, depth):
    file = io.BytesIO()
    Image.new(mode, (8, 8)).save(file, kind)
    facts = read(file.getvalue())
    assert texts(facts)["bit_depth"] == depth
    assert texts(facts)["format"].startswith(kind)


def test_nonsense_is_left_out_and_the_rest_is_told(read):
    exif = camera_exif()
    photo = exif.get_ifd(IFD.Exif)
    photo[Base.ExposureTime] = RATIONAL(1, 0)
    photo[Base.FNumber] = RATIONAL(0, 1)
    exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitude] = (RATIONAL(95), RATIONAL(0), RATIONAL(0))
    exif[Base.Orientation] = 77
    photo[Base.DateTimeOriginal] = "0000:00:00 00:00:00"
    said = texts(read(jpeg(exif)))
    assert said.keys().isdisjoint({"exposure", "aperture", "place", "orientation", "taken"})
    assert (said["camera"], said["iso"]) == ("Canon EOS 5D", "ISO 400")


def test_long_values_are_cut_and_control_characters_removed(read):
    exif = Image.Exif()
    exif[Base.Model] = "A\x1b[31m\n\u202eB" + "x" * 50_000
    text = texts(read(jpeg(exif)))["camera"]
    assert len(text) <= MAX_LENGTH
    assert text.isprintable()
    assert text.startswith("A")
    assert text.endswith("…")


@pytest.mark.parametrize("name", ["there is none.jpg", "folder"])
def test_a_file_that_cannot_be_opened_is_a_sentence(tmp_path, name):
    (tmp_path / "folder").mkdir()
    facts = read_facts(tmp_path / name)
    assert facts == ImageFacts(problem=facts.problem)
    assert name in facts.problem


def test_a_file_that_is_no_image_is_a_sentence(read):
    assert "is not an image" in read(b"hello, this is a text").problem
    assert "is empty" in read(b"").problem


GOOD = jpeg(camera_exif())


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, min(900, len(GOOD) - 1)), st.integers(0, 255)), min_size=1, max_size=12))
def test_changed_bytes_never_raise_and_never_print_control_characters(tmp_path, changes):
    data = bytearray(GOOD)
    for place, value in changes:
        data[place] = value
    path = tmp_path / "mutated.jpg"
    path.write_bytes(data)
    facts = read_facts(path)
    for one in facts.facts:
        assert one.text
        assert one.text.isprintable()
        assert len(one.text) <= MAX_LENGTH


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(GOOD)))
def test_a_file_that_was_cut_short_never_raises(tmp_path, length):
    path = tmp_path / "short.jpg"
    path.write_bytes(GOOD[:length])
    read_facts(path)


@settings(deadline=None)
@given(st.one_of(st.text(), st.binary(), st.integers(), st.none()))
def test_any_value_becomes_one_short_printable_line(value):
    text = clean(value)
    assert len(text) <= MAX_LENGTH
    assert text.isprintable()
