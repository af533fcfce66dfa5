"""What the clusters of the winning clustering hold: images of each, and how many of each class.

Shape suffixes: g clusters that are shown, s images of each, c classes, h height, w width.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from hypersearch.analysis.figures import style
from hypersearch.analysis.figures.base import FigureKind
from hypersearch.analysis.figures.panels import WHITE, Heat, heat_map, mosaic
from hypersearch.analysis.study.evaluation_artifacts import class_names, of_winner
from hypersearch.models.text import counted
from hypersearch.search.storage.study import Study

PICTURED = 20  # clusters whose images are shown
ROWS = 30  # clusters whose classes are counted
COUNTED = 20  # classes up to which cells hold their counts
MISSING = -1


@dataclass(frozen=True)
class Clusters:
    """The largest clusters of the test images, that first: their numbers, sizes, likely classes and
    purity in [0, 1].

    `images_gshw`: uint8, white where a cluster has fewer. `clusters` have images in all, `noise`
    images have no cluster, of `n`.
    """

    names: tuple[str, ...]
    number_g: NDArray[np.int64]
    size_g: NDArray[np.int64]
    class_g: NDArray[np.int64]
    purity_g: NDArray[np.float64]
    images_gshw: NDArray[np.uint8]
    clusters: int
    noise: int
    n: int

    def rows(self) -> list[dict[str, str | float | int]]:
        """A row for each cluster: cluster, size, class, purity."""
        return [
            {
                "cluster": int(self.number_g[g]),
                "size": int(self.size_g[g]),
                "class": self.names[self.class_g[g]],
                "purity": float(self.purity_g[g]),
            }
            for g in range(len(self.number_g))
        ]


def clusters(study: Study, family: str) -> Clusters | None:
    """Of the winner; None where it has no clusters."""
    found = of_winner(
        study, family, "labels", "sizes", "classes", "purity", "gallery", "gallery_images"
    )
    if found is None or not found.arrays["sizes"].any():
        return None
    arrays, size_k = found.arrays, found.arrays["sizes"].astype(np.int64)
    number_g = arrays["gallery_clusters"].astype(np.int64)
    chosen = np.argsort(-size_k[number_g], kind="stable")[:PICTURED]
    chosen = chosen[size_k[number_g[chosen]] > 0]
    number_g, there_gs = number_g[chosen], arrays["gallery"][chosen] != MISSING
    class_g = arrays["classes"].astype(np.int64)[number_g]
    return Clusters(
        names=class_names(study, int(class_g.max()) + 1),
        number_g=number_g,
        size_g=size_k[number_g],
        class_g=class_g,
        purity_g=arrays["purity"].astype(np.float64)[number_g],
        images_gshw=np.where(
            there_gs[..., None, None], arrays["gallery_images"][chosen], WHITE
        ).astype(np.uint8),
        clusters=int((size_k > 0).sum()),
        noise=int((arrays["labels"] < 0).sum()),
        n=len(arrays["labels"]),
    )


def draw_clusters(record: Clusters) -> Figure:
    """A row for each cluster, its words at the left."""
    count = len(record.number_g)
    *_, h, w = record.images_gshw.shape
    figure = style.figure(7.0, 0.2 + count * 0.5 * h / w)
    axes = figure.subplots()
    axes.imshow(
        mosaic(record.images_gshw, gap=1), cmap="gray", vmin=0, vmax=255, interpolation="nearest"
    )
    axes.set_yticks(
        np.arange(count) * (h + 1) + (h - 1) / 2, [_label(row) for row in record.rows()], fontsize=8
    )
    axes.set_xticks([])
    axes.set_anchor("NW")
    axes.tick_params(length=0)
    axes.grid(False)
    axes.spines[:].set_visible(False)
    return figure


def describe_clusters(record: Clusters) -> str:
    """How many there are, and what the largest is."""
    noise = f", {counted(record.noise, 'images')} in none" if record.noise else ""
    first = record.rows()[0]
    return (
        f"Up to {record.images_gshw.shape[1]} images of each of the {len(record.number_g)} largest"
        f" of {counted(record.clusters, 'clusters')} of {record.n:,} test images{noise}. The"
        f" largest has {first['size']:,} images, {first['purity']:.0%} of them of its likely class,"
        f" {style.words(first['class'])}."
    )


@dataclass(frozen=True)
class ClusterConfusion:
    """Images by cluster, or noise (number -1, the last row), and true class: int64 (g, c), sorted
    by likely class.

    Of `clusters` clusters the largest; `n` images in all.
    """

    names: tuple[str, ...]
    number_g: NDArray[np.int64]
    class_g: NDArray[np.int64]
    counts_gc: NDArray[np.int64]
    clusters: int
    n: int

    @property
    def shares_gc(self) -> NDArray[np.float64]:
        """Each row as shares of its cluster's images."""
        return np.asarray(self.counts_gc / np.maximum(self.counts_gc.sum(axis=1, keepdims=True), 1))


