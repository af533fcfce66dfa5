"""Test images in two dimensions by PCA, t-SNE and UMAP, coloured by class and by cluster, with
scores.

It settles by numbers what report R1 judged by eye: whether an autoencoder's code, t-SNE or UMAP
tells the classes apart best. Shape suffixes: n test images, m of them that are shown, d columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from hypersearch.analysis.figures import style
from hypersearch.analysis.figures.base import FigureKind
from hypersearch.analysis.figures.panels import legend, scatter, view
from hypersearch.analysis.projections.separation import (
    FEWEST,
    MOST,
    Separation,
    knn_accuracy,
    sample,
    separation,
)
from hypersearch.analysis.projections.stored_planes import planes
from hypersearch.analysis.study.evaluation_artifacts import (
    ModelArtifacts,
    class_names,
    images_of,
    of_winner,
    truth,
)
from hypersearch.models.data.arrays import flatten
from hypersearch.search.storage.study import Study

CODED = ("autoencoder", "vae")
COLOURED = 10  # clusters, the largest, that have a colour of their own


@dataclass(frozen=True)
class Embedding:
    """Places in a plane, float (m, 2), of rows that are "codes" or "pixels", by PCA, t-SNE or UMAP;
    their scores.
    """

    rows: str
    method: str
    places_m2: NDArray[np.float64]
    scores: Separation


@dataclass(frozen=True)
class Embeddings:
    """The same images in several planes. `whole`: by what the rows are, the kNN accuracy in all of
    their columns.

    `ranks_m`: of each image its cluster's place by size, from 0 on, or -1 for noise; None where
    nothing was clustered.
    """

    names: tuple[str, ...]
    classes_m: NDArray[np.int64]
    ranks_m: NDArray[np.int64] | None
    embeddings: tuple[Embedding, ...]
    whole: Mapping[str, float]

    def rows(self) -> list[dict[str, str | float]]:
        """A row for each plane: rows, method, knn_accuracy, trustworthiness, silhouette,
        knn_accuracy_before.
        """
        return [
            {
                "rows": each.rows,
                "method": each.method,
                "knn_accuracy": each.scores.knn_accuracy,
                "trustworthiness": each.scores.trustworthiness,
                "silhouette": each.scores.silhouette,
                "knn_accuracy_before": self.whole[each.rows],
            }
            for each in self.embeddings
        ]


def embeddings(study: Study, family: str) -> Embeddings | None:
    """Of the codes of an autoencoder's winner and of the pixels; of a clustering's, of what it was
    fitted on.

    Pixels, where the data set is at hand; a clustering of an autoencoder's codes is shown among
    those of the same study's winner. None for other families, and for fewer than 20 images. Takes
    half a minute the first time; the planes are kept in the study's folder.
    """
    found = of_winner(study, family)
    if found is None or not (found.has("codes") or found.has("labels")):
        return None
    true_n, sources = truth(study, found), dict(_sources(study, family, found))
    if true_n is None or not sources or len(true_n) < FEWEST:
        return None
    shown_m = sample(len(true_n), MOST)
    classes_m = true_n[shown_m]
    made = [
        each
        for name, x_nd in sources.items()
        for each in _embedded(study, name, x_nd[shown_m], classes_m)
    ]
    whole = {name: knn_accuracy(x_nd[shown_m], classes_m) for name, x_nd in sources.items()}
    ranks_m = _ranks(found.arrays["labels"])[shown_m] if found.has("labels") else None
    return Embeddings(
        class_names(study, int(true_n.max()) + 1), classes_m, ranks_m, tuple(made), whole
    )


def draw_embeddings(record: Embeddings) -> Figure:
    """A column for each method; a row for each kind of rows, by class, and one by cluster."""
    kinds = list(dict.fromkeys(each.rows for each in record.embeddings))
    methods = list(dict.fromkeys(each.method for each in record.embeddings))
    bands = [(kind, record.classes_m) for kind in kinds]
    bands += [(kind, _coloured(record.ranks_m)) for kind in kinds if record.ranks_m is not None]
    figure = style.figure(7.0, 0.8 + 2.55 * len(bands))
    cells = figure.subplots(len(bands), len(methods), squeeze=False)
    for band, (kind, labels_m) in enumerate(bands):
        for each in record.embeddings:
            if each.rows == kind:
                _draw_plane(cells[band, methods.index(each.method)], each, labels_m)
        by = "class" if band < len(kinds) else "cluster"
        cells[band, 0].set_ylabel(f"{kind}, by {by}", fontsize=8)
    legend(figure, record.names)
    return figure


def describe_embeddings(record: Embeddings) -> str:
    """The scores, the plane that tells the classes apart best first."""
    best = sorted(record.embeddings, key=lambda each: -each.scores.knn_accuracy)
    words = [
        f"{each.method} of {each.rows} {each.scores.knn_accuracy:.1%} (trustworthiness "
        f"{each.scores.trustworthiness:.3f}, silhouette {each.scores.silhouette:.3f})"
        for each in best
    ]
    return (
        f"{len(record.classes_m):,} test images in two dimensions, coloured by class; named rightly"
        f" by their 10 nearest neighbours there: {', '.join(words)}."
    )


def _sources(
    study: Study, family: str, found: ModelArtifacts
) -> Iterator[tuple[str, NDArray[np.floating]]]:
    """What the test images are as rows, (n, d), by name."""
    fitted_on = _network(study, family)
    coded = (
        found if found.has("codes") else of_winner(study, fitted_on, "codes") if fitted_on else None
    )
    if coded:
        yield "codes", coded.arrays["codes"].astype(np.float32)
    dataset = images_of(study) if found.has("codes") or not coded else None
    if dataset:
        yield "pixels", flatten(dataset.x_test)


def _network(study: Study, family: str) -> str:
    """The autoencoder of this study on whose codes a clustering was fitted; empty if it was on
    something else.
    """
    first = str(study.search(family).get("features", "")).split(",")[0]
    kind, _, other = first.partition(":")
    return kind if kind in CODED and other in ("", study.name) else ""


def _embedded(
    study: Study, name: str, rows_md: NDArray[np.floating], classes_m: NDArray[np.int64]
) -> Iterator[Embedding]:
    for method, places_m2 in planes(study.folder, rows_md):
        yield Embedding(name, method, places_m2, separation(rows_md, places_m2, classes_m))


def _ranks(labels_n: NDArray[np.integer]) -> NDArray[np.int64]:
    """Of each image its cluster's place by size; -1 for noise."""
    size_k = np.bincount(labels_n[labels_n >= 0], minlength=int(labels_n.max(initial=0)) + 1)
    place_k = np.empty(len(size_k), dtype=np.int64)
    place_k[np.argsort(-size_k, kind="stable")] = np.arange(len(size_k))
    return np.where(labels_n >= 0, place_k[labels_n], -1)


