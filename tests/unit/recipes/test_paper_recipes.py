"""Every value of the paper's recipes that METHOD.md names, written out a second time."""

import pytest

from core.recipes.catalogue import catalogue, recipe
from core.recipes.recipe import Recipe

S, L, TRESNET = "tf_efficientnetv2_s.in21k", "tf_efficientnetv2_l.in21k", "tresnet_v2_l"
PAPER = "Prokofiev & Sovrasov 2022"

# backbone, head, pooling, graph, size; METHOD.md, sections 2 and 10
NETWORKS = {
    "efficientnetv2-s-asl": (S, "linear", "average", "none", 448),
    "efficientnetv2-s-q2l": (S, "query2label", "average", "none", 448),
    "efficientnetv2-s-ml-gcn": (S, "ml_gcn", "average", "none", 448),
    "efficientnetv2-s-ml-decoder": (S, "ml_decoder", "average", "none", 448),
    "efficientnetv2-s-gan": (S, "cosine", "average+max", "gat", 448),
    "efficientnetv2-s-ml-decoder-aam": (S, "ml_decoder_cosine", "average", "none", 448),
    "efficientnetv2-l-ml-decoder-aam": (L, "ml_decoder_cosine", "average", "none", 448),
    "tresnet-l-gan": (TRESNET, "cosine", "average+max", "gat", 448),
    "tresnet-l-ml-decoder-aam": (TRESNET, "ml_decoder_cosine", "average", "none", 448),
    "tresnet-l-ml-decoder-aam-640": (TRESNET, "ml_decoder_cosine", "average", "none", 640),
    "efficientnetv2-s-aam-224": (S, "cosine", "average", "none", 224),
    "efficientnetv2-s-gan-224": (S, "cosine", "average+max", "gat", 224),
    "efficientnetv2-s-ml-decoder-aam-224": (S, "ml_decoder_cosine", "average", "none", 224),
    "efficientnetv2-s-gan-ml-decoder-aam-224": (S, "ml_decoder_cosine", "average", "gat", 224),
    "openimages-pretraining": (S, "ml_decoder", "average", "none", 224),
}

# mAP on VOC 2007, COCO, NUS-WIDE and Visual Genome 500; METHOD.md, section 10
PUBLISHED = {
    "efficientnetv2-s-asl": (94.24, 87.05, 65.20, None),
    "efficientnetv2-s-q2l": (94.94, 87.35, 65.79, None),
    "efficientnetv2-s-ml-gcn": (95.25, 87.50, 66.30, None),
    "efficientnetv2-s-ml-decoder": (95.54, 88.25, 67.07, 41.20),
    "efficientnetv2-s-gan": (96.00, 87.70, 66.85, None),
    "efficientnetv2-s-ml-decoder-aam": (95.86, 88.75, 67.60, 42.00),
    "efficientnetv2-l-ml-decoder-aam": (96.05, 90.10, None, None),
    "tresnet-l-gan": (96.67, 89.95, 68.10, None),
    "tresnet-l-ml-decoder-aam": (96.70, 90.30, 68.30, 43.10),
    "tresnet-l-ml-decoder-aam-640": (None, 91.30, None, None),
    "efficientnetv2-s-aam-224": (92.85, 82.25, 65.60, None),
    "efficientnetv2-s-gan-224": (93.15, 82.55, 65.87, None),
    "efficientnetv2-s-ml-decoder-aam-224": (93.77, 83.03, 66.74, None),
    "efficientnetv2-s-gan-ml-decoder-aam-224": (93.71, 83.03, 66.60, None),
    "openimages-pretraining": (None, None, None, None),
}

# scale, learning rate, negative and positive exponent; METHOD.md, section 1.1
AAM_SETTINGS = {
    "voc": (17.0, 0.005, 2.0, 1.0),
    "coco": (23.0, 0.007, 1.0, 0.0),
    "nus": (23.0, 0.009, 2.0, 1.0),
    "vg500": (25.0, 0.005, 1.0, 0.0),
}
WITH_AAM = [name for name in NETWORKS if "aam" in name or "gan" in name]
OTHER_VARIANTS = {
    "efficientnetv2-s-asl": {"voc"},
    "efficientnetv2-s-q2l": {"voc"},
    "efficientnetv2-s-ml-gcn": {"voc"},
    "efficientnetv2-s-ml-decoder": {"voc", "vg500"},
    "openimages-pretraining": set(),
}

# negative exponent and clip, learning rate; METHOD.md, section 1.3
ASL_SETTINGS = {
    "efficientnetv2-s-asl": (4.0, 0.05, 0.0001),
    "efficientnetv2-s-ml-decoder": (4.0, 0.05, 0.0001),
    "efficientnetv2-s-q2l": (2.0, 0.0, 0.0001),
    "openimages-pretraining": (7.0, 0.05, 0.001),
}


def every_variant(name: str) -> dict[str, Recipe]:
    one = recipe(name)
    return {"": one, **{variant: one.with_variant(variant) for variant in one.variants}}


