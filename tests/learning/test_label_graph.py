import os
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from core.errors import JobError, RecipeError
from core.learning.models.heads import GraphReweighting, LinearHead, MLGCNHead
from core.learning.models.label_graph import (
    LabelGraph,
    cooccurrence,
    correlation_matrix,
    label_graph_of,
    normalised_adjacency,
)
from core.learning.models.label_vectors import cooccurrence_vectors, read_glove, words_of
from core.recipes.recipe import ModelConfig

# six images of cat, dog, sofa, unicorn; nobody said whether there is a sofa on the fourth
STATES = np.array(
    [[1, 0, 1, 0], [1, 0, 1, 0], [1, 1, 0, 0], [1, 0, -1, 0], [0, 1, 1, 0], [0, 1, 0, 0]],
    np.int8,
)
NAMES = ("cat", "dog", "sofa", "unicorn")


@pytest.fixture
def glove(tmp_path):
    path = tmp_path / "vectors.txt"
    path.write_text(
        "the 0.5 0.5 0.5\nCat 9 9 9\ncat 1 2 3\nsofa 0 -1 0.5\nCAT 8 8 8\nhot 2 0 0\nDog 4 4 -2\nplate 0 0 4\n"
        "at work 1 2 3\n10 0 3 0\n",
        encoding="utf-8",
    )
    return path


def test_pairs_are_counted_where_both_are_known():
    together, counts = cooccurrence(STATES)
    assert together.tolist() == [[4, 1, 2, 0], [1, 3, 1, 0], [2, 1, 3, 0], [0, 0, 0, 0]]
    # of four images with a cat the sofa is known in three
    assert counts.tolist() == [[4, 4, 3, 4], [3, 3, 3, 3], [3, 3, 3, 3], [0, 0, 0, 0]]


def test_links_by_hand():
    together, counts = cooccurrence(STATES)
    links = correlation_matrix(together, counts)
    # sofa comes in 2/3 of cat's images, cat in 2/3 of sofa's; all other shares are 1/3 or less
    expected = np.eye(4)
    expected[0, 2] = expected[2, 0] = 0.25 / (1 + 1e-6)
    np.testing.assert_allclose(links, expected)
    # with a lower threshold two labels lead to each, and share its weight
    lower = correlation_matrix(together, counts, threshold=0.3, reweight=0.5)
    assert lower[1, 2] == pytest.approx(0.25, rel=1e-5)
    assert lower[0, 1] == 0, "a quarter of the cats"
    np.testing.assert_allclose(lower[:3, 2], [0.25, 0.25, 1], rtol=1e-5)


def test_counts_may_be_one_per_label():
    together = np.array([[7.0, 4.0], [4.0, 20.0]])
    links = correlation_matrix(together, np.array([7.0, 20.0]))
    np.testing.assert_allclose(links, [[1, 0.25 / (1 + 1e-6)], [0, 1]])


def test_the_adjacency_is_transposed_and_normalised_by_sums_of_rows():
    links = np.array([[1.0, 0.25, 0.0], [0.0, 1.0, 0.125], [0.0, 0.0, 1.0]])
    root = np.diag(np.array([1.25, 1.125, 1.0]) ** -0.5)
    np.testing.assert_allclose(normalised_adjacency(links), root @ links.T @ root)
    assert normalised_adjacency(links)[1, 0] == pytest.approx(0.25 / np.sqrt(1.25 * 1.125))


