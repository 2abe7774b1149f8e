"""Epochs, batch size and learning rate from the number of training images."""

from itertools import pairwise

import pytest

from core.recipes.adapt import adapt
from core.recipes.catalogue import recipe
from core.recipes.recipe import Recipe


@pytest.fixture
def adaptable() -> Recipe:
    return recipe("resnet18-224").with_overrides(["adapt=true", "batch_size=64", "epochs=90"])


def test_a_recipe_that_does_not_ask_for_it_stays_as_it_is(adaptable):
    fixed = adaptable.with_overrides(["adapt=false"])
    assert adapt(fixed, 252) == (fixed, ())


def test_sets_as_large_as_those_of_the_papers_are_trained_as_the_recipe_says(adaptable):
    # Pascal VOC 2007
    adapted, (sentence,) = adapt(adaptable, 5011)
    assert adapted == adaptable
    assert sentence.startswith("5,011 training images: batches of 64 and 90 epochs, so that there are some 7,100 steps")


def test_a_small_set_gets_small_batches_and_some_hundred_steps_and_is_told_so(adaptable):
    adapted, (sentence,) = adapt(adaptable, 252)
    training = adapted.training
    steps = -(-252 // training.batch_size) * training.epochs
    assert training.batch_size < 64
    assert 200 <= steps <= 1000
    assert sentence.startswith(
        f"252 training images: batches of {training.batch_size} and {training.epochs} epochs, so that there are some "
    )


def test_larger_sets_have_more_steps_and_no_smaller_batches(adaptable):
    sizes = [1, 10, 60, 61, 150, 151, 500, 1200, 1201, 4500, 4501, 100_000]
    trainings = [adapt(adaptable, size)[0].training for size in sizes]
    for before, after in pairwise(trainings):
        assert after.batch_size >= before.batch_size
    steps = [-(-size // one.batch_size) * one.epochs for size, one in zip(sizes, trainings, strict=True)]
    assert steps[-1] > steps[6] > steps[1]


def test_what_a_person_set_is_kept(adaptable):
    keys = {"training.epochs", "training.batch_size", "training.learning_rate"}
    adapted, _ = adapt(adaptable, 252, keep=keys)
    assert adapted == adaptable
    adapted, (sentence,) = adapt(adaptable, 252, keep={"training.epochs"})
    assert adapted.training.epochs == 90
    assert adapted.training.batch_size < 64
    assert "90 epochs, as set, so that" in sentence


def test_a_recipes_own_smaller_batches_are_kept(adaptable):
    small = adaptable.with_overrides(["batch_size=4"])
    assert adapt(small, 252)[0].training.batch_size == 4


def test_adams_rate_goes_with_the_square_root_of_the_batch_size_and_sgds_stays(adaptable):
    rate = adaptable.training.learning_rate
    adapted, (sentence,) = adapt(adaptable, 252)
    shrunk = adapted.training.batch_size / 64
    assert adapted.training.learning_rate == pytest.approx(rate * shrunk**0.5, rel=0.03)
    assert sentence.endswith(f"; the learning rate is {adapted.training.learning_rate:g}.")
    with_sgd, (sentence,) = adapt(adaptable.with_overrides(["optimizer=sgd"]), 252)
    assert with_sgd.training.learning_rate == rate
    assert sentence.endswith(f"; the learning rate is {rate:g}, as in the recipe.")
    _, (sentence,) = adapt(adaptable, 252, keep={"training.learning_rate"})
    assert sentence.endswith(f"; the learning rate is {rate:g}, as set.")
    _, (sentence,) = adapt(adaptable.with_overrides(["search.method=range"]), 252)
    assert sentence.endswith("; the learning rate is searched first.")


def test_ml_gcns_rate_is_lower_on_a_small_set_where_the_published_one_diverges():
    published = recipe("efficientnetv2-s-ml-gcn")
    adapted, (sentence,) = adapt(published, 252)
    assert adapted.training.learning_rate == 0.005
    assert sentence.endswith("; the learning rate is 0.005.")
    assert adapt(published, 252, keep={"training.learning_rate"})[0].training.learning_rate == 0.1
    assert adapt(published, 5011)[0].training.learning_rate == 0.1
    slower = published.with_overrides(["learning_rate=0.001"])
    assert adapt(slower, 252)[0].training.learning_rate == 0.001


def test_one_image_is_not_many(adaptable):
    (sentence,) = adapt(adaptable, 1)[1]
    assert sentence.startswith("1 training image: ")


def test_the_average_of_a_small_set_warms_up_unless_a_person_said_otherwise(adaptable):
    plain = adaptable.with_overrides(["ema_warm_up=false"])
    assert adapt(plain, 252)[0].training.ema_warm_up
    assert adapt(adaptable, 252)[0].training.ema_warm_up
    assert not adapt(plain, 252, keep={"training.ema_warm_up"})[0].training.ema_warm_up
    # Pascal VOC 2007 has the steps that the paper's decays are for
    assert not adapt(plain, 5011)[0].training.ema_warm_up
