"""The codes of images in a plane, in the colours of their classes: of the test images, and over the
epochs.

The plane is that of the decoded grid: the code itself where it has two dimensions, else its
principal plane. Shape suffixes: n images, m of them that are shown, d code, f frames.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from hypersearch.analysis.figures import style
from hypersearch.analysis.figures.base import FigureKind
from hypersearch.analysis.figures.models.reconstructions import directions
from hypersearch.analysis.figures.panels import legend, scatter, view
from hypersearch.analysis.projections.separation import knn_accuracy, sample
from hypersearch.analysis.study.evaluation_artifacts import (
    ModelArtifacts,
    class_names,
    of_winner,
    truth,
)
from hypersearch.search.storage.study import Study

MOST = 3_000  # images that are shown
FRAMES, COLUMNS = 6, 3
PLANE = ("grid_plane", "grid_origin")


@dataclass(frozen=True)
class Latent:
    """`places_m2`: test images in the plane. `share`: of the codes' variance that lies in it, in
    [0, 1].

    `knn_accuracy`: of the 10 nearest neighbours in the plane, in [0, 1]
    (`hypersearch.analysis.projections.separation`).
    """

    names: tuple[str, ...]
    places_m2: NDArray[np.float64]
    classes_m: NDArray[np.int64]
    directions: str
    dimensions: int
    share: float
    knn_accuracy: float
    n: int


def latent(study: Study, family: str) -> Latent | None:
    """Of the winner's codes of the test images; None where there are none, or it is not known what
    they are of.
    """
    found = of_winner(study, family, "codes", *PLANE)
    true_n = truth(study, found) if found else None
    return latent_of(study, found, true_n) if found and true_n is not None else None


def latent_of(study: Study, found: ModelArtifacts, true_n: NDArray[np.int64]) -> Latent:
    """The codes in the evidence of an autoencoder, of images of these classes."""
    codes_nd = found.arrays["codes"].astype(np.float64)
    places_n2, shown_m = projected(found, codes_nd), sample(len(codes_nd), MOST)
    places_m2, classes_m = places_n2[shown_m], true_n[shown_m]
    spread = float(codes_nd.var(axis=0).sum())
    return Latent(
        names=class_names(study, int(true_n.max()) + 1),
        places_m2=places_m2,
        classes_m=classes_m,
        directions=directions(found),
        dimensions=codes_nd.shape[1],
        share=float(places_n2.var(axis=0).sum()) / spread if spread else 1.0,
        knn_accuracy=knn_accuracy(places_m2, classes_m),
        n=len(codes_nd),
    )


def projected(found: ModelArtifacts, codes_nd: NDArray[np.float64]) -> NDArray[np.float64]:
    """Codes, (…, d), in the plane of the decoded grid, (…, 2)."""
    plane_2d, origin_d = (found.arrays[name].astype(np.float64) for name in PLANE)
    return np.asarray((codes_nd - origin_d) @ plane_2d.T)


def draw_latent(record: Latent) -> Figure:
    """One scatter."""
    figure = style.figure(7.0, 6.0)
    draw_latent_into(figure.subplots(), record)
    legend(figure, record.names)
    return figure


def draw_latent_into(axes: Axes, record: Latent) -> None:
    """The scatter with its axes named, without a legend."""
    scatter(axes, record.places_m2, record.classes_m, size=8.0)
    across, up = view(record.places_m2)
    axes.set(xlim=across, ylim=up, xlabel=f"{record.directions} 1", ylabel=f"{record.directions} 2")


def describe_latent(record: Latent) -> str:
    """What part of the codes the plane shows, and how well it tells the classes apart."""
    of = (
        f"{len(record.places_m2):,} of {record.n:,}"
        if record.n > len(record.places_m2)
        else f"{record.n:,}"
    )
    what = (
        "a code of 2 dimensions"
        if record.dimensions <= 2
        else (
            f"the principal plane of a code of {record.dimensions} dimensions, "
            f"which holds {record.share:.0%} of its variance"
        )
    )
    return (
        f"{of} test images in {what}, coloured by class; in this plane their 10 nearest neighbours"
        f" name {record.knn_accuracy:.1%} of them rightly."
    )


@dataclass(frozen=True)
class Film:
    """Validation images in one plane after several epochs, numbered from 1: `places_fm2`."""

    names: tuple[str, ...]
    epochs: tuple[int, ...]
    places_fm2: NDArray[np.float64]
    classes_m: NDArray[np.int64]
    directions: str
    knn_accuracies: tuple[float, ...]


def film(study: Study, family: str) -> Film | None:
    """Of the winner; None where no codes were kept of at least two epochs."""
    found = of_winner(study, family, "film", "film_classes", *PLANE)
    if found is None or len(found.arrays["film"]) < 2:
        return None
    film_emd, classes_m = found.arrays["film"], found.arrays["film_classes"].astype(np.int64)
    chosen_f = np.unique(np.linspace(0, len(film_emd) - 1, FRAMES).round().astype(int))
    places_fm2 = projected(found, film_emd[chosen_f].astype(np.float64))
    return Film(
        names=class_names(study, int(classes_m.max()) + 1),
        epochs=tuple(int(epoch) + 1 for epoch in chosen_f),
        places_fm2=places_fm2,
        classes_m=classes_m,
        directions=directions(found),
        knn_accuracies=tuple(knn_accuracy(places_m2, classes_m) for places_m2 in places_fm2),
    )


def draw_film(record: Film) -> Figure:
    """Three frames a row, all with the same axes."""
    rows = -(-len(record.epochs) // COLUMNS)
    figure = style.figure(7.0, 0.75 + 2.3 * rows)
    cells = figure.subplots(rows, COLUMNS, squeeze=False, sharex=True, sharey=True)
    across, up = view(record.places_fm2.reshape(-1, 2))
    for axes in cells.ravel()[len(record.epochs) :]:
        axes.set_axis_off()
    for axes, epoch, places_m2 in zip(
        cells.ravel(), record.epochs, record.places_fm2, strict=False
    ):
        scatter(axes, places_m2, record.classes_m, size=4.0)
        axes.set(xlim=across, ylim=up, title=f"epoch {epoch}")
    for row in range(rows):
        cells[row, 0].set_ylabel(f"{record.directions} 2")
    for column in range(COLUMNS):
        cells[-1, column].set_xlabel(f"{record.directions} 1")
    legend(figure, record.names)
    return figure


def describe_film(record: Film) -> str:
    """How well the classes can be told apart at the beginning and at the end."""
    return (
        f"{len(record.classes_m):,} validation images in the latent plane after epochs"
        f" {', '.join(map(str, record.epochs))}; their 10 nearest neighbours there name"
        f" {record.knn_accuracies[0]:.1%} of them rightly at first and"
        f" {record.knn_accuracies[-1]:.1%} at last."
    )


LATENT = FigureKind(
    name="latent",
    title="The latent space by class",
    compute=latent,
    draw=draw_latent,
    describe=describe_latent,
    caption=(
        "Codes of test images in the plane, coloured by class; classes that stand apart"
        " can be told apart there."
    ),
    group="model",
)
FILM = FigureKind(
    name="film",
    title="The latent space over the epochs",
    compute=film,
    draw=draw_film,
    describe=describe_film,
    caption="The same images' codes after several epochs, row by row.",
    group="model",
)