def cluster_confusion(study: Study, family: str) -> ClusterConfusion | None:
    """Of the winner; None where it has no clusters."""
    found = of_winner(study, family, "labels", "sizes", "classes", "confusion", "noise")
    if found is None or not found.arrays["sizes"].any():
        return None
    arrays, size_k = found.arrays, found.arrays["sizes"].astype(np.int64)
    class_k, counts_kc = arrays["classes"].astype(np.int64), arrays["confusion"].astype(np.int64)
    largest = np.argsort(-size_k, kind="stable")[:ROWS]
    number_g = np.array(
        sorted(largest[size_k[largest] > 0], key=lambda k: (class_k[k], -size_k[k])), dtype=np.int64
    )
    class_g, counts_gc = class_k[number_g], counts_kc[number_g]
    if arrays["noise"].any():
        number_g, class_g = np.append(number_g, MISSING), np.append(class_g, MISSING)
        counts_gc = np.vstack([counts_gc, arrays["noise"].astype(np.int64)])
    names = class_names(study, counts_kc.shape[1])
    return ClusterConfusion(
        names, number_g, class_g, counts_gc, int((size_k > 0).sum()), len(arrays["labels"])
    )


def draw_cluster_confusion(record: ClusterConfusion) -> Figure:
    """Colours are shares of a row, so that clusters of unequal size compare."""
    figure = style.figure(7.0, float(np.clip(1.5 + 0.26 * len(record.number_g), 3.0, 9.5)))
    counts_gc, sizes_g = record.counts_gc, record.counts_gc.sum(axis=1)
    labels = [f"{_number(k)} ({size:,})" for k, size in zip(record.number_g, sizes_g, strict=True)]
    cells = counts_gc if counts_gc.shape[1] <= COUNTED else None
    heat_map(figure, Heat(record.shares_gc, cells, labels, record.names), "share of the cluster")
    figure.axes[0].set_xlabel("true class")
    figure.axes[0].set_ylabel("cluster (its images)")
    return figure


def describe_cluster_confusion(record: ClusterConfusion) -> str:
    """How pure the shown clusters are."""
    inside = record.number_g != MISSING
    right = sum(
        counts_c[k]
        for counts_c, k in zip(record.counts_gc[inside], record.class_g[inside], strict=True)
    )
    shown = int(record.counts_gc[inside].sum())
    noise = int(record.counts_gc[~inside].sum())
    return (
        f"Classes in the {int(inside.sum())} largest of {counted(record.clusters, 'clusters')} of"
        f" {record.n:,} test images: of {shown:,} images in these {right / max(shown, 1):.1%} are"
        " of their cluster's likely class"
        + (
            f"; {counted(noise, 'images')} {'is' if noise == 1 else 'are'} in no cluster."
            if noise
            else "."
        )
    )


def _label(row: dict[str, str | float | int]) -> str:
    size = counted(int(row["size"]), "images")
    return f"cluster {row['cluster']}: {size}\n{style.words(row['class'], 20)} {row['purity']:.0%}"


def _number(k: int) -> str:
    return "noise" if k == MISSING else str(k)


CLUSTERS = FigureKind(
    name="clusters",
    title="Images of each cluster, its size, likely class and purity",
    compute=clusters,
    draw=draw_clusters,
    describe=describe_clusters,
    caption=(
        "Some images of each cluster, with its size, its likely class and how much of it"
        " is that class."
    ),
    group="model",
)
CLUSTER_CONFUSION = FigureKind(
    name="cluster_confusion",
    title="Classes in each cluster",
    compute=cluster_confusion,
    draw=draw_cluster_confusion,
    describe=describe_cluster_confusion,
    caption="How the images of each class spread over the clusters.",
    group="model",
)
