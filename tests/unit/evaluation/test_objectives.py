import pytest

from core.errors import MultihotError
from core.evaluation.objectives import Objective

TEXTS = {
    "f1": "best F1",
    "f0.5": "best F0.5",
    "f2": "best F2",
    "precision=0.9": "precision of at least 0.90",
    "precision=0.925": "precision of at least 0.925",
    "recall=1": "recall of at least 1.00",
    "cost=1:5": "least cost, a false alarm at 1 and a miss at 5",
    "cost=0.25:1000000": "least cost, a false alarm at 0.25 and a miss at 1000000",
    "capacity=50": "at most 50 alarms",
    "capacity=1/1000": "at most 1 alarm in 1,000 images",
    "capacity=0": "at most 0 alarms",
    "fixed=0.3": "fixed at 0.30",
    "fixed=0": "fixed at 0.00",
}


@pytest.mark.parametrize(("text", "title"), TEXTS.items())
def test_a_text_is_given_back_and_has_a_title(text, title):
    objective = Objective.parse(text)
    assert str(objective) == text
    assert objective.title == title
    assert Objective.parse(str(objective)) == objective


def test_texts_are_read_as_people_write_them():
    assert Objective.parse(" F1 ") == Objective.parse("f1.0") == Objective("f_beta", 1.0)
    assert Objective.parse("Precision=.9") == Objective("precision", 0.9)
    assert str(Objective.parse("cost=01:5.50")) == "cost=1:5.5"


@pytest.mark.parametrize(
    "text",
    [
        "", "f", "f-1", "f1x", "f0", "f1e3", "fnan", "precision", "precision=", "precision=0", "precision=1.01",
        "precision=-0.5", "recall=2", "recall=nan", "recall=0,9", "cost=1", "cost=0:1", "cost=1:0", "cost=1:2:3",
        "capacity=1.5", "capacity=-1", "capacity=5/0", "capacity=5/4", "capacity=0/0", "fixed=1.1", "manual", "0.5",
    ],
)  # fmt: skip
def test_what_is_no_objective_is_told_with_what_to_write(text):
    with pytest.raises(MultihotError, match=r"Write f1, f0\.5, f2") as told:
        Objective.parse(text)
    assert not text or text in told.value.sentence


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0])
@pytest.mark.parametrize("kind", ["f_beta", "precision", "recall", "cost", "capacity", "fixed"])
def test_numbers_out_of_range_are_refused(kind, value):
    with pytest.raises(MultihotError):
        Objective(kind, value, 1.0 if kind == "cost" else 0.0)


def test_alarms_among_the_images_tuned_on_get_their_number():
    assert str(Objective.parse("capacity=50").among(200)) == "capacity=50/200"
    assert str(Objective.parse("capacity=50").among(20)) == "capacity=20/20"
    assert str(Objective.parse("capacity=50/1000").among(20)) == "capacity=50/1000"
    assert str(Objective.parse("f1").among(20)) == "f1"
