"""The report as one HTML file."""

import html.parser
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from core.errors import JobError, MultihotError
from core.evaluation.intervals import wilson
from core.evaluation.predictions import Predictions
from core.evaluation.report import evaluate
from core.evaluation.threshold_file import ThresholdSet
from core.labels import MULTI_CLASS, Split
from core.project.store import Store
from core.report.examples import choose_examples, image_files
from core.report.facts import gather
from core.report.quality import plots_section
from core.report.write import is_report, write_report

ODD_NAMES = ("<b>bold</b>", "a & \"b\" 'c'", "ace 🂡", "מלך", "</script><script>alert(1)")
VOID = {"meta", "img", "br"}


class Reader(html.parser.HTMLParser):
    """Reads a page as a browser does, and refuses one whose elements do not nest."""

    def __init__(self, text):
        super().__init__()
        self.open = []
        self.elements = []
        self.texts = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] not in (["style"], ["script"]):
            self.texts.append(data.replace("\u2068", "").replace("\u2069", ""))

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self):
        return re.sub(r"\s+", " ", " ".join(self.texts))


@pytest.fixture
def report(tmp_path):
    """Writes the report of a run and reads it."""

    def write(run, **options):
        out = tmp_path / "report.html"
        facts = gather("pets", run, **options)
        examples = choose_examples(facts)
        with Store.open(run.folder.parent.parent) as store:
            files = image_files(store, examples.image_ids)
        write_report(facts, examples, files, out=out)
        return Reader(out.read_text(encoding="utf-8"))

    return write


def test_tells_how_good_the_run_is_by_images_that_nothing_was_chosen_by(make_run, report):
    run = make_run()
    page, facts = report(run), gather("pets", run)
    assert facts.split == Split.TEST
    found, there = int(facts.counts.tp.sum()), int((facts.counts.tp + facts.counts.fn).sum())
    assert f"finds {found} of them" in page.text
    assert f"show a label {there} times" in page.text
    assert "nothing was chosen by them" in page.text
    expected = evaluate(facts.predictions, np.full(2, 0.45))
    for one in expected.labels:
        row = f"{one.name} {one.support} (few) {one.ap:.3f} {one.precision:.3f} {one.recall:.3f} {one.f1:.3f} 0.450"
        assert row in page.text


def test_says_what_was_chosen_by_the_images_that_it_measures_on(make_run, report):
    page = report(make_run(with_test=False))
    assert "the best of 3 epochs and the thresholds were chosen by them" in page.text
    assert "chosen by the very images that are counted here" in page.text


def test_says_that_the_images_learnt_from_flatter(make_run, report):
    assert "It learnt from them, so the figures flatter it" in report(make_run(), split=Split.TRAIN).text


def test_thresholds_of_nobody_are_called_so(make_run, report):
    assert "All thresholds were left at 0.5." in report(make_run(tuned_on=None)).text


def test_a_threshold_moved_by_hand_is_told_beside_the_others(make_run, report):
    run = make_run()
    path = run.folder / "thresholds.json"
    ThresholdSet.load(path).moved(1, 0.7).save(path)
    page = report(run)
    assert "1 threshold was tuned on validation for best F1. 1 threshold was set by hand." in page.text
    assert re.search(r"dog .{0,60} 0\.700 by hand", page.text)
    assert "nothing was chosen by them" not in page.text
    assert "nobody can tell whether these images were looked at" in page.text


def test_needs_nothing_beside_it(make_run, report):
    page = report(make_run())
    for tag, attributes in page.elements:
        assert tag not in ("link", "iframe", "object", "base")
        for name in ("src", "href", "srcset", "data", "action"):
            assert attributes.get(name, "#").startswith(("#", "data:"))
    assert all("src" not in one for one in page.all("script"))


