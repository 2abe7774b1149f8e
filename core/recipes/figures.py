"""Published figures in words."""

from collections.abc import Sequence

from core.recipes.recipe import Published


def figures_text(published: Sequence[Published]) -> str:
    """Figures, those of one metric together: "mAP 95.86 % (VOC 2007), 88.70 % (COCO)", or "IoU 0.687 of 1 (VOC 2007)".

    They stay on the scale on which they were published, which is said. Those of one metric have as many decimals as the
    longest of them: a file of numbers keeps no trailing zeros.
    """
    parts = []
    for metric in dict.fromkeys(one.metric for one in published):
        alike = [one for one in published if one.metric == metric]
        decimals = max(len(f"{one.value:g}".partition(".")[2]) for one in alike)
        # no figure of a useful model is below one per cent
        scale = "%" if max(one.value for one in alike) > 1 else "of 1"
        values = [f"{one.value:.{decimals}f} {scale} ({one.data_set})" for one in alike]
        parts.append(f"{metric} {', '.join(values)}")
    return "; ".join(parts)
