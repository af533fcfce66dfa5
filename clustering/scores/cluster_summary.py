"""Which class each cluster is, how pure it is, and what its images look like.

Shape suffixes: n images, k clusters, c classes, g clusters that are pictured, s images of each, h
height, w width.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hypersearch.clustering.scores.agreement import NOISE, Labels, cluster_sizes, confusion
from hypersearch.models.data.dataset import Dataset

PICTURED = 64  # clusters
EACH = 10  # images of a cluster, as in report R3
MISSING = -1


def cluster_summary(
    labels_n: Labels, classes_k: NDArray[np.int64], dataset: Dataset, seed: int = 0
) -> dict[str, NDArray[np.generic]]:
    """Arrays about a clustering of the test images.

    `classes_k`: the likely class of each cluster, as it was fitted. labels: int32 (n,), -1 for
    noise; truth: int16 (n,), the images' classes; sizes: int32 (k,); classes: int16 (k,), the
    likely class; purity: float32 (k,), the share of a cluster's images that are of it, 0 for an
    empty cluster; confusion: int32 (k, c), clusters by true classes; noise: int32 (c,), how many
    images of each class are in no cluster; and those of `gallery`.
    """
    counts_kc = confusion(labels_n, dataset.y_test, len(classes_k), dataset.n_classes)
    sizes_k = cluster_sizes(labels_n, len(classes_k))
    right_k = counts_kc[np.arange(len(classes_k)), classes_k]
    noise_c = np.bincount(dataset.y_test[labels_n == NOISE], minlength=dataset.n_classes)
    return {
        "labels": labels_n.astype(np.int32),
        "truth": dataset.y_test.astype(np.int16),
        "sizes": sizes_k.astype(np.int32),
        "classes": classes_k.astype(np.int16),
        "purity": (right_k / np.maximum(sizes_k, 1)).astype(np.float32),
        "confusion": counts_kc.astype(np.int32),
        "noise": noise_c.astype(np.int32),
        **gallery(labels_n, len(classes_k), dataset.x_test, seed),
    }


def gallery(
    labels_n: Labels, n_clusters: int, x_nhw: NDArray[np.uint8], seed: int = 0
) -> dict[str, NDArray[np.generic]]:
    """Ten images of each of the 64 largest clusters, drawn by `seed`; all of a smaller one.

    gallery_clusters: int32 (g,), in rising order; gallery: int32 (g, s), the images' numbers, -1
    where there are none; gallery_images: uint8 (g, s, h, w), black there.
    """
    rng = np.random.default_rng(seed)
    largest_k = np.argsort(-cluster_sizes(labels_n, n_clusters), kind="stable")
    shown_g = np.sort(largest_k[:PICTURED])
    numbers_gs = np.full((len(shown_g), EACH), MISSING)
    for row, cluster in enumerate(shown_g):
        drawn = rng.permutation(np.flatnonzero(labels_n == cluster))[:EACH]
        numbers_gs[row, : len(drawn)] = drawn
    images = np.where((numbers_gs == MISSING)[..., None, None], 0, x_nhw[numbers_gs])
    return {
        "gallery_clusters": shown_g.astype(np.int32),
        "gallery": numbers_gs.astype(np.int32),
        "gallery_images": images.astype(np.uint8),
    }


def center_images(centers_kd: NDArray[np.floating], dataset: Dataset) -> NDArray[np.uint8]:
    """Centres in pixels, in [0, 1], float (k, h · w), as images, uint8 (k, h, w)."""
    bytes_kd = (np.clip(centers_kd, 0.0, 1.0) * 255).round().astype(np.uint8)
    return np.asarray(bytes_kd).reshape(-1, *dataset.shape)
