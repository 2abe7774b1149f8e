import os
from pathlib import Path

import numpy as np
import pytest

from core.errors import FormatError
from core.formats import multihot_csv
from core.labels import Split

TABLE = "filename,cat,dog\na.jpg,1,0\nsub/b.jpg,,1\n"


def read(folder: Path, content: str | bytes, *, encoding: str = "utf-8"):
    path = folder / "labels.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return multihot_csv.read(path)


def test_one_zero_and_empty_are_present_absent_and_unknown(tmp_path):
    annotations = read(tmp_path, TABLE)

    assert annotations.source == "labels.csv"
    assert annotations.filenames == ("a.jpg", "sub/b.jpg")
    assert annotations.label_names == ("cat", "dog")
    assert annotations.states.tolist() == [[1, 0], [-1, 1]]
    assert annotations.states.dtype == np.int8
    assert (annotations.splits == Split.UNASSIGNED).all()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_delimiter_encoding_and_line_ends_are_found_out(tmp_path, encoding, delimiter, newline):
    text = TABLE.replace("cat", "Kätzchen").replace(",", delimiter).replace("\n", newline)
    if encoding == "utf-16-le":
        text = "\ufeff" + text
    annotations = read(tmp_path, text, encoding=encoding)
    assert annotations.label_names == ("Kätzchen", "dog")
    assert annotations.states.tolist() == [[1, 0], [-1, 1]]


def test_spaces_quotes_blank_lines_and_trailing_delimiters_do_not_matter(tmp_path):
    text = 'filename, "cat, big" , dog,,\n"a, b.jpg", 1, 0 ,,\n\n ,,,,\n.\\sub\\b.jpg,, 1.0,,\n'
    annotations = read(tmp_path, text)
    assert annotations.label_names == ("cat, big", "dog")
    assert annotations.filenames == ("a, b.jpg", "sub/b.jpg")
    assert annotations.states.tolist() == [[1, 0], [-1, 1]]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("filename,cat\na.jpg,1\nb.jpg,2\n", "labels.csv, line 3, column “cat”: “2” is not 1"),
        ("filename,cat\na.jpg,-1\n", "line 2, column “cat”: “-1” is not 1"),
        ("filename,cat,dog\na.jpg,1\n", "line 2: 2 cells where the first line names 3"),
        ("filename,cat\na.jpg,1,0\n", "line 2: 3 cells where the first line names 2"),
        ("filename,cat\na.jpg,1\n\na.jpg,0\n", "line 4: a.jpg is on line 2 already"),
        ("filename,cat\n,1\n", "line 2: the file name is missing"),
        ("filename,cat,Cat\n", "line 1: two columns are called “Cat”"),
        ("filename,,cat\n", "line 1: column 2 has no name"),
        ("filename\na.jpg\n", "line 1: there is only one column"),
        ("", "labels.csv is empty"),
        ("\n\n", "labels.csv is empty"),
        ("\nfilename,cat\n", "labels.csv, line 1: the line is empty"),
        ("filename,cat\n", "labels.csv has a header line but no images"),
        ("a.jpg,cat\nb.jpg,1\n", "labels.csv, line 1: there is an image where the names of the columns must be"),
        ("a.JPG,1,0\nb.jpg,0,0\n", "line 1: there is an image"),
        ("a,1,\nb,0,0\n", "The first line names the columns: filename, then"),
        ('filename,cat,"dog\nbig"\na.jpg,1,0\n', "line 1, column “3”: A label needs a name of printable"),
        (f"filename,{'x' * 201}\na.jpg,1\n", "line 1, column “2”: The name of a label has at most 200 characters"),
        ("sep=;\nfilename;cat\na.jpg;2\n", "line 3, column “cat”: “2” is not 1"),
        ("filename,cat,dog\na.jpg\n", "line 2: 1 cell where the first line names 3"),
        ("filename,split\na.jpg,trian\n", "line 2: “trian” is not train, validation, test"),
        ('filename,cat\n"a.jpg,1\nb.jpg,1\n', "line 3: "),
        (b"\x81\x8d\xff" * 10, "is not text in UTF-8, UTF-16 with BOM or Windows-1252"),
        (TABLE.encode("utf-16-le"), "is not text in UTF-8"),
        (TABLE.encode("utf-16-be"), "is not text in UTF-8"),
        (TABLE.encode("utf-32"), "Save it as UTF-8"),
        (b"filename,cat\na\0.jpg,1\n", "is not text in UTF-8"),
    ],
)
def test_an_error_names_file_and_line(tmp_path, content, sentence):
    with pytest.raises(FormatError) as caught:
        read(tmp_path, content)
    assert sentence in str(caught.value)
    assert "labels.csv" in str(caught.value)


def test_excel_may_tell_the_delimiter_first(tmp_path):
    for first in ("sep=;", '"sep=;"', "SEP=;"):
        annotations = read(tmp_path, f"{first}\r\nfilename;a,b;c,d,e\r\na.jpg;1;0\r\n")
        assert annotations.label_names == ("a,b", "c,d,e")
        assert annotations.states.tolist() == [[1, 0]]


def test_labels_may_be_called_0_and_1_where_the_first_column_is_called_filename(tmp_path):
    assert read(tmp_path, "filename,0,1\na.jpg,0,1\n").label_names == ("0", "1")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "labels.csv")
    with pytest.raises(FormatError, match="is not a file"):
        multihot_csv.read(tmp_path / "labels.csv")


def test_a_missing_file_is_a_sentence(tmp_path):
    with pytest.raises(FormatError, match="cannot be read"):
        multihot_csv.read(tmp_path / "no.csv")
    with pytest.raises(FormatError, match="cannot be read"):
        multihot_csv.read(tmp_path / ("x" * 300))
    with pytest.raises(FormatError, match="neither"):
        multihot_csv.read(tmp_path)


def test_a_column_of_splits_is_read_and_its_groups_left_out(tmp_path):
    text = "filename,group,split\na.jpg,7,train\nb.jpg,7,val\nc.jpg,8,Validation\nd.jpg,9,test\ne.jpg,9,\n"
    annotations = read(tmp_path, text)
    assert annotations.label_names == ()
    assert annotations.states.shape == (5, 0)
    assert annotations.splits.tolist() == [0, 1, 1, 2, -1]


def test_labels_may_be_called_split_and_group(tmp_path):
    annotations = read(tmp_path, "filename,group,split\na.jpg,1,0\nb.jpg,0,\n")
    assert annotations.label_names == ("group", "split")
    assert annotations.states.tolist() == [[1, 0], [0, -1]]


def test_a_folder_gives_its_labels_and_its_splits(tmp_path):
    (tmp_path / "labels.csv").write_text("filename,cat\na.jpg,1\nb.jpg,0\n")
    (tmp_path / "splits.csv").write_text("filename,group,split\nb.jpg,1,train\nc.jpg,1,test\n")
    annotations = multihot_csv.read(tmp_path)

    assert annotations.source == tmp_path.name
    assert annotations.filenames == ("a.jpg", "b.jpg", "c.jpg")
    assert annotations.states.tolist() == [[1], [0], [-1]]
    assert annotations.splits.tolist() == [-1, 0, 2]
