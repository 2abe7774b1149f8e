import numpy as np

from core.project.labels.palette import PALETTE, next_color

# how people without one kind of cone see linear RGB (Machado, Oliveira and Fernandes 2009, severity 1)
SIGHTS = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900],
    ],
}  # fmt: skip


def lab(linear: np.ndarray) -> np.ndarray:
    """CIELAB (n, 3) of linear sRGB (n, 3), white D65."""
    to_xyz = np.array(
        [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.119192, 0.9503041]]
    )
    xyz = np.clip(linear, 0, 1) @ to_xyz.T / (0.95047, 1, 1.08883)
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.column_stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])])


def test_the_palette_can_be_told_apart_with_any_sight():
    rgb = np.array([[int(color[index : index + 2], 16) for index in (1, 3, 5)] for color in PALETTE]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    assert len(PALETTE) == 20
    for sight, matrix in SIGHTS.items():
        seen = lab(linear @ np.array(matrix).T)
        distances = np.linalg.norm(seen[:, None] - seen[None], axis=2)[np.triu_indices(20, 1)]
        assert distances.min() > 15, sight


def test_colors_never_run_out_or_repeat():
    used: list[str] = []
    for _ in range(200):
        used.append(next_color(used))
    assert len(set(used)) == 200
    assert tuple(used[:20]) == PALETTE
    assert all(len(color) == 7 for color in used)


def test_a_freed_color_is_given_again_regardless_of_case():
    assert next_color([color.upper() for color in PALETTE if color != PALETTE[3]]) == PALETTE[3]