@pytest.mark.parametrize("threshold", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_ever_nan(seed, threshold):
    rng = np.random.default_rng(seed)
    states = rng.choice([1, 0, -1], (9, 6), p=[0.2, 0.3, 0.5]).astype(np.int8)
    states[:, 1] = 0
    states[:, 2] = -1
    config = ModelConfig(head="ml_gcn", graph_threshold=threshold)
    graph = label_graph_of(config, tuple("abcdef"), states)
    assert np.isfinite(graph.adjacency).all()
    assert np.isfinite(graph.vectors).all()
    np.testing.assert_array_equal(graph.adjacency[1:3], np.eye(6)[1:3] * graph.adjacency[1:3])
    assert graph.adjacency.diagonal().min() > 0


def test_vectors_from_cooccurrence_rebuild_positive_pmi():
    rng = np.random.default_rng(0)
    states = (rng.random((200, 8)) < rng.random(8)).astype(np.int8)
    states[:, 1] = states[:, 0]
    vectors, without = cooccurrence_vectors(states, tuple("abcdefgh"))
    assert (vectors.shape, without) == ((8, 8), ())
    information = np.zeros((8, 8))
    for one in range(8):
        for other in range(8):
            both = (states[:, one] & states[:, other]).mean()
            if both > 0:
                ratio = both / (states[:, one].mean() * states[:, other].mean())
                information[one, other] = max(0.0, np.log(ratio))
    # V V^T is, but for the usual length of word vectors, the matrix with all its eigenvalues made positive
    values, directions = np.linalg.eigh(information)
    expected = (directions * np.abs(values)) @ directions.T
    assert np.linalg.norm(vectors, axis=1).mean() == pytest.approx(6.5)
    products = vectors @ vectors.T
    np.testing.assert_allclose(products / np.trace(products), expected / np.trace(expected), atol=1e-6)
    np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-5)
    largest = vectors[np.abs(vectors).argmax(0), np.arange(8)]
    assert (largest > 0).all()


def test_labels_that_come_together_have_vectors_alike():
    rng = np.random.default_rng(1)
    indoors = rng.random(400) < 0.5
    likely = np.where(indoors[:, None], [0.6, 0.6, 0.05, 0.05], [0.05, 0.05, 0.6, 0.6])
    states = np.where(rng.random((400, 4)) < 0.1, -1, rng.random((400, 4)) < likely).astype(np.int8)
    vectors, _ = cooccurrence_vectors(states, NAMES)
    alike = np.corrcoef(vectors)
    assert alike[0, 1] > alike[0, 2]
    assert alike[2, 3] > alike[1, 3]


def test_vectors_from_cooccurrence_are_cut_to_300_dimensions():
    states = (np.random.default_rng(2).random((200, 310)) < 0.1).astype(np.int8)
    names = tuple(map(str, range(310)))
    vectors, without = cooccurrence_vectors(states, names)
    assert (vectors.shape, without) == ((310, 300), ())
    states[:, [7, 300]] = [0, 1]
    vectors, without = cooccurrence_vectors(states, names)
    assert (vectors.shape, without) == ((310, 302), ("7", "300"))


def test_labels_on_no_image_or_on_all_have_a_dimension_of_their_own():
    rng = np.random.default_rng(3)
    states = (rng.random((60, 6)) < 0.3).astype(np.int8)
    states[:, 1], states[:, 3], states[:, 4] = 0, 1, -1
    vectors, without = cooccurrence_vectors(states, tuple("abcdef"))
    assert without == ("b", "d", "e")
    assert vectors.shape == (6, 6)
    np.testing.assert_allclose(vectors[[1, 3, 4]], np.hstack([np.zeros((3, 3)), 6.5 * np.eye(3)]), rtol=1e-6)
    alone, _ = cooccurrence_vectors(states[:, [0, 2, 5]], tuple("acf"))
    np.testing.assert_allclose(vectors[[0, 2, 5]], np.hstack([alone, np.zeros((3, 3))]), atol=1e-5)


DEGENERATE = {
    "one label": np.array([[1], [0], [1]], np.int8),
    "one label on all": np.ones((3, 1), np.int8),
    "one label on none": np.zeros((3, 1), np.int8),
    "all labels on all": np.ones((3, 4), np.int8),
    "all labels together": np.array([[1] * 4, [0] * 4], np.int8),
    "nothing known": np.full((3, 4), -1, np.int8),
    "no images": np.zeros((0, 4), np.int8),
}


@pytest.mark.parametrize("states", DEGENERATE.values(), ids=DEGENERATE)
@pytest.mark.parametrize("layer", ["gcn", "gat"])
def test_a_graph_never_wipes_out_all_channels(states, layer):
    torch.manual_seed(0)
    graph = label_graph_of(ModelConfig(graph=layer), tuple("abcd")[: states.shape[1]], states)
    head = GraphReweighting(8, graph, LinearHead(8, states.shape[1]), layer=layer).eval()
    assert head.factors().abs().max() > 0.05


