"""What filters mean, and what is said of those that cannot be read."""

import numpy as np
import pytest

from core.labels import MULTI_CLASS, Label, LabelState, Review, Split
from core.project.files.scan import ScannedImage
from core.project.query import PathIndex, Query, QueryData, QueryError, counts, parse, parts, without
from core.project.store import Store

LABELS = tuple(
    Label(i + 1, name, "#000000") for i, name in enumerate(("cat", "dog", "red card", "or", "unsure", "cat(1)", ":)"))
)
PATHS = ["1.jpg", "b/2.jpg", "b/c/10.jpg", "b/c/9.jpg", "bb/IMG(1).jpg", "B/note.png"]
STATES = np.array(
    [
        # cat dog red or unsure cat(1) :)
        [1, 0, -1, -1, -1, -1, -1],
        [1, 1, 1, -1, -1, -1, 1],
        [0, 1, -1, 1, -1, -1, -1],
        [0, 0, 1, -1, 1, -1, -1],
        [-1, 1, 0, -1, -1, 1, -1],
        [-1, -1, -1, -1, -1, -1, -1],
    ],
    dtype=np.int8,
)
SCORES = np.full((6, len(LABELS)), np.nan, np.float32)
SCORES[:, 0] = [0.9, 0.1, 0.8, 0.2, 0.9, np.nan]
SCORES[:, 2] = [0.5, 0.6, 0.7, 0.4, np.nan, 0.9]


def data(**changed):
    return QueryData(**{
        "labels": LABELS,
        "states": np.asfortranarray(STATES),
        "review": np.array([1, 0, 2, 0, 0, 1], np.int8),
        "reviewed_at": np.array([30.0, np.nan, np.nan, np.nan, np.nan, 20.0]),
        "flagged": np.array([1, 0, 0, 0, 0, 0], bool),
        "splits": np.array([0, 1, 2, -1, 0, 0], np.int8),
        "image_ids": np.arange(10, 16),
        "paths": PathIndex.of(PATHS),
        "problems": {11: "It is empty.", 99: "It was taken out."},
        "notes": {12: "Who is this?", 13: "blurred", 14: ""},
        "widths": np.array([100, 300, 0, 640, 1920, 50], np.int32),
        "heights": np.array([100, 200, 0, 480, 1080, 100], np.int32),
        "sizes": np.array([10, 1_000_000, 1_500, 999, 2_000_000, 0]),
        "rules": (),
        "disputes": {(13, 1): LabelState.PRESENT},
        "scores": SCORES,
        "thresholds": np.full(len(LABELS), 0.8),
        **changed,
    })  # fmt: skip


