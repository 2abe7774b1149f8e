"""`multihot recipes` from a person's and a program's side."""

import pytest

from core.project.disk.database import FILE_NAME
from core.project.store import Store
from core.recipes.catalogue import catalogue, duplicate, recipe


def names(done):
    return [one["name"] for one in done.result["recipes"]]


def test_a_person_reads_what_a_recipe_is_for_what_it_costs_and_what_was_published(multihot):
    said = multihot("recipes", "--match", "tresnet-l-ml-decoder-aam", "--labels", 80).out
    # METHOD.md, section 7
    assert "36.15 GMACs for 80 labels" in said
    assert "multi-label, 448 px, 51.3" in said
    assert "needs downloaded weights" in said
    assert "published mAP 96.70 % on VOC 2007, 90.30 % on COCO" in said
    assert "variants: voc, coco, nus, vg500" in said
    assert "needs no download" in multihot("recipes", "--match", "sample-tiny").out
    assert "label vectors: co-occurrence" in multihot("recipes", "--match", "tresnet-l-gan").out


def test_a_program_gets_every_key_and_the_costs(multihot):
    done = multihot("recipes", "--json")
    assert names(done) == [one.name for one in catalogue()]
    assert done.result["labels"] == 20
    one = next(one for one in done.result["recipes"] if one["name"] == "resnet18-224")
    # resnet18 without its classifier, and a linear layer for 20 labels
    assert one["parameters"] == 11_176_512 + 512 * 20 + 20
    assert round(one["gmacs"], 3) == 1.814
    assert (one["needs_download"], one["own"], one["model"]["backbone"]) == (True, False, "resnet18")


def test_recipes_are_chosen_by_task_and_by_name(multihot):
    multi_class = names(multihot("recipes", "--task", "multi-class", "--json"))
    assert "mobilenetv3-large-224-multi-class" in multi_class
    assert "mobilenetv3-large-224" not in multi_class
    assert names(multihot("recipes", "--match", "*-frozen", "--json")) == [
        "alexnet-frozen",
        "googlenet-frozen",
        "resnet18-frozen",
    ]
    none = multihot("recipes", "--match", "nothing-*")
    assert (none.code, "no recipe with a name like “nothing-*”. Those there are: adaptive-224," in none.err) == (
        0,
        True,
    )


@pytest.mark.parametrize("pattern", ["AlexNet-FROZEN", "alex", "ALEX*", "al?xnet-*"])
def test_a_part_of_a_name_will_do_whatever_its_case(pattern, multihot):
    assert names(multihot("recipes", "--match", pattern, "--json")) == ["alexnet-frozen"]


def test_the_recipes_of_a_project_that_is_open_elsewhere_are_listed(project, tmp_path, multihot):
    with Store.open(project):
        done = multihot("recipes", project, "--json")
    assert (done.code, done.result["labels"]) == (0, 2)
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "empty", tmp_path / "nowhere"):
        none = multihot("recipes", folder)
        assert (none.code, "There is no project in" in none.err) == (1, True)
        assert not (folder / "project.sqlite").exists()


def test_a_projects_own_recipes_come_first_and_broken_ones_are_told(project, multihot):
    duplicate(recipe("sample-tiny"), name="mine", project=project)
    (project / "recipes" / "broken.toml").write_text("name = ")
    done = multihot("recipes", project, "--json")
    assert names(done)[0] == "mine"
    assert done.result["recipes"][0]["own"]
    # cat and dog
    assert done.result["labels"] == 2
    assert "broken.toml" in done.result["problems"][0]
    assert "Left out: " in done.err
    assert "mine (the project’s own)" in multihot("recipes", project).out


def test_a_multi_class_project_is_shown_recipes_of_its_task(tmp_path, multihot):
    Store.create(tmp_path / "p", task="multi-class").close()
    done = multihot("recipes", tmp_path / "p", "--json")
    assert {one["task"] for one in done.result["recipes"]} == {"multi-class"}


def test_a_number_of_labels_below_one_is_wrong_usage(multihot):
    assert multihot("recipes", "--labels", 0).code == 2


def test_a_damaged_project_is_a_sentence_also_where_its_bytes_are_no_text(tmp_path, multihot):
    Store.create(tmp_path / "project").close()
    file = tmp_path / "project" / FILE_NAME
    data = bytearray(file.read_bytes())
    data[data.index(b"CREATE TABLE image") + 10] = 0x80
    file.write_bytes(data)
    told = multihot("recipes", tmp_path / "project")
    assert (told.code, "project.sqlite is damaged. Open it in the window" in told.err) == (1, True)
    assert "Traceback" not in told.err
