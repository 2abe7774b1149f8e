import json

import numpy as np
import pytest

from core.evaluation.metrics import classification_scores, counts_at
from core.evaluation.predictions import Predictions
from core.evaluation.threshold_file import ThresholdBook, ThresholdSet
from core.evaluation.tuning import tune
from core.labels import MULTI_CLASS, Split

NAMES = ("cat", "dog")


@pytest.fixture
def folder(trained):
    """The run's folder, with scores of 60 images of each split."""
    rng = np.random.default_rng(2)
    states = (rng.random((180, 2)) < [0.4, 0.1]).astype(np.int8)
    Predictions(
        image_ids=np.arange(180),
        splits=np.repeat([Split.TRAIN, Split.VALIDATION, Split.TEST], 60).astype(np.int8),
        probabilities=np.clip(rng.normal(0.3 + 0.3 * states, 0.15), 0, 1).astype(np.float32),
        states=states,
        label_names=NAMES,
    ).save(trained / "runs" / "0001" / "predictions.npz")
    return trained / "runs" / "0001"


def scored(folder, split):
    return Predictions.load(folder / "predictions.npz").of(split)


def test_every_objective_gives_thresholds_with_what_they_are_worth(trained, folder, multihot):
    for text in ("f1", "f0.5", "f2", "precision=0.7", "recall=0.9", "cost=1:5", "capacity=5", "fixed=0.3"):
        done = multihot("thresholds", trained, "--objective", text, "--json")
        assert done.code == 0, done.err
        result = done.result
        assert (result["objective"], result["on"], result["evaluated_on"]) == (text, "validation", "test")
        values = [one["threshold"] for one in result["labels"]]
        test = scored(folder, Split.TEST)
        counts = counts_at(test.probabilities, test.targets, values)
        support = scored(folder, Split.VALIDATION).targets.sum(axis=0).tolist()
        assert [one["name"] for one in result["labels"]] == list(NAMES)
        assert [one["support"] for one in result["labels"]] == support
        for name in ("precision", "recall", "f1"):
            assert [one[name] for one in result["labels"]] == pytest.approx(getattr(counts, name))
        assert all(0 <= one["low"] <= one["threshold"] <= one["high"] <= 1 for one in result["labels"])
        at_half, tuned = (classification_scores(test.probabilities, test.targets, one) for one in (0.5, values))
        assert result["macro_f1"] == pytest.approx({"0.5": at_half.macro_f1, "tuned": tuned.macro_f1})
        assert result["overall_f1"] == pytest.approx({"0.5": at_half.overall_f1, "tuned": tuned.overall_f1})
        assert ThresholdSet.load(folder / "thresholds.json").values.tolist() == values


def test_folds_across_train_and_validation_are_judged_on_test(trained, folder, multihot):
    result = multihot("thresholds", trained, "--on", "cross", "--shrink", "on", "--json").result
    expected = tune(Predictions.load(folder / "predictions.npz"), on="cross", shrink="on", draws=0)
    assert [one["threshold"] for one in result["labels"]] == expected.thresholds.values.tolist()
    assert (result["evaluated_on"], result["on"], result["before_after"]["tuned_on"]) == (
        "test", "cross", "train and validation",
    )  # fmt: skip
    assert "tuned for best F1 on train and validation" in multihot("thresholds", trained, "--on", "cross").out
    said = multihot("evaluate", trained, "--split", "train").out
    assert "best F1 of every label on train and validation, so that what follows is rosy" in said


def test_one_label_is_tuned_and_the_other_stays(trained, folder, multihot):
    before = multihot("thresholds", trained, "--objective", "fixed=0.2", "--json").result
    assert [one["threshold"] for one in before["labels"]] == [0.2, 0.2]
    done = multihot("thresholds", trained, "--objective", "recall=0.9", "--label", "dog", "--json")
    cat, dog = done.result["labels"]
    assert (cat["threshold"], cat["objective"], cat["low"]) == (0.2, "fixed=0.2", None)
    assert dog["threshold"] != 0.2
    said = multihot("thresholds", trained, "--objective", "recall=0.9", "--label", "dog").out
    assert "Thresholds of 1 of 2 labels of run 1, tuned for recall of at least 0.90 on validation" in said
    assert "cat " not in said
    said = multihot("evaluate", trained).out
    assert "Thresholds: fixed at 0.20 and recall of at least 0.90 label by label on validation" in said


def test_a_set_gets_a_name_and_becomes_the_runs_choice(trained, folder, multihot):
    multihot("thresholds", trained, "--objective", "fixed=0.2")
    done = multihot("thresholds", trained, "--objective", "f2", "--name", " careful ")
    assert "Saved as “careful”, which export, evaluation and suggestions of this run use now." in done.out
    book = ThresholdBook.load(folder / "thresholds.json")
    assert (book.names, book.chosen) == (("careful", "main"), "careful")
    assert book.named("main").values.tolist() == [0.2, 0.2]
    assert "Thresholds “careful”: best F2 of every label on validation" in multihot("evaluate", trained).out
    # without a name the chosen one is tuned; with a name labels stay as that set has them
    assert multihot("thresholds", trained, "--json").result["set"] == "careful"
    back = multihot("thresholds", trained, "--label", "dog", "--name", "main", "--json").result
    assert back["labels"][0]["threshold"] == 0.2
    assert ThresholdBook.load(folder / "thresholds.json").chosen == "main"