def rows(text, **changed):
    return np.flatnonzero(parse(text, LABELS).matches(data(**changed))).tolist()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # links
        ("cat dog", [1]),
        ("cat AND dog", [1]),
        ("cat OR dog", [0, 1, 2, 4]),
        ("cat|dog", [0, 1, 2, 4]),
        ("cat || dog", [0, 1, 2, 4]),
        ('cat dog or "red card" -dog', [1, 3]),
        ("cat (dog or reviewed)", [0, 1]),
        ("(cat or dog)(reviewed)", [0]),
        ("NOT cat", [2, 3, 4, 5]),
        ("!cat", [2, 3, 4, 5]),
        ("not cat dog", [2, 4]),
        ("not (cat dog)", [0, 2, 3, 4, 5]),
        ("-(cat or dog)", [3, 5]),
        ("not not cat", [0, 1]),
        ("-cat", [2, 3]),
        ("?cat", [4, 5]),
        ("-?cat", [0, 1, 2, 3]),
        ("known(cat)", [0, 1, 2, 3]),
        ("-known(cat)", [4, 5]),
        ('known("red card")', [1, 3, 4]),
        ("known( Red Card )", [1, 3, 4]),
        # labels that look like the language
        ('"or"', [2]),
        ('"unsure"', [3]),
        ("unsure", [2]),
        ("?unsure", [0, 1, 2, 4, 5]),
        ("cat(1)", [4]),
        ("(cat(1))", [4]),
        ("known(cat(1))", [4]),
        (":)", [1]),
        # words
        ("UNSURE", [2]),
        ("-reviewed", [1, 2, 3, 4]),
        ("unreviewed", [1, 3, 4]),
        ("flagged", [0]),
        ("-flagged cat", [1]),
        ("disputed", [3]),
        ("unreadable", [1]),
        ("conflict", []),
        # values
        ("split:train,test", [0, 2, 4, 5]),
        ("-split:train", [1, 2, 3]),
        ("split:train and split:validation", []),
        ("split:val", [1]),
        ("(split:train cat) (split:test dog)", []),
        ("split:train or split:validation", [0, 1, 4, 5]),
        ("not split:train not split:test", [1, 3]),
        ("folder:b", [1, 2, 3, 5]),
        ("folder:b/", [1, 2, 3, 5]),
        ('folder:"b/*"', [1, 2, 3, 5]),
        ("folder:b/c", [2, 3]),
        ("folder:*c", [2, 3]),
        ("folder:b*", [1, 2, 3, 4, 5]),
        ("folder:b?", [4]),
        ("folder:.", [0]),
        ("folder:c", []),
        ("name:1", [0, 2, 4]),
        ("name:1*", [0, 2]),
        ("name:*.JPG", [0, 1, 2, 3, 4]),
        ("name:?.jpg", [0, 1, 3]),
        ("name:img(1)", [4]),
        ("(name:img)", [4]),
        ("name:b/*.jpg", [1, 2, 3]),
        ("-name:jpg", [5]),
        ("note:*", [2, 3]),
        ("-note:*", [0, 1, 4, 5]),
        ("note:WHO", [2]),
        ('note:"is this"', [2]),
        ("note:who*?", [2]),
        ("note:who*", [2]),
        ("id:12", [2]),
        ("id:12,10,99", [0, 2]),
        # numbers
        ("labels>=3", [1]),
        ("labels = 0", [5]),
        ("known<3", [0, 5]),
        ("labels!=2", [0, 1, 5]),
        ("width<300", [0, 5]),
        ("width >= 300px", [1, 3, 4]),
        ("width≠300", [0, 3, 4, 5]),
        ("height==1080", [4]),
        ("size>1mb", [4]),
        ("size>=1MB", [1, 4]),
        ("size<1kb", [0, 3, 5]),
        ("size=1.5kb", [2]),
        ("aspect>1.5", [4]),
        ("aspect=16:9", [4]),
        ("aspect=4/3", [3]),
        ("-width<300", [1, 2, 3, 4]),
        # the model
        ("prob(cat)>0.8", [0, 4]),
        ("prob(cat)>=0.8", [0, 2, 4]),
        ("prob(cat)>=80%", [0, 2, 4]),
        ('prob("red card") < .5', [3]),
        ("prob(red card)!=0.5", [1, 2, 3, 5]),
        ("-prob(cat)>0.5", [1, 3, 5]),
        ("disagree(cat)", [1, 2]),
        ("disagree", [1, 2, 3]),
        ("disagree -disagree(cat)", [3]),
        # an order lets everything through
        ("sort:name", [0, 1, 2, 3, 4, 5]),
        ("cat or dog sort:name", [0, 1, 2, 4]),
    ],
)
def test_a_filter_lets_through_what_it_says(text, expected):
    assert rows(text) == expected
    query = parse(text, LABELS)
    assert parse(str(query), LABELS) == query


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sort:name", [0, 1, 3, 2, 5, 4]),
        ("sort:size", [5, 0, 3, 2, 1, 4]),
        ("sort:-width", [4, 3, 1, 0, 5, 2]),
        ("sort:width", [5, 0, 1, 3, 4, 2]),
        ("sort:prob(cat)", [1, 3, 2, 0, 4, 5]),
        ('sort:-prob("red card")', [5, 2, 1, 0, 3, 4]),
        ("sort:-prob(cat) sort:-size", [4, 0, 2, 3, 1, 5]),
        ("sort:reviewed", [5, 0, 1, 2, 3, 4]),
        ("sort:-reviewed", [0, 5, 1, 2, 3, 4]),
        ("sort:-labels", [1, 2, 3, 4, 0, 5]),
        ("sort:-disagree", [1, 2, 3, 0, 4, 5]),
        ("sort:-id", [5, 4, 3, 2, 1, 0]),
    ],
)
def test_images_come_in_the_order_that_is_asked(text, expected):
    query = parse(text, LABELS)
    assert query.is_sorted
    assert query.order(data(), np.arange(6)).tolist() == expected
    # a part of the rows comes in the same order
    kept = [row for row in expected if row % 2]
    if query.sorts[0].key != "labels":
        assert query.order(data(), np.array([1, 3, 5])).tolist() == kept


