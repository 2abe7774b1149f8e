"""A vector for every label: from the words of its name, or from the labels it comes together with."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import RecipeError
from core.labels import LabelState

#: Most dimensions that labels share in vectors from co-occurrence; as many as the usual word vectors have.
WIDEST = 300
#: Usual length of GloVe's vectors; the layers over them were designed for it, and shrink features to nothing with less.
_USUAL_LENGTH = 6.5
#: Shorter vectors from co-occurrence, before they get the usual length, are those of labels on all images but for
#: rounding, or all but one in a million.
_SHORTEST = 1e-3
#: Characters of a word in a message; a file of something else may have no end of it.
_WORD_SHOWN = 40
_NEXT_STEP = "Choose a text file of GloVe vectors, or set model.label_vectors to co-occurrence."


def words_of(label_name: str) -> tuple[str, ...]:
    """The words of a name, case-folded: parted at spaces, signs and inside camelCase."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", label_name)
    return tuple(word.casefold() for word in re.split(r"[\W_]+", parted) if word)


@dataclass(frozen=True, eq=False)
class WordVectors:
    """What a file of word vectors knows of labels.

    Attributes:
        vectors: float32 (C, D + labels without a vector).
        without: names of the labels without a vector.
        partly: names of the labels of which only some words have one, each with those words.
    """

    vectors: NDArray[np.float32]
    without: tuple[str, ...]
    partly: Mapping[str, tuple[str, ...]]


def read_glove(path: Path, label_names: tuple[str, ...]) -> WordVectors:
    """Vectors of labels from a text file with one word and its numbers per line; a header of word2vec is passed over.

    A label has the vector of its words written as one, else the mean of the vectors of those of its words that the file
    has. Every label without any gets a dimension of its own, so that it is a node unlike all others; its length there
    is the others' usual length.

    Args:
        path: of the file, of any size; only the words wanted are kept.
        label_names: C names.

    Raises:
        RecipeError: the file cannot be read, is none of word vectors, lacks numbers of a word wanted, or has none of
            the labels.
    """
    words = [words_of(name) for name in label_names]
    found = _vectors(path, {word for one in words for word in (*one, *_as_one(one))})
    known = []
    for one in words:
        whole = next((joined for joined in _as_one(one) if joined in found), None)
        known.append((whole,) if whole is not None else tuple(word for word in one if word in found))
    rows = [[found[word] for word in one] for one in known]
    without = [number for number, row in enumerate(rows) if not row]
    if len(without) == len(rows):
        raise RecipeError(f"{path.name} has a vector for none of the labels.", next_step=_NEXT_STEP)
    width = len(next(row[0] for row in rows if row))
    vectors = np.zeros((len(rows), width + len(without)), np.float32)
    for number, row in enumerate(rows):
        if row:
            vectors[number, :width] = np.mean(row, axis=0)
    lengths = np.linalg.norm(vectors, axis=1)
    vectors[without, width + np.arange(len(without))] = lengths[lengths > 0].mean() if lengths.any() else 1.0
    partly = {
        name: have
        for name, wanted, have in zip(label_names, words, known, strict=True)
        if 0 < len(have) < len(wanted) and set(have) <= set(wanted)
    }
    return WordVectors(vectors, tuple(label_names[number] for number in without), partly)


def _as_one(words: tuple[str, ...]) -> tuple[str, ...]:
    """Several words as files may write them in one; none for a single word."""
    return tuple(sign.join(words) for sign in ("", "_", "-")) if len(words) > 1 else ()


