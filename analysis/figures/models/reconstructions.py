"""Test images over what an autoencoder makes of them, and what the points of its latent space
decode to.

Shape suffixes: m images, s side of the grid, h height, w width.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from hypersearch.analysis.figures import style
from hypersearch.analysis.figures.base import FigureKind
from hypersearch.analysis.figures.panels import mosaic
from hypersearch.analysis.study.evaluation_artifacts import ModelArtifacts, images_of, of_winner
from hypersearch.search.storage.study import Study

COLUMNS, BANDS = 10, 2
TICKS = 5  # of a grid's axis


@dataclass(frozen=True)
class Reconstructions:
    """The first test images and what became of them, uint8 (m, h, w); `mse_m`: of pixels in [0,
    1].
    """

    originals_mhw: NDArray[np.uint8]
    outputs_mhw: NDArray[np.uint8]

    @property
    def mse_m(self) -> NDArray[np.float64]:
        """The mean squared error of each, float64 (m,)."""
        differences_mhw = (self.originals_mhw.astype(np.float64) - self.outputs_mhw) / 255
        return np.asarray((differences_mhw**2).mean(axis=(1, 2)))


def reconstructions(study: Study, family: str) -> Reconstructions | None:
    """Of the winner; None where it reconstructs nothing, or the originals are not at hand."""
    found = of_winner(study, family, "reconstructions")
    originals_mhw = _originals(study, found) if found else None
    if found is None or originals_mhw is None:
        return None
    outputs_mhw = found.arrays["reconstructions"]
    return Reconstructions(originals_mhw[: len(outputs_mhw)], outputs_mhw)


def draw_reconstructions(record: Reconstructions) -> Figure:
    """Two bands of ten images; under each pair its error."""
    shown = min(len(record.outputs_mhw), COLUMNS * BANDS)
    bands = -(-shown // COLUMNS)
    _, h, w = record.originals_mhw.shape
    figure = style.figure(7.0, bands * (1.35 * h / w + 0.3) + 0.1)
    for band, axes in enumerate(figure.subplots(bands, 1, squeeze=False)[:, 0]):
        here = slice(band * COLUMNS, min((band + 1) * COLUMNS, shown))
        _draw_band(axes, record.originals_mhw[here], record.outputs_mhw[here], record.mse_m[here])
    return figure


def describe_reconstructions(record: Reconstructions) -> str:
    """How far off they are."""
    shown, mse_m = min(len(record.outputs_mhw), COLUMNS * BANDS), record.mse_m
    return (
        f"{shown} test images, each over its reconstruction; of the first {len(mse_m)} the mean"
        f" squared error of a pixel is {mse_m.mean():.4f} on average, from {mse_m.min():.4f} to"
        f" {mse_m.max():.4f}."
    )


@dataclass(frozen=True)
class DecodedGrid:
    """What a grid over the codes decodes to: `images_sshw` from the top down, `axis_2s` where along
    each axis.

    `directions`: what the axes are, "code" or "principal axis".
    """

    images_sshw: NDArray[np.uint8]
    axis_2s: NDArray[np.float64]
    directions: str


def decoded_grid(study: Study, family: str) -> DecodedGrid | None:
    """Of the winner; None where it has no latent space."""
    found = of_winner(study, family, "grid", "grid_axis", "grid_plane")
    return grid_of(found) if found else None


def grid_of(found: ModelArtifacts) -> DecodedGrid:
    """The grid in the evidence of an autoencoder."""
    arrays = found.arrays
    return DecodedGrid(arrays["grid"], arrays["grid_axis"].astype(np.float64), directions(found))


def directions(found: ModelArtifacts) -> str:
    """What the axes of a latent space's plane are."""
    return "code" if found.arrays["grid_plane"].shape[1] <= 2 else "principal axis"


def draw_grid(record: DecodedGrid) -> Figure:
    """All images side by side."""
    _, _, h, w = record.images_sshw.shape
    figure = style.figure(7.0, float(np.clip(6.6 * h / w, 3.0, 9.0)))
    draw_grid_into(figure.subplots(), record)
    return figure


def draw_grid_into(axes: Axes, record: DecodedGrid) -> None:
    """The grid, with the places of some of its columns and rows."""
    s, _, h, w = record.images_sshw.shape
    axes.imshow(
        mosaic(record.images_sshw, gap=0), cmap="gray", vmin=0, vmax=255, interpolation="nearest"
    )
    at = np.unique(np.linspace(0, s - 1, TICKS).round().astype(int))
    across, up = record.axis_2s[0][at], record.axis_2s[1][::-1][at]
    axes.set_xticks((at + 0.5) * w - 0.5, [f"{value:.3g}" for value in across])
    axes.set_yticks((at + 0.5) * h - 0.5, [f"{value:.3g}" for value in up])
    axes.set_xlabel(f"{record.directions} 1")
    axes.set_ylabel(f"{record.directions} 2")
    axes.set_anchor("SW")
    axes.grid(False)


def describe_grid(record: DecodedGrid) -> str:
    """Where the grid lies."""
    s = len(record.images_sshw)
    (left, right), (low, high) = record.axis_2s[:, [0, -1]]
    return (
        f"{s} by {s} images decoded from a grid over the latent space, {record.directions} 1 from"
        f" {left:.3g} to {right:.3g} across and {record.directions} 2 from {low:.3g} to {high:.3g}"
        " upwards."
    )


def _originals(study: Study, found: ModelArtifacts) -> NDArray[np.uint8] | None:
    """Those kept with the evidence, or else of the data set if it is there."""
    if found.has("originals"):
        return found.arrays["originals"]
    dataset = images_of(study)
    return dataset.x_test if dataset else None


def _draw_band(
    axes: Axes, originals_mhw: NDArray[np.uint8], outputs_mhw: NDArray[np.uint8], mse_m: object
) -> None:
    both = mosaic(np.stack([originals_mhw, outputs_mhw]))
    m, h, w = originals_mhw.shape
    axes.imshow(both, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    axes.set_xticks(
        np.arange(m) * (w + 1) + (w - 1) / 2,
        [f"{value:.4f}" for value in np.asarray(mse_m)],
        fontsize=7,
    )
    axes.set_yticks([(h - 1) / 2, h + 1 + (h - 1) / 2], ["image", "decoded"], fontsize=7)
    axes.tick_params(length=0)
    axes.grid(False)
    axes.spines[:].set_visible(False)
    axes.set_anchor("SW")
    axes.set_xlim(-0.5, COLUMNS * (w + 1) - 1.5)


RECONSTRUCTIONS = FigureKind(
    name="reconstructions",
    title="Test images and their reconstructions, with the mean squared error",
    compute=reconstructions,
    draw=draw_reconstructions,
    describe=describe_reconstructions,
    caption="Test images above, what comes back from their codes below.",
    group="model",
)
DECODED_GRID = FigureKind(
    name="decoded_grid",
    title="What the latent space decodes to",
    compute=decoded_grid,
    draw=draw_grid,
    describe=describe_grid,
    caption=(
        "What evenly spaced places of the latent space decode to; smooth changes mean a"
        " continuous space."
    ),
    group="model",
)