def test_a_shuffle_is_the_same_for_each_image_whatever_else_is_shown():
    query = parse("sort:random", LABELS)
    many = data(image_ids=np.arange(1000, 1006))
    order = query.order(many, np.arange(6)).tolist()
    assert query.order(many, np.array([4, 1, 3])).tolist() == [row for row in order if row in (1, 3, 4)]
    assert order != list(range(6))


def test_in_multi_class_the_most_probable_label_is_the_models():
    labels = LABELS[:3]
    states = [[1, 0, 0], [0, 1, 0], [1, -1, -1], [-1, 0, -1], [-1, -1, -1], [0, 0, 1]]
    scores = np.asfortranarray(np.tile(np.array([0.4, 0.35, 0.25], np.float32), (6, 1)))
    scores[2] = [0.2, 0.5, 0.3]
    scores[3] = [0.1, 0.55, 0.35]
    # the model knows nothing of what is on the last image
    scores[5, 2] = np.nan
    seen = {
        "labels": labels,
        "states": np.asfortranarray(np.array(states, np.int8)),
        "scores": scores,
        "is_multi_class": True,
        "thresholds": None,
    }
    assert rows("disagree", **seen) == [1, 2, 3]
    # the person's label, or the model's
    assert rows("disagree(cat)", **seen) == [1, 2]
    assert rows("disagree(dog)", **seen) == [1, 2, 3]
    assert rows('disagree("red card")', **seen) == []
    found = parse("sort:-disagree", labels).order(data(**seen), np.arange(6)).tolist()
    assert found == [2, 3, 1, 0, 4, 5]


def test_without_a_model_nothing_is_probable_and_nothing_disagrees():
    for text in ("prob(cat)>=0", "disagree", "disagree(cat)"):
        assert rows(text, scores=None) == []
    assert rows("-prob(cat)>0.5", scores=None) == [0, 1, 2, 3, 4, 5]