def cooccurrence_vectors(
    states: NDArray[np.int8], label_names: tuple[str, ...]
) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """Vectors of labels from which labels they come together with: truncated SVD of positive PMI.

    The positive pointwise mutual information of two labels is max(0, log(p(i, j) / (p(i) p(j)))), each probability a
    share of the images in which the states are known (Bullinaria and Levy 2007; Levy and Goldberg 2014 for the square
    roots of the singular values). The diagonal is kept, so that labels that come alone differ from each other. A label
    that is on no image or on all says nothing of the others; each of them gets a dimension of its own.

    Args:
        states: int8 (N, C) in {1, 0, -1}.
        label_names: C names.

    Returns:
        float32 (C, D), on average as long as word vectors usually are, and the names of the labels with a dimension of
        their own. D is C, or 300 and those dimensions where that is less. Signs are fixed: the largest entry of a
        column is positive.
    """
    present = (states == LabelState.PRESENT).astype(np.float64)
    known = (states != LabelState.UNKNOWN).astype(np.float64)
    together = _share(present.T @ present, known.T @ known)
    alone = _share(present.sum(axis=0), known.sum(axis=0))
    ratio = _share(together, np.outer(alone, alone))
    information = np.log(np.maximum(ratio, 1.0))
    left, values, _ = np.linalg.svd(information)
    learnt = left[:, :WIDEST] * np.sqrt(values[:WIDEST])
    lengths = np.linalg.norm(learnt, axis=1)
    without = np.flatnonzero(lengths < _SHORTEST)
    learnt[without] = 0
    # as many of the last columns are zero as there are such labels
    learnt = learnt[:, : len(learnt) - len(without)]
    if learnt.size:
        largest = learnt[np.abs(learnt).argmax(axis=0), np.arange(learnt.shape[1])]
        learnt *= np.where(largest < 0, -1.0, 1.0) * _USUAL_LENGTH / lengths[lengths >= _SHORTEST].mean()
    vectors = np.zeros((len(learnt), learnt.shape[1] + len(without)), np.float32)
    vectors[:, : learnt.shape[1]] = learnt
    vectors[without, learnt.shape[1] + np.arange(len(without))] = _USUAL_LENGTH
    return vectors, tuple(label_names[number] for number in without)


def _share(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """Part divided by whole, 0 where the whole is 0."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _vectors(path: Path, wanted: set[str]) -> dict[str, NDArray[np.float64]]:
    """The vectors of the words wanted, case-folded; where a file knows cases apart, that of the lower case."""
    found: dict[str, NDArray[np.float64]] = {}
    width = 0
    try:
        for line, (word, numbers) in enumerate(_lines(path), start=1):
            if line == 1 and word.isdecimal() and numbers.isdecimal():
                continue  # the header of word2vec and fastText: how many words, how many numbers
            where = f"line {line}, “{word[:_WORD_SHOWN]}”,"
            if not width:
                width = len(_numbers(numbers, path, where=where))
            folded = word.casefold()
            if folded not in wanted or (folded in found and word != folded):
                continue
            count = numbers.count(" ") + 1
            if count > width and not _is_number(numbers.split(" ")[0]):
                continue  # some files have words with spaces in them; they are no words of ours
            if count != width:
                raise _no_vectors(path, f"{where} has {count} numbers, not {width}")
            found[folded] = _numbers(numbers, path, where=where)
    except OSError as error:
        raise RecipeError(f"The word vectors {path} cannot be read: {error.strerror}.", next_step=_NEXT_STEP) from error
    except UnicodeDecodeError as error:
        raise _no_vectors(path, "it is not text in UTF-8") from error
    if not width:
        raise _no_vectors(path, "it is empty")
    return found


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            word, _, numbers = line.rstrip().partition(" ")
            yield word, numbers


def _numbers(text: str, path: Path, *, where: str) -> NDArray[np.float64]:
    try:
        numbers = np.array(text.split(" "), np.float64)
    except ValueError as error:
        raise _no_vectors(path, f"{where} has something else than numbers") from error
    if not np.isfinite(numbers).all():
        raise _no_vectors(path, f"{where} has numbers that are not finite")
    return numbers


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _no_vectors(path: Path, reason: str) -> RecipeError:
    return RecipeError(f"{path.name} is no text file of word vectors: {reason}.", next_step=_NEXT_STEP)