def _coloured(ranks_m: NDArray[np.int64] | None) -> NDArray[np.int64]:
    """The ten largest clusters have colours; the others are as gray as noise."""
    assert ranks_m is not None
    return np.where(ranks_m < COLOURED, ranks_m, -1)


def _draw_plane(axes: Axes, each: Embedding, labels_m: NDArray[np.int64]) -> None:
    scatter(axes, each.places_m2, labels_m, size=3.5)
    across, up = view(each.places_m2)
    axes.set(xlim=across, ylim=up, xticks=[], yticks=[], title=f"{each.method} of {each.rows}")
    scores = each.scores
    words = (
        f"kNN {scores.knn_accuracy:.3f}, trust {scores.trustworthiness:.3f}\nsilhouette"
        f" {scores.silhouette:.3f}"
    )
    axes.set_xlabel(words, fontsize=7.5)


EMBEDDINGS = FigureKind(
    name="embeddings",
    title="Test images by PCA, t-SNE and UMAP, and how well each tells classes apart",
    compute=embeddings,
    draw=draw_embeddings,
    describe=describe_embeddings,
    caption=(
        "The same test images in planes made in several ways, with scores of how well"
        " classes stand apart."
    ),
    group="model",
    cost=20,  # of t-SNE and UMAP, where their planes are not stored yet
)