def test_a_deleted_label_has_no_state_and_no_score():
    less = {"labels": LABELS[1:], "states": np.asfortranarray(STATES[:, 1:]), "scores": SCORES[:, 1:]}
    for text in ("cat", "-cat", "?cat", "known(cat)", "prob(cat)>=0", "disagree(cat)"):
        assert rows(text, **less) == []
    assert rows("cat or dog", **less) == [1, 2, 4]
    assert parse("sort:prob(cat)", LABELS).order(data(**less), np.arange(6)).tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("text", "wrong", "sentence", "step"),
    [
        ("cat dogg", "dogg", "no label “dogg”", "mean dog"),
        ("wdith<300", "wdith<300", "no label", "mean width"),
        ("splt:train", "splt:train", "no label", "mean split:"),
        ("flaged", "flaged", "no label", "mean flagged"),
        ("read_card", "read_card", "no label", 'mean "red card"'),
        ("cat split:trian", "trian", "“trian” is no split", "mean split:train"),
        ("split:", "split:", "needs one of the splits", "train, validation, test, none"),
        ("prob(cta)>1", "cta", "no label “cta”", "mean cat"),
        ("prob(cat)", "prob(cat)", "compared with nothing", "prob(cat)>0.8"),
        ("prob(cat)>", "prob(cat)>", "number is missing", "prob(cat)>0.8"),
        ("prob(cat)>8", "8", "between 0 and 1", "80%"),
        ("prob(cat", "prob(cat", "bracket has no partner", "known(cat)"),
        ('prob("cat', '"cat', "quotation mark has no partner", "red card"),
        ("knwon(cat)", "knwon(", "asks for nothing in brackets", "mean known(…)"),
        ("known()", "known()", "name of a label is missing", "known(cat)"),
        ("width<abc", "abc", "“abc” is no number", "width<300"),
        ("width<", "width<", "number is missing", "width<300"),
        ("size>1tb", "1tb", "“1tb” is no number", "size>1mb"),
        ("labels>1e999", "1e999", "is no number", "labels>=3"),
        ("(cat", "(", "bracket has no partner", "Close it"),
        ("cat) dog", ")", "closing bracket has no partner", "Remove it"),
        ("cat ()", "()", "nothing between the brackets", "Write a condition"),
        ("cat or", "or", "OR needs a condition on both sides", "cat OR dog"),
        ("or cat", "or", "OR needs", "cat OR dog"),
        ("cat and or dog", "and", "AND needs", "cat AND dog"),
        ("not", "not", "NOT needs a condition", "NOT cat"),
        ("cat -", "-", "no label “-”", "Write"),
        ("?flagged", "?", "question mark asks for a label", "?cat"),
        ('cat"x"', '"', "middle of a word", "red card"),
        ('"cat"dog', '"cat"d', "no space between", "space"),
        ("sort:nmae", "nmae", "cannot be sorted by “nmae”", "mean sort:name"),
        ("sort:", "sort:", "needs a word", "prob(label)"),
        ("(sort:name)", "sort:name", "cannot stand in brackets", "at the end"),
        ("not sort:name", "sort:name", "in front of an order", "sort:-name"),
        ("cat or sort:name", "or", "OR needs a condition", "cat OR dog"),
        ("id:x", "x", "no number of an image", "id:12"),
        ("folder:", "folder:", "needs a text", "folder:holiday"),
        ("note:", "note:", "needs a text", "note:*"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place_and_a_way_out(text, wrong, sentence, step):
    with pytest.raises(QueryError) as caught:
        parse(text, LABELS)
    error = caught.value
    assert text[error.start : error.end] == wrong
    assert sentence in error.sentence
    assert step in error.next_step


@pytest.mark.parametrize(
    "text", ["(" * 5_000, "(" * 60 + "cat" + ")" * 60, "!" * 9_000 + "cat", "-(" * 2_000, "not " * 70]
)
def test_a_filter_that_is_nested_too_deeply_is_refused_with_a_sentence(text):
    with pytest.raises(QueryError, match="more than 50"):
        parse(text, LABELS)


def test_brackets_in_each_other_are_read_as_long_as_a_person_would_write_them():
    text = "(" * 40 + "cat" + " dog)" * 40
    assert rows(text) == [1]
    assert str(parse(text, LABELS)) == "cat" + " dog" * 40


def test_a_filter_of_10_000_characters_is_read():
    text = " OR ".join(["(cat -dog)"] * 700)
    assert len(text) > 9_000
    assert rows(text) == [0]
    with pytest.raises(QueryError, match="no label"):
        parse("x" * 10_000, LABELS)


def test_a_query_says_what_it_hangs_on():
    text = "cat flagged split:test name:x note:* width<3 conflict disputed unreadable"
    assert parse(text, LABELS).needs == {
        "states", "flagged", "splits", "paths", "notes", "facts", "rules", "disputes", "unreadable",
    }  # fmt: skip
    assert parse("disagree sort:reviewed", LABELS).needs == {"prob", "states", "review"}
    assert parse("prob(cat)>0.5", LABELS).needs == {"prob"}
    assert parse("conflict", LABELS).needs == parse("-conflict", LABELS).needs == {"rules", "states"}
    assert parse("sort:disagree", LABELS).needs == {"prob", "states"}
    assert parse("id:3 sort:random", LABELS).needs == frozenset()
    assert parse("-(unsure or labels>3)", LABELS).needs == {"review", "states"}


def test_counts_are_told_by_state():
    found = counts(data(), np.array([1, 1, 1, 0, 0, 0], bool))
    assert found[LabelState.PRESENT].tolist() == [2, 2, 1, 1, 0, 0, 1]
    assert found[LabelState.ABSENT].tolist() == [1, 1, 0, 0, 0, 0, 0]
    assert found[LabelState.UNKNOWN].tolist() == [0, 0, 2, 2, 3, 3, 2]


def test_a_filter_comes_apart_and_each_part_can_be_left_out():
    text = 'cat AND -dog "red card" not (or_ | flagged) sort:-name'.replace("or_", "dog")
    found = parts(text, LABELS)
    assert [part.text for part in found] == ["cat", "-dog", '"red card"', "not (dog | flagged)", "sort:-name"]
    assert without(text, found[0]) == '-dog "red card" not (dog | flagged) sort:-name'
    assert without(text, found[1]) == 'cat "red card" not (dog | flagged) sort:-name'
    assert [part.text for part in parts(" cat or dog ", LABELS)] == ["cat or dog"]


def test_a_project_of_one_label_per_image_says_so(tmp_path):
    with Store.create(tmp_path / "project", task=MULTI_CLASS) as store:
        assert QueryData.of(store).is_multi_class


def test_a_project_is_asked_as_it_is_now(tmp_path):
    with Store.create(tmp_path / "project") as store:
        files = [ScannedImage(f"a/{name}.jpg", 100, 1) for name in ("one", "two", "three")]
        store.add_images(tmp_path, files[:2])
        store.add_label("cat")
        (cat,) = store.labels
        one, two = store.image_ids.tolist()
        before = QueryData.of(store)
        assert QueryData.of(store).paths is before.paths

        def passing(text):
            found = parse(text, store.labels).matches(QueryData.of(store))
            return store.image_ids[found].tolist()

        store.set_states([one], {cat.id: LabelState.PRESENT}, reviewed=True)
        store.set_review([two], Review.UNSURE)
        store.set_flag([two], True)
        store.set_note(two, "Look again")
        store.set_splits({two: Split.TEST})
        assert passing("cat reviewed") == [one]
        assert passing("unsure flagged note:again split:test -cat") == []
        assert passing("unsure flagged note:again split:test ?cat") == [two]
        store.add_images(tmp_path, files)
        assert passing("name:three") == [int(store.image_ids[2])]
        assert len(before.paths) == 2


def test_an_empty_query_lets_everything_through():
    assert not Query()
    assert not parse("  ", LABELS)
    assert parse("sort:name", LABELS)
    assert parse("", LABELS).matches(data()).all()
    assert parse("", LABELS).order(data(), np.array([3, 1])).tolist() == [3, 1]


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("sort:cat", "Did you mean sort:prob(cat)?"),
        ("width", "as in width>=3"),
        ("cat,dog", "as in cat dog"),
        ("cat & dog", "Write a space between labels"),
        ("split:valdation", "split:validation"),
    ],
)
def test_what_others_write_is_told_how_to_write_here(text, step):
    with pytest.raises(QueryError) as raised:
        parse(text, LABELS)
    assert step in raised.value.next_step
