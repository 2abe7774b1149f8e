"""Which places of an image speak for each label, as a run's network sees it.

A network whose features are a map, or tokens that are pooled over all places, is explained by Grad-CAM (Selvaraju et
al. 2017): the channels of the last feature map, weighted by what each of them adds to the label's logit. The backbone
runs once; only the head is differentiated, once per label.

In a vision transformer whose head sees nothing but its class token, the patches of the last layer have no say any more,
so that Grad-CAM would be empty. There attention tells where the class token looked: in the last block weighted by the
label's gradient, head by head (Chefer et al. 2021, "Generic Attention-model Explainability", equation 5), which makes
it the label's own, and rolled out through the blocks below (Abnar and Zuidema 2020, "Quantifying Attention Flow"),
which is the same for all labels. Chefer et al. weight every block, at the cost of a pass back through the whole
backbone for every label; the authors themselves weight the last block alone where a network is large (CLIP). What the
class token carries past the last block's attention is the same for all labels as well and is left out, so that what
differs between the labels is seen.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import torch
from torch import Tensor, nn

from core.errors import ImageError, JobError, ModelError, RecipeError
from core.evaluation.predictions import PREDICTIONS_FILE
from core.images.decode import decode
from core.images.heat_maps import HeatMapStore
from core.jobs.events import Event, ExplainFinished, ImageExplained, ImageSkipped
from core.jobs.job import Command, ExplainJob
from core.learning.data.batches import to_tensor
from core.learning.models.backbone import Backbone, as_map
from core.learning.models.net import Net, preprocessing_of
from core.learning.trained import load_trained
from core.recipes.recipe import from_toml


def explain(job: ExplainJob, folder: Path, emit: Callable[[Event], None], control: Callable[[], Command]) -> None:
    """Make the heat maps of images in the job's order; each is told of as soon as it is kept.

    Args:
        job: what was asked for.
        folder: of the job; nothing but events is written there.
        emit: takes the events; the last is ExplainFinished.
        control: asked between the images; anything but "continue" ends the job. What is done is kept.

    Raises:
        MultihotError: the run cannot be read, or its network cannot be explained.
    """
    torch.set_num_threads(job.threads or os.cpu_count() or 1)
    run = Path(job.run_folder)
    recipe = from_toml(run / "recipe.toml")
    store = HeatMapStore(Path(job.heat_maps), model=run / PREDICTIONS_FILE)
    net = load_trained(run, recipe)
    net.fold()
    preprocessing = preprocessing_of(net, recipe.input.size)
    skipped = 0
    for image_id, name in zip(job.image_ids, job.paths, strict=True):
        if control() != "continue":
            return
        path = Path(name)
        try:
            if store.get(image_id, path) is None:
                pixels = preprocessing.prepare(decode(path))
                store.put(image_id, path, heat_maps(net, to_tensor(pixels[None]))[0].numpy())
        except ImageError as error:
            skipped += 1
            emit(ImageSkipped(path=name, sentence=error.sentence))
        except OSError as error:
            raise JobError(
                f"Heat maps cannot be kept in {store.folder}: {error.strerror}.",
                next_step="Free some space, or give yourself the right to write there.",
            ) from error
        else:
            emit(ImageExplained(image_id=image_id))
    emit(ExplainFinished(images=len(job.image_ids) - skipped, skipped_images=skipped))


def heat_maps(net: Net, images: Tensor) -> Tensor:
    """How much each place of an image speaks for each label.

    Rows and columns divide the network's input evenly. The input is the whole image, squashed, so that they divide the
    image evenly too.

    Args:
        net: left in evaluation mode, its parameters without gradients.
        images: uint8 (N, 3, H, W), prepared as for scoring.

    Returns:
        float32 (N, C, h, w). Of each label in each image the largest value is 1, or all are 0 where no place speaks for
        the label: values compare places, not labels.

    Raises:
        ModelError: the backbone has neither places nor attention to look at.
    """
    net.eval()
    net.requires_grad_(False)
    inputs = net.normalised(images)
    if not net.config.uses_map and getattr(net.backbone, "global_pool", "") == "token":
        maps = _attention_maps(net, inputs)
    else:
        maps = _grad_cam(net, inputs)
    largest = maps.amax(dim=(2, 3), keepdim=True)
    return torch.where(largest > 0, maps / largest, 0.0)


def _grad_cam(net: Net, inputs: Tensor) -> Tensor:
    """Grad-CAM (N, C, h, w), equations 1 and 2 of Selvaraju et al. 2017, of normalised images."""
    # the backbone records nothing: its parameters ask for no gradient
    features = net.backbone.forward_features(inputs).detach().requires_grad_()
    seen = _places(net.backbone, features.detach())
    logits = net.head(net.head_input(features))
    maps = []
    for gradient in _gradients(logits, features):
        weights = _places(net.backbone, gradient).mean(dim=(2, 3), keepdim=True)
        maps.append((weights * seen).sum(dim=1).relu())
    return torch.stack(maps, dim=1)


def _attention_maps(net: Net, inputs: Tensor) -> Tensor:
    """What the class token looked at for each label (N, C, h, w), see above, of normalised images."""
    with _recorded_attention(net.backbone) as recorded:
        features = net.backbone.forward_features(inputs)
    logits = net.head(net.head_input(features))
    *below, last = recorded
    passed_on = _roll_out(below, like=last)
    maps = []
    for gradient in _gradients(logits, last):
        # of all queries: those that no logit depends on have no gradient
        looked_at = (gradient * last.detach()).relu().mean(dim=1).sum(dim=1, keepdim=True)
        tokens = (looked_at @ passed_on).transpose(1, 2)
        maps.append(_places(net.backbone, tokens)[:, 0])
    return torch.stack(maps, dim=1)


def _roll_out(attention: list[Tensor], *, like: Tensor) -> Tensor:
    """How much of each token reached each token (N, T, T): Abnar and Zuidema 2020, half attention, half residual."""
    count, _, tokens, _ = like.shape
    identity = torch.eye(tokens).expand(count, -1, -1)
    reached = identity
    for layer in attention:
        reached = (layer.mean(dim=1) + identity) / 2 @ reached
    return reached


def _gradients(logits: Tensor, of: Tensor) -> Iterator[Tensor]:
    """The gradient of each label's logit; images do not depend on each other, so their sum has the gradient of each."""
    for label in range(logits.shape[1]):
        yield torch.autograd.grad(logits[:, label].sum(), of, retain_graph=True)[0]