def test_what_is_wanted_but_not_reached_is_told(trained, folder, multihot):
    predictions = scored(folder, Split.VALIDATION)
    predictions.probabilities[:, 1] = 0.5
    predictions.save(folder / "predictions.npz")
    done = multihot("thresholds", trained, "--objective", "precision=0.99")
    assert done.code == 0
    assert "Not reached on validation: precision of at least 0.99, for dog." in done.err
    assert "Tuned on few positive images, so unreliable: dog (" in done.err
    assert "worse than 0.5" not in done.err


def test_wrong_usage_is_told_and_changes_nothing(trained, folder, multihot):
    for arguments, code, told in (
        (["--objective", "f3x"], 2, "“f3x” is no objective for thresholds. Write f1, f0.5"),
        (["--objective", "precision=1.5"], 2, "A wanted precision lies above 0 and is 1 at most"),
        (["--objective", "cost=1"], 2, "“cost=1” is no objective"),
        (["--on", "test"], 2, "invalid choice: 'test'"),
        (["--shrink", "much"], 2, "invalid choice: 'much'"),
        (["--label", "bird"], 1, "The run has no label “bird”. It has cat, dog."),
        (["--name", " "], 1, "A set of thresholds needs a name."),
    ):
        done = multihot("thresholds", trained, *arguments)
        assert (done.code, told in done.err) == (code, True), done.err
        assert not (folder / "thresholds.json").exists()
        program = multihot("thresholds", trained, *arguments, "--json")
        assert program.result["error"]
        assert program.result["next_step"]


def test_a_damaged_file_of_thresholds_is_told(trained, folder, multihot):
    (folder / "thresholds.json").write_text(json.dumps({"values": []}))
    done = multihot("thresholds", trained)
    assert done.code == 1
    assert "cannot be read as thresholds" in done.err
    assert "Give it another name" in done.err


def test_a_multi_class_run_has_no_thresholds(trained, folder, multihot):
    rows = np.full((4, 2), 0.5, np.float32)
    splits = np.full(4, Split.VALIDATION, np.int8)
    Predictions(np.arange(4), splits, rows, np.zeros((4, 2), np.int8), NAMES, MULTI_CLASS).save(
        folder / "predictions.npz"
    )
    done = multihot("thresholds", trained)
    assert (done.code, "no thresholds to tune" in done.err) == (1, True)


def test_a_set_with_thresholds_set_by_hand_is_kept_beside_the_tuned_one(trained, folder, multihot):
    ThresholdSet.default(NAMES).moved(0, 0.123).save(folder / "thresholds.json")
    said = multihot("thresholds", trained).out
    assert "“main” had thresholds set by hand; it is kept as “main 2”." in said
    book = ThresholdBook.of_run(folder, NAMES)
    assert (book.chosen, book.named("main 2").values[0]) == ("main", 0.123)
    assert book.current.values[0] != 0.123


def test_a_set_that_another_program_saves_while_it_tunes_is_not_lost(trained, folder, multihot, monkeypatch):
    def slow(*arguments, **rest):
        other = ThresholdBook.of_run(folder, NAMES).with_set(ThresholdSet.default(NAMES).moved(1, 0.2))
        other.with_set(ThresholdSet.alike(NAMES, np.array([0.7, 0.7]), objective="fixed=0.7", name="theirs")).save(
            folder / "thresholds.json"
        )
        return tune(*arguments, **rest)

    multihot("thresholds", trained)
    monkeypatch.setattr("core.cli.thresholds.tune", slow)
    done = multihot("thresholds", trained, "--objective", "fixed=0.4")
    assert "kept as “main 2”" in done.out
    book = ThresholdBook.of_run(folder, NAMES)
    assert book.named("main").values.tolist() == [0.4, 0.4]
    assert book.named("main 2").values[1] == 0.2
    assert book.named("theirs").values.tolist() == [0.7, 0.7]


def test_a_precision_that_other_images_do_not_keep_is_warned_of(trained, folder, multihot):
    predictions = Predictions.load(folder / "predictions.npz")
    is_test = predictions.splits == Split.TEST
    predictions.probabilities[is_test] = 1 - predictions.probabilities[is_test]
    predictions.save(folder / "predictions.npz")
    done = multihot("thresholds", trained, "--objective", "precision=0.7")
    assert "On test not kept: precision of at least 0.70, for cat (" in done.err


def test_figures_of_the_images_that_were_learnt_are_said_to_mean_little(trained, folder, multihot):
    assert "learnt these images" in multihot("evaluate", trained, "--split", "train").err
    assert "by heart" in multihot("thresholds", trained, "--on", "train").err
