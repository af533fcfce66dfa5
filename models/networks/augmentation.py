"""Images altered a little, anew in each epoch, by NumPy.

It costs a hundredth of the epoch and works with every backend. Shape suffixes: n images, h height,
w width.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hypersearch.models.api import Choice, Condition, Config, Float, Int, Parameter
from hypersearch.models.data.idx import Pixels

AREA = (0.02, 0.2)  # of an image that is erased
ASPECT = (0.5, 2.0)  # of the rectangle, height to width


def augmentation_space(when: Condition | None = None) -> dict[str, Parameter]:
    """The parameters that `augmented` reads, all under the condition `when`.

    They are how far images are shifted (pixels), whether they are mirrored, and the share that
    loses a rectangle.
    """
    always = dict(when or {})
    return {
        "shift": Int(0, 3, when=always),
        "flip": Choice((True, False), when=always),
        "erasing": Float(0.0, 0.5, when=always, upper_bound=1.0),
    }


def augmented(x_nhw: Pixels, draws: np.random.Generator, config: Config) -> Pixels:
    """A copy of the images, shifted, mirrored and partly erased as `config` says.

    What is shifted in at the sides is black.
    """
    shift, erasing = int(config.get("shift") or 0), float(config.get("erasing") or 0.0)
    x_nhw = shifted(x_nhw, draws, shift) if shift else x_nhw.copy()
    if config.get("flip"):
        mirror_n = draws.random(len(x_nhw)) < 0.5
        x_nhw[mirror_n] = x_nhw[mirror_n, :, ::-1]
    if erasing:
        erase(x_nhw, draws, erasing)
    return x_nhw


def shifted(x_nhw: Pixels, draws: np.random.Generator, most: int) -> Pixels:
    """Each image moved by -`most` … `most` pixels, down and to the right."""
    n, height, width = x_nhw.shape
    padded = np.pad(x_nhw, ((0, 0), (most, most), (most, most)))
    down_n, right_n = draws.integers(0, 2 * most + 1, (2, n))
    moved = np.empty_like(x_nhw)
    for down in range(2 * most + 1):
        for right in range(2 * most + 1):
            these = np.flatnonzero((down_n == down) & (right_n == right))
            moved[these] = padded[these, down : down + height, right : right + width]
    return moved


def erase(x_nhw: Pixels, draws: np.random.Generator, share: float) -> None:
    """Fill a rectangle with noise in a `share` of the images, in place.

    Random erasing (arXiv 1708.04896); `AREA` is the paper's s_l and s_h, `ASPECT` its r_1 and
    1 / r_1.
    """
    n, height, width = x_nhw.shape
    chosen = np.flatnonzero(draws.random(n) < share)
    area_k = draws.uniform(*AREA, len(chosen)) * height * width
    aspect_k = np.exp(draws.uniform(np.log(ASPECT[0]), np.log(ASPECT[1]), len(chosen)))
    high_k, wide_k = _sides(area_k * aspect_k, height), _sides(area_k / aspect_k, width)
    top_k, left_k = draws.integers(0, height - high_k + 1), draws.integers(0, width - wide_k + 1)
    inside = (
        _between(top_k, high_k, height)[:, :, None] & _between(left_k, wide_k, width)[:, None, :]
    )
    patch = x_nhw[chosen]
    patch[inside] = draws.integers(0, 256, int(inside.sum()), dtype=np.uint8)
    x_nhw[chosen] = patch


def _sides(squares_k: Any, longest: int) -> Any:
    return np.clip(np.sqrt(squares_k).round().astype(int), 1, longest)


def _between(first_k: Any, length_k: Any, size: int) -> Any:
    """A boolean array (k, size): which places lie in the stretch."""
    place = np.arange(size)
    return (place >= first_k[:, None]) & (place < (first_k + length_k)[:, None])