def test_these_are_all_recipes_of_the_paper():
    assert {one.name for one in catalogue() if one.family == "Paper"} == set(NETWORKS) == set(PUBLISHED)
    assert {*WITH_AAM, *ASL_SETTINGS, "efficientnetv2-s-ml-gcn"} == set(NETWORKS)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_network_is_the_papers_in_every_variant(name):
    backbone, head, pooling, graph, size = NETWORKS[name]
    for variant, one in every_variant(name).items():
        model = one.model
        assert (model.backbone, model.head, model.pooling, model.graph) == (backbone, head, pooling, graph), variant
        assert (model.pretrained, model.frozen, model.graph_sigmoid) == (True, False, False)
        assert (model.graph_threshold, model.graph_reweight) == (0.4, 0.25)
        assert (model.groups, model.embedding, model.dropout) == (0, 0, 0.0)
        # Visual Genome at 576, but for the table at 224 and the row at 640
        assert one.input.size == (576 if variant == "vg500" and size == 448 else size), variant


@pytest.mark.parametrize("name", NETWORKS)
def test_the_card_quotes_what_the_paper_prints(name):
    data_sets = ("VOC 2007", "COCO", "NUS-WIDE", "Visual Genome 500 (576 px)")
    expected = [(data_set, value) for data_set, value in zip(data_sets, PUBLISHED[name], strict=True) if value]
    published = recipe(name).published
    assert [(one.data_set, one.value) for one in published] == expected
    assert {(one.metric, one.source) for one in published} <= {("mAP", PAPER)}


@pytest.mark.parametrize("name", WITH_AAM)
def test_angular_margins_have_the_papers_settings_for_each_data_set(name):
    variants = every_variant(name)
    assert set(variants) == {"", *AAM_SETTINGS}
    for variant, one in variants.items():
        loss = one.loss
        # COCO's are those of anything else
        expected = AAM_SETTINGS[variant or "coco"]
        found = (loss.scale, one.training.learning_rate, loss.gamma_negative, loss.gamma_positive)
        assert found == expected, variant
        assert (loss.name, loss.reduction) == ("asymmetric_angular_margin", "sum")
        assert (loss.margin, loss.positive_weight, loss.clip, loss.label_smoothing) == (0.0, 0.7, 0.05, 0.0)


@pytest.mark.parametrize("name", ASL_SETTINGS)
def test_asymmetric_losses_have_the_papers_settings(name):
    negative, clip, rate = ASL_SETTINGS[name]
    for variant, one in every_variant(name).items():
        loss = one.loss
        assert (loss.name, loss.reduction) == ("asymmetric", "sum"), variant
        assert (loss.gamma_negative, loss.gamma_positive, loss.clip) == (negative, 0.0, clip)
        assert (loss.detach_focal_weight, one.training.learning_rate) == (False, rate)


def test_ml_gcn_has_the_loss_and_the_rates_of_its_authors():
    # METHOD.md, section 2
    for one in every_variant("efficientnetv2-s-ml-gcn").values():
        assert (one.loss.name, one.loss.reduction) == ("binary_cross_entropy", "element_mean")
        assert (one.loss.balance_positives, one.loss.label_smoothing) == (False, 0.0)
        training = one.training
        assert (training.learning_rate, training.backbone_rate, training.bias_rate) == (0.1, 0.1, 1.0)
        assert (training.optimizer, training.momentum, training.weight_decay) == ("sgd", 0.9, 0.0001)


@pytest.mark.parametrize("name", NETWORKS)
def test_all_is_trained_as_the_paper_trains(name):
    # METHOD.md, section 3
    is_pretraining = name == "openimages-pretraining"
    variants = every_variant(name)
    assert set(variants) - {""} == OTHER_VARIANTS.get(name, set(AAM_SETTINGS))
    for variant, one in variants.items():
        training = one.training
        assert (training.optimizer, training.momentum) == ("sgd", 0.9)
        if name != "efficientnetv2-s-ml-gcn":
            assert (training.weight_decay, training.bias_rate, training.backbone_rate) == (0.0005, 2.0, 1.0)
        assert (training.sam_rho, training.sam_adaptive) == (0.0 if is_pretraining else 0.05, False)
        assert (training.schedule, training.warm_up, training.cycle_momentum) == ("one_cycle", 0.2, True)
        assert (training.epochs, training.batch_size) == (50 if is_pretraining else 60, 84)
        assert (training.early_stopping, training.early_stopping_smoothing) == (0 if is_pretraining else 5, 0.8)
        assert (training.early_stopping_gain, training.early_stopping_from) == (0.0, 0)
        assert (training.ema_decay, training.ema_warm_up) == (0.9993 if variant == "voc" else 0.9997, False)
        assert (training.sampler, training.adapt) == ("shuffled", not is_pretraining)
        varied = one.augmentation
        assert (varied.flip, varied.crop_scale, varied.mixup) == (True, 1.0, 0.0)
        assert (varied.rand_augment, varied.rand_augment_magnitude) == (2, 9)
        assert (varied.cutout, varied.cutout_size) == (0.5, 0.4)
        assert one.search.method == "none"
