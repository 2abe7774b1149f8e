"""Published figures in words."""

from collections.abc import Sequence

from core.recipes.recipe import Published


def figures_text(published: Sequence[Published]) -> str:
    """Figures, those of one metric together: "mAP 95.86 % on VOC 2007, 88.70 % on COCO", or "IoU 0.687 of 1 on VOC".

    They stay on the scale on which they were published, which is said, with the zeros at their ends that a number in a
    file has lost.
    """
    parts = []
    for metric in dict.fromkeys(one.metric for one in published):
        alike = [one for one in published if one.metric == metric]
        # no figure of a useful model is below one per cent; shares are published with three digits, per cent with two
        scale, decimals = ("%", 2) if max(one.value for one in alike) > 1 else ("of 1", 3)
        values = [f"{one.value:.{decimals}f} {scale} on {one.data_set}" for one in alike]
        parts.append(f"{metric} {', '.join(values)}")
    return "; ".join(parts)