def test_names_no_folder_of_the_machine(make_run, tmp_path):
    run = make_run()
    facts = gather("pets", run)
    examples = choose_examples(facts)
    with Store.open(run.folder.parent.parent) as store:
        files = image_files(store, examples.image_ids)
    write_report(facts, examples, files, out=tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert re.search(r"<bdi>sub/\d\d.png", text)
    assert str(tmp_path) not in text
    assert "secret folder" not in text


def test_odd_names_are_texts_everywhere(make_run, report):
    page = report(make_run(ODD_NAMES))
    for name in ODD_NAMES:
        assert name in page.text
    assert not page.all("b")
    assert len(page.all("script")) == 1


def test_can_be_read_without_eyes_and_without_script(make_run, report):
    page = report(make_run())
    assert all(one.get("alt") for one in page.all("img"))
    assert all(one.get("aria-label") for one in page.all("svg"))
    assert len(page.all("h1")) == 1
    assert all(one.get("scope") in ("row", "col") for one in page.all("th"))
    assert page.all("html")[0]["lang"] == "en"
    assert len(page.all("caption")) == len(page.all("table"))
    assert not [one for one in page.all("table") if "hidden" in one]


def test_plots_are_whole_svg(make_run):
    blocks = plots_section(gather("pets", make_run(ODD_NAMES))).blocks
    figures = [figure for block in blocks for figure in getattr(block, "figures", ())]
    assert len(figures) == 2 * len(ODD_NAMES) + 3
    for figure in figures:
        root = ElementTree.fromstring(figure.svg)
        assert root.get("width") == str(figure.width)
        assert "nan" not in figure.svg


def test_an_image_that_is_missing_or_damaged_is_left_out_and_counted(make_run, report, tmp_path):
    run = make_run()
    facts = gather("pets", run)
    shown = choose_examples(facts).image_ids
    with Store.open(run.folder.parent.parent) as store:
        first, second = (store.image_path(image) for image in shown[:2])
    first.unlink()
    second.write_bytes(b"no image")
    page = report(run)
    assert "2 images are left out" in page.text
    assert len(page.all("img")) == sum(
        one.image_id not in shown[:2]
        for kind in (choose_examples(facts).right, choose_examples(facts).false_alarms, choose_examples(facts).missed)
        for one in kind
    )


def test_examples_are_what_they_are_called(make_run):
    facts = gather("pets", make_run())
    examples = choose_examples(facts)
    rows = {image: row for row, image in enumerate(facts.predictions.image_ids.tolist())}
    decided, targets = facts.predictions.probabilities >= np.float32(0.45), facts.predictions.targets
    assert examples.right
    assert examples.false_alarms
    assert examples.missed
    assert all((decided == targets)[rows[one.image_id]].all() for one in examples.right)
    assert all((decided & ~targets)[rows[one.image_id]].any() for one in examples.false_alarms)
    assert all((~decided & targets)[rows[one.image_id]].any() for one in examples.missed)


def test_unknown_annotations_count_neither_way(make_run, report):
    page = report(make_run(unknown=True), split=Split.TRAIN)
    assert "Where nobody said whether a label is there" in page.text


def test_multi_class_has_no_thresholds_and_a_confusion_matrix(make_run, report):
    page = report(make_run(("apple", "kiwi", "pear"), task=MULTI_CLASS))
    assert "gives it one of 3 labels" in page.text
    assert "there are no thresholds" in page.text
    assert "top-1" in page.text
    assert "has the label" in page.text
    assert "Threshold" not in page.text


def test_a_label_without_a_positive_has_no_part_in_the_mean(make_run, report):
    run = make_run(("cat", "dog", "never"))
    predictions = run.folder / "predictions.npz"
    before = Predictions.load(predictions)
    before.states[:, 2] = 0
    before.save(predictions)
    assert "1 label has no image of test" in report(run).text


def test_a_split_without_scores_is_refused(make_run):
    with pytest.raises(MultihotError, match="no annotated image of test"):
        gather("pets", make_run(with_test=False), split=Split.TEST)


def test_a_name_that_says_no_kind_is_refused(make_run, tmp_path):
    facts = gather("pets", make_run())
    with pytest.raises(JobError, match=r"\.html or \.pdf"):
        write_report(facts, choose_examples(facts), {}, out=tmp_path / "report.txt")


def test_a_report_is_known_again(make_run, report, tmp_path):
    report(make_run())
    assert is_report(tmp_path / "report.html")
    (tmp_path / "letter.html").write_text("<html>Dear Multihot</html>")
    assert not is_report(tmp_path / "letter.html")


def test_imports_neither_torch_nor_qt():
    code = "import sys, core.report.write; assert not {'torch', 'PySide6'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_says_how_much_chance_leaves_open(make_run, report):
    run = make_run()
    facts = gather("pets", run)
    known, targets, decided = facts.predictions.known, facts.predictions.targets, facts.decided
    right = int((~known | (decided == targets)).all(axis=1).sum())
    low, high = wilson(right, len(targets))
    assert 0 < right < len(targets)
    assert f"{100 * low:.0f} to {100 * high:.0f}\u00a0% of images all right (95\u00a0% intervals)" in "".join(
        report(run).texts
    )
