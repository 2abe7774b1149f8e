"""`multihot report`."""

import pytest

from core.evaluation.predictions import Predictions
from core.evaluation.report import evaluate
from core.evaluation.threshold_file import ThresholdSet
from core.labels import Split


def test_writes_one_html_file_of_the_newest_run(trained, tmp_path, multihot):
    out = tmp_path / "report.html"
    done = multihot("report", trained, "--out", out, "--json")
    assert done.code == 0, done.err
    run = trained / "runs" / "0001"
    predictions = Predictions.load(run / "predictions.npz").of(Split.TEST)
    expected = evaluate(predictions, ThresholdSet.of_run(run, predictions.label_names).values)
    assert done.result == {
        "run": 1, "split": "test", "path": str(out), "bytes": out.stat().st_size, "images": expected.images,
        "examples": out.read_text(encoding="utf-8").count("<img "), "examples_left_out": 0, "map": expected.map,
    }  # fmt: skip
    assert "pets: run 1" in out.read_text(encoding="utf-8")


@pytest.mark.parametrize("split", ["train", "validation"])
def test_measures_on_the_split_that_is_asked_for(trained, tmp_path, multihot, split):
    done = multihot("report", trained, "--run", 1, "--split", split, "--out", tmp_path / "report.html", "--json")
    assert done.result["split"] == split
    assert f"of {split}" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_replaces_a_report_but_no_other_file(trained, tmp_path, multihot):
    out = tmp_path / "report.html"
    out.write_text("<html>my diary</html>")
    refused = multihot("report", trained, "--out", out)
    assert (refused.code, "is there already" in refused.err) == (1, True)
    assert out.read_text() == "<html>my diary</html>"
    assert multihot("report", trained, "--out", out, "--force").code == 0
    assert multihot("report", trained, "--out", out).code == 0


def test_refuses_a_name_of_another_kind_and_a_folder_that_is_missing(trained, tmp_path, multihot):
    assert ".html or .pdf" in multihot("report", trained, "--out", tmp_path / "report.docx").err
    assert "its folder is missing" in multihot("report", trained, "--out", tmp_path / "no" / "report.html").err


def test_says_how_many_examples_cannot_be_shown(trained, images, tmp_path, multihot):
    for one in images.iterdir():
        one.unlink()
    done = multihot("report", trained, "--out", tmp_path / "report.html", "--json")
    assert done.code == 0
    assert done.result["examples"] == 0
    assert done.result["examples_left_out"] > 0
    assert "left out" in done.err
