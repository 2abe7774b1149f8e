"""Labelling images with an exported model, here one that looks at the brightness."""

from pathlib import Path

import pytest
from PIL import Image

pytestmark = pytest.mark.usefixtures("brightness")


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "new photos"
    (folder / "deep").mkdir(parents=True)
    Image.new("RGB", (4, 4), "white").save(folder / "white.png")
    Image.new("RGB", (4, 4), "black").save(folder / "deep" / "black.png")
    (folder / "broken.jpg").write_bytes(b"no image")
    return folder


def test_a_broken_image_is_told_and_the_others_are_labelled(photos, multihot):
    done = multihot("predict", "model.onnx", photos, "--json")
    assert done.code == 0
    by_name = {Path(one["path"]).name: one for one in done.result["images"]}
    assert [one["present"] for one in by_name["white.png"]["labels"]] == [True, False]
    assert by_name["black.png"]["labels"][1] == {"name": "dog", "probability": 1.0, "threshold": 0.5, "present": True}
    assert by_name["broken.jpg"]["labels"] == []
    assert [Path(one["path"]).name for one in done.result["problems"]] == ["broken.jpg"]
    assert "broken.jpg" in done.err


def test_a_person_reads_the_labels_that_are_present(photos, multihot):
    done = multihot("predict", "model.onnx", photos / "white.png")
    assert done.out == f"{photos / 'white.png'}: cat 1.00\n"


def test_the_table_can_be_imported_again(photos, tmp_path, multihot, known_states):
    table = tmp_path / "new.csv"
    assert multihot("predict", "model.onnx", photos, "--csv", table).code == 0
    assert set(table.read_text().splitlines()) == {
        "filename,cat,dog",
        "white.png,1,0",
        "deep/black.png,0,1",
        "broken.jpg,,",
    }
    multihot("new", tmp_path / "p", "--images", photos)
    assert multihot("import", tmp_path / "p", table).code == 0
    assert sorted(known_states(tmp_path / "p").tolist()) == [[-1, -1], [0, 1], [1, 0]]


def test_images_of_several_folders_keep_their_whole_path_in_the_table(photos, tmp_path, multihot):
    table = tmp_path / "new.csv"
    multihot("predict", "model.onnx", photos / "deep", photos / "white.png", "--csv", table)
    assert f"{(photos / 'deep' / 'black.png').as_posix()},0,1" in table.read_text()


@pytest.mark.parametrize(
    "text",
    ["notes", "", "filename,cat,bird\na.png,1,0\n", "filename,cat,dog\na.png,1,\n", "filename,cat,dog\na.png,1\n"],
)
def test_a_file_that_is_no_table_of_decisions_is_not_replaced(photos, tmp_path, multihot, text):
    table = tmp_path / "keep.csv"
    table.write_text(text)
    refused = multihot("predict", "model.onnx", photos, "--csv", table)
    assert (refused.code, "--force" in refused.err, table.read_text()) == (1, True, text)
    assert multihot("predict", "model.onnx", photos, "--csv", table, "--force").code == 0
    assert multihot("predict", "model.onnx", photos / "deep", "--csv", table).code == 0
    assert table.read_text() == "filename,cat,dog\nblack.png,0,1\n"


@pytest.mark.parametrize("source", ["nowhere.jpg", "broken.jpg"])
def test_only_broken_images_are_an_error(photos, multihot, source):
    done = multihot("predict", "model.onnx", photos / source, "--json")
    assert done.code == 1
    assert len(done.result["problems"]) == 1
    assert "No image could be labelled" in done.err
    assert (done.result["problems"][0]["problem"] == "There is no such file.") == (source == "nowhere.jpg")


def test_a_folder_without_images_is_an_error(tmp_path, multihot):
    done = multihot("predict", "model.onnx", tmp_path)
    assert (done.code, "no images" in done.err) == (1, True)


def test_a_table_that_cannot_be_written_is_told_before_the_work(photos, tmp_path, multihot):
    done = multihot("predict", "model.onnx", photos, "--csv", tmp_path / "nowhere" / "new.csv")
    assert (done.code, done.out, "cannot be written" in done.err) == (1, "", True)