def _places(backbone: Backbone, features: Tensor) -> Tensor:
    """What `forward_features` gave, or something of its shape, by place: (N, S, H, W)."""
    try:
        return as_map(backbone, features)
    except RecipeError as error:
        raise ModelError(
            f"The backbone {backbone.pretrained_cfg['architecture']} keeps no places apart that could be shown.",
            next_step="Look at a run with another backbone.",
        ) from error


@contextmanager
def _recorded_attention(backbone: nn.Module) -> Iterator[list[Tensor]]:
    """Attention (N, heads, T, T) of every block that runs in the context, in order; the last can be differentiated by.

    Raises:
        ModelError: the backbone has no blocks with attention of timm's kind.
    """
    recorded: list[Tensor] = []
    parts = [part for part in backbone.modules() if hasattr(part, "fused_attn") and hasattr(part, "attn_drop")]
    if not parts:
        raise ModelError(
            f"The backbone {type(backbone).__name__} has no attention that could be shown.",
            next_step="Look at a run with another backbone.",
        )

    def record(_part: nn.Module, _inputs: object, attention: Tensor) -> Tensor:
        recorded.append(attention.detach())
        # from the last block on a graph is recorded
        return recorded[-1].requires_grad_() if len(recorded) == len(parts) else attention

    with ExitStack() as stack:
        for part in parts:
            # timm's fused attention never has the weights in hand
            stack.callback(setattr, part, "fused_attn", part.fused_attn)
            part.fused_attn = False  # type: ignore[assignment]
            handle = part.get_submodule("attn_drop").register_forward_hook(record)
            stack.callback(handle.remove)
        yield recorded