def test_ml_gcn_learns_labels_that_the_training_images_say_nothing_of():
    torch.manual_seed(0)
    graph = label_graph_of(ModelConfig(head="ml_gcn"), NAMES, np.hstack([STATES[:, :3], np.zeros((6, 1), np.int8)]))
    assert graph.labels_without_vector == ("unicorn",)
    head = MLGCNHead(8, graph)
    features = torch.rand(4, 8, 2, 2)
    optimizer = torch.optim.SGD(head.parameters(), lr=0.001)
    before = head(features)[:, 3].detach()
    for _ in range(5):
        optimizer.zero_grad()
        functional.softplus(head(features)[:, 3]).sum().backward()
        optimizer.step()
    assert (head(features)[:, 3] < before - 0.1).all(), "the label becomes less likely"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("hot dog", ("hot", "dog")),
        ("traffic_light", ("traffic", "light")),
        ("hair-drier/blow dryer", ("hair", "drier", "blow", "dryer")),
        ("wineGlass", ("wine", "glass")),
        ("TV", ("tv",)),
        ("10 of Hearts", ("10", "of", "hearts")),
        ("Straße", ("strasse",)),
        ("кошка", ("кошка",)),
        ("?!", ()),
    ],
)
def test_words_of_a_name(name, words):
    assert words_of(name) == words


def test_labels_have_the_mean_of_their_words(glove):
    read = read_glove(glove, ("cat", "Hot Dog", "sofa_plate", "10"))
    assert (read.without, read.partly) == ((), {})
    # lower case before other cases; a case of its own where there is nothing else
    np.testing.assert_allclose(read.vectors, [[1, 2, 3], [3, 2, -1], [0, -0.5, 2.25], [0, 3, 0]])


def test_words_that_the_file_lacks_are_left_out_and_labels_without_any_stand_alone(glove):
    read = read_glove(glove, ("cat", "unicorn", "red sofa", "at", "…"))
    vectors = read.vectors
    assert read.without == ("unicorn", "at", "…")
    assert read.partly == {"red sofa": ("sofa",)}
    np.testing.assert_allclose(vectors[[0, 2], :3], [[1, 2, 3], [0, -1, 0.5]])
    usual = (np.sqrt(14) + np.sqrt(1.25)) / 2
    np.testing.assert_allclose(vectors[[1, 3, 4]], np.hstack([np.zeros((3, 3)), usual * np.eye(3)]), rtol=1e-6)


def test_only_the_words_wanted_are_kept_of_a_big_file(tmp_path):
    path = tmp_path / "big.txt"
    with path.open("w", encoding="utf-8") as file:
        for number in range(20_000):
            file.write(f"word{number} {number} 1\n")
    assert read_glove(path, ("word7", "word19999")).vectors.tolist() == [[7, 1], [19999, 1]]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b"\n", "line 1, “”, has something else than numbers"),
        (b"the quick brown fox\n", "line 1, “the”, has something else than numbers"),
        (b"\x89PNG\r\n\x1a\n\x00\xff", "it is not text in UTF-8"),
        (b"cat 1 nan 3\n", "line 1, “cat”, has numbers that are not finite"),
        (b"cat\n", "line 1, “cat”, has something else than numbers"),
        (b"dog 1 2 3\ncat 1 2\n", "line 2, “cat”, has 2 numbers, not 3"),
        (b"dog 1 2 3\ncat 1 2 3 4\n", "line 2, “cat”, has 4 numbers, not 3"),
        (b"dog 1 2 3\ncat 1 x 3\n", "line 2, “cat”, has something else than numbers"),
    ],
)
def test_a_file_of_something_else_is_said(tmp_path, content, reason):
    path = tmp_path / "vectors.txt"
    path.write_bytes(content)
    with pytest.raises(RecipeError) as caught:
        read_glove(path, ("cat",))
    assert caught.value.sentence == f"vectors.txt is no text file of word vectors: {reason}."
    assert "co-occurrence" in caught.value.next_step


def test_a_header_of_word2vec_is_passed_over(tmp_path):
    path = tmp_path / "vectors.vec"
    path.write_text("2 3\ncat 1 2 3\ndog 4 5 6\n")
    assert read_glove(path, ("dog", "cat")).vectors.tolist() == [[4, 5, 6], [1, 2, 3]]


