"""What is said of a file of a run that cannot be read: no words of the program's own making."""

import pytest

from core.errors import MultihotError
from core.evaluation.calibration import CALIBRATION_FILE, Calibration
from core.evaluation.triage import TRIAGE_FILE, Triage


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"low": 1}', b"\xff\xfe\x00"])
@pytest.mark.parametrize(
    ("name", "read"),
    [
        (CALIBRATION_FILE, lambda folder: Calibration.of_run(folder, ("ace",))),
        (TRIAGE_FILE, lambda folder: Triage.load(folder / TRIAGE_FILE)),
    ],
)
def test_a_damaged_file_is_said_to_be_damaged(tmp_path, content, name, read):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(MultihotError) as caught:
        read(tmp_path)
    assert f"{name}” cannot be read as" in caught.value.sentence
    assert caught.value.sentence.endswith("(the file is damaged).")


def test_what_the_system_says_is_said(tmp_path):
    (tmp_path / CALIBRATION_FILE).mkdir()
    with pytest.raises(MultihotError, match=r"\((Is a directory|Permission denied)\)"):
        Calibration.of_run(tmp_path, ("ace",))
