"""What pictures and tables need of a latent space.

That is reconstructions, samples, ways between codes, a grid, and the codes of each epoch. Shape
suffixes: n images, h height, w width, d latent dimensions, s side of the grid, p pairs of codes, t
steps between them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

from hypersearch.models.data.dataset import Dataset

Decode: TypeAlias = Callable[[Any], Any]
"""From codes, float32 (n, d), to pixels in [0, 1], (n, h, w)."""

Recognizer: TypeAlias = Callable[[Any], float]
"""The share of images, float (n, h, w) in [0, 1], that a trained classifier is sure of."""

FILMED = 1_000  # validation images whose codes are kept for each epoch
SHOWN = 100  # images of each kind that are kept
JUDGED = 2_000  # images of each kind that are judged
SIDE = 15  # of the grid
MARGIN = 0.02  # of the codes that the grid leaves out at each end of an axis
STEPS = np.linspace(0.0, 1.0, 9)  # from the code of one image to that of another


def latent_artifacts(
    decode: Decode, codes_nd: Any, prior_nd: Any, dataset: Dataset, recognized: Recognizer
) -> tuple[Mapping[str, float], Mapping[str, Any]]:
    """Figures and arrays of a latent space.

    They are made from the codes of the test images and as many draws from the prior.

    Figures, each a share in [0, 1] that `recognized` gives: `recognised` of the reconstructions,
    `prior_recognised` of what is decoded from the prior (how complete the space is),
    `between_recognised` of what lies half way between two images' codes (how continuous). Arrays:
    codes float16 (n, d); truth int16 (n,), the images' classes; originals, reconstructions and
    samples uint8 (100, h, w); between uint8 (p, t, h, w); grid and where it lies (`decode_grid`).
    """
    draws = np.random.default_rng(0)
    one_nd, other_nd = codes_nd[draws.permutation(len(codes_nd))[:JUDGED]], codes_nd[:JUDGED]
    kinds_nd = {"": other_nd, "prior_": prior_nd[:JUDGED], "between_": (one_nd + other_nd) / 2}
    pixels_nhw = {kind: decode(some_nd) for kind, some_nd in kinds_nd.items()}
    ways_ptd = one_nd[:10, None] + STEPS[:, None] * (other_nd - one_nd)[:10, None]
    arrays = {
        "codes": codes_nd.astype(np.float16),
        "truth": dataset.y_test.astype(np.int16),
        "originals": dataset.x_test[:SHOWN],
        "reconstructions": as_bytes(pixels_nhw[""][:SHOWN]),
        "samples": as_bytes(pixels_nhw["prior_"][:SHOWN]),
        "between": _decoded(decode, ways_ptd),
        **decode_grid(decode, codes_nd),
    }
    return {f"{kind}recognised": recognized(pixels) for kind, pixels in pixels_nhw.items()}, arrays


def decode_grid(decode: Decode, codes_nd: Any, side: int = SIDE) -> dict[str, Any]:
    """The decoded manifold: what the points of a grid over the codes decode to.

    As figure 4 of arXiv 1312.6114. grid: uint8 (s, s, h, w), rows along the second axis from the
    top down; grid_axis: float32 (2, s), where along each axis. The axes are the two latent
    dimensions, or of more than two the principal axes of the codes: grid_plane, float32 (2, d),
    through grid_origin (d,). Each goes from the 2nd to the 98th percentile of the codes.
    """
    origin_d, plane_2d = principal_plane(codes_nd)
    low_2, high_2 = np.quantile((codes_nd - origin_d) @ plane_2d.T, [MARGIN, 1 - MARGIN], axis=0)
    axis_2s = np.linspace(low_2, high_2, side, axis=1)
    across_s, down_s = axis_2s[0], axis_2s[1][::-1]
    places_ss2 = np.stack(np.meshgrid(across_s, down_s), axis=-1)
    return {
        "grid": _decoded(decode, origin_d + places_ss2 @ plane_2d),
        "grid_axis": axis_2s.astype(np.float32),
        "grid_plane": plane_2d.astype(np.float32),
        "grid_origin": origin_d.astype(np.float32),
    }


def principal_plane(codes_nd: Any) -> tuple[Any, Any]:
    """A point (d,) and two directions (2, d) that span a plane through the codes.

    Up to two dimensions, they are the axes themselves; else they are the codes' principal axes.
    """
    d = codes_nd.shape[1]
    if d <= 2:
        return np.zeros(d), np.eye(2, d)
    origin_d = codes_nd.mean(axis=0, dtype=np.float64)
    _, _, axes_dd = np.linalg.svd(np.cov(codes_nd - origin_d, rowvar=False, bias=True))
    return origin_d, axes_dd[:2]


def as_bytes(pixels: Any) -> Any:
    """Pixels in [0, 1] as uint8, 0 to 255."""
    return (pixels * 255).round().astype(np.uint8)


def _decoded(decode: Decode, codes: Any) -> Any:
    """Images, uint8, of codes in any arrangement (…, d)."""
    *arrangement, d = codes.shape
    pixels_nhw = decode(codes.reshape(-1, d).astype(np.float32))
    return as_bytes(pixels_nhw).reshape(*arrangement, *pixels_nhw.shape[1:])
