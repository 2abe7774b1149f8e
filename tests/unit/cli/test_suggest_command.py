"""`multihot suggest` up to the worker, which pretends."""

import pytest
from PIL import Image

from core.project.files.scan import scan_folder
from core.project.store import Store


@pytest.fixture
def grown(trained, images):
    """The project with three images that came after the training; one cannot be read by the worker."""
    for number in range(3):
        Image.new("RGB", (8, 8), (0, number, 0)).save(images / f"new {number}.png")
    with Store.open(trained) as store:
        store.add_images(images, scan_folder(images))
    (images / "new 2.png").unlink()
    return trained


def test_images_without_a_label_get_suggestions(grown, images, multihot):
    done = multihot("suggest", grown)
    assert done.code == 0, done.err
    assert "Run 1 scored 2 images; 1 could not be read." in done.out
    assert f"{images / 'new 0.png'}: cat 0.90" in done.out
    assert f"{images / '00.png'}" not in done.out
    assert "Left out: It is missing." in done.err


def test_the_result_of_a_program_has_every_image_that_was_asked_for(grown, images, multihot, known_states):
    before = known_states(grown)
    done = multihot("suggest", grown, "--json")
    assert done.code == 0, done.err
    result = done.result
    assert (result["run"], result["scored"], result["skipped"], result["stopped"]) == (1, 2, 1, False)
    assert [one["path"] for one in result["images"]] == [str(images / f"new {number}.png") for number in range(2)]
    ((label,), _) = [one["labels"] for one in result["images"]]
    assert (label["name"], label["threshold"]) == ("cat", 0.5)
    # a suggestion is no annotation
    assert (known_states(grown) == before).all()


def test_all_names_every_image_that_was_scored(grown, multihot):
    assert len(multihot("suggest", grown, "--all", "--json").result["images"]) == 42


def test_what_was_scored_before_is_not_scored_again(grown, images, multihot):
    assert multihot("suggest", grown).code == 0
    (images / "new 2.png").write_bytes((images / "new 1.png").read_bytes())
    assert multihot("suggest", grown, "--json").result["scored"] == 1
    done = multihot("suggest", grown)
    assert "Run 1 had scored all images before." in done.out
    assert "new 2.png: cat 0.90" in done.out


def test_without_a_finished_run_the_next_step_is_to_train(project, multihot):
    done = multihot("suggest", project)
    assert (done.code, "has no finished run yet. Train one: multihot train" in done.err) == (1, True)