@pytest.mark.parametrize("written", ["diningtable", "dining_table", "dining-table"])
def test_words_that_the_file_writes_as_one_come_before_their_mean(tmp_path, written):
    path = tmp_path / "vectors.txt"
    path.write_text(f"dining 9 9\n{written} 1 2\n")
    read = read_glove(path, ("dining table", "DiningTable"))
    assert read.vectors.tolist() == [[1, 2], [1, 2]]
    assert read.partly == {}


def test_a_missing_file_and_one_without_any_label_are_said(glove, tmp_path):
    with pytest.raises(RecipeError, match="cannot be read: No such file"):
        read_glove(tmp_path / "gone.txt", NAMES)
    with pytest.raises(RecipeError, match="none of the labels"):
        read_glove(glove, ("unicorn", "gryphon"))


def test_the_graph_of_a_recipe_says_where_its_vectors_are_from(glove):
    made = label_graph_of(ModelConfig(head="ml_gcn"), NAMES, STATES)
    assert made.source == "which labels come together in the training images"
    assert made.labels_without_vector == ("unicorn",)
    np.testing.assert_allclose(made.vectors, cooccurrence_vectors(STATES, NAMES)[0])
    read = label_graph_of(ModelConfig(head="ml_gcn", label_vectors=str(glove)), NAMES, STATES)
    assert (read.source, read.labels_without_vector) == ("the word vectors in vectors.txt", ("unicorn",))
    assert read.vectors.shape == (4, 4)
    names = ("cat", "black dog", "sofa bed", "unicorn")
    partly = label_graph_of(ModelConfig(head="ml_gcn", label_vectors=str(glove)), names, STATES)
    assert partly.source == (
        "the word vectors in vectors.txt, which know only “dog” of “black dog”, “sofa” of “sofa bed”"
    )
    together, counts = cooccurrence(STATES)
    expected = normalised_adjacency(correlation_matrix(together, counts))
    np.testing.assert_allclose(read.adjacency, expected, rtol=1e-6)
    other = label_graph_of(ModelConfig(head="ml_gcn", graph_threshold=0.3, graph_reweight=0.5), NAMES, STATES)
    assert (other.adjacency > 0).sum() > (made.adjacency > 0).sum()


def test_a_graph_is_kept_in_a_file(glove, tmp_path):
    graph = label_graph_of(ModelConfig(head="ml_gcn", label_vectors=str(glove)), NAMES, STATES)
    graph.save(tmp_path / "label_graph.npz")
    loaded = LabelGraph.load(tmp_path / "label_graph.npz")
    assert (loaded.source, loaded.labels_without_vector) == (graph.source, graph.labels_without_vector)
    assert np.array_equal(loaded.adjacency, graph.adjacency)
    assert np.array_equal(loaded.vectors, graph.vectors)
    (tmp_path / "label_graph.npz").write_bytes(b"PK")
    with pytest.raises(JobError, match="missing or damaged"):
        LabelGraph.load(tmp_path / "label_graph.npz")


def test_links_need_no_more_than_counts_as_tensors():
    together = torch.tensor([[7.0, 4.0], [4.0, 20.0]])
    links = correlation_matrix(together, torch.tensor([7.0, 20.0]))
    np.testing.assert_allclose(links, [[1, 0.25 / (1 + 1e-6)], [0, 1]])


@pytest.mark.shared_data
def test_real_word_vectors_put_what_belongs_together_side_by_side():
    folder = Path(os.environ.get("MULTIHOT_TEST_DATA", "")) / "glove"
    if not os.environ.get("MULTIHOT_TEST_DATA") or not folder.is_dir():
        pytest.skip("MULTIHOT_TEST_DATA names no folder with glove/")
    path = next(folder.glob("*.txt"))
    read = read_glove(path, ("cat", "dog", "fork", "Knife", "tv_monitor", "Straßenbahn"))
    vectors = read.vectors
    assert read.without == ("Straßenbahn",)
    assert vectors.shape == (6, 301)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    alike = unit @ unit.T
    assert alike[0, 1] > alike[0, 2]
    assert alike[2, 3] > alike[1, 3]
    assert alike[5, :5].max() == 0
