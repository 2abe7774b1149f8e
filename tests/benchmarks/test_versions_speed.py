"""How long it takes to keep, read and compare all annotations of a project, beside numpy's own compressed file."""

import dataclasses
import io
import time

import numpy as np
import pytest

from core.project.edits import LabelRow
from core.project.state import ProjectState
from core.project.versions import compare, pack_state, unpack_state

pytestmark = pytest.mark.benchmark

IMAGES, LABELS = 100_000, 80


@pytest.fixture
def state():
    rng = np.random.default_rng(0)
    # as people label: some present, most absent, an end that is not done yet
    matrix = np.where(rng.random((IMAGES, LABELS)) < 0.04, 1, 0).astype(np.int8)
    matrix[IMAGES * 3 // 4 :] = -1
    labels = tuple(LabelRow(i + 1, f"label {i}", "#112233", "", i, False) for i in range(LABELS))
    return ProjectState(
        labels, (), np.arange(1, IMAGES + 1), np.asfortranarray(matrix), (matrix[:, 0] >= 0).astype(np.int8),
        np.zeros(IMAGES, np.bool_), {}, np.full(IMAGES, np.nan),
    )  # fmt: skip


def measured(function):
    best, result = np.inf, None
    for _ in range(3):
        start = time.perf_counter()
        result = function()
        best = min(best, time.perf_counter() - start)
    return best, result


def test_a_version_is_packed_read_and_compared(state, capsys):
    def numpys_way():
        file = io.BytesIO()
        np.savez_compressed(file, matrix=state.matrix, ids=state.image_ids, review=state.review, flagged=state.flagged)
        return file.getvalue()

    other = np.asfortranarray(np.where(np.arange(IMAGES)[:, None] % 7 == 0, 1, state.matrix).astype(np.int8))
    later = dataclasses.replace(state, matrix=other)
    packing, packed = measured(lambda: pack_state(state))
    reading, again = measured(lambda: unpack_state(packed.data))
    comparing, _ = measured(lambda: compare(again, later))
    theirs, data = measured(numpys_way)
    with capsys.disabled():
        print(
            f"\nversion of {IMAGES:,} x {LABELS}: packed in {packing:.3f} s ({len(packed.data):,} bytes), "
            f"read in {reading:.3f} s, compared in {comparing:.3f} s; "
            f"numpy.savez_compressed {theirs:.3f} s ({len(data):,} bytes): {theirs / packing:.1f} times as long"
        )
    assert packing < theirs
