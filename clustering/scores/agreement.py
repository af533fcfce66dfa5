"""How well a clustering agrees with the classes, and how well it does by itself.

A cluster is a whole number from 0 on; `NOISE`, -1, is the label of images that a clustering leaves
out. They count as named wrongly in accuracies, as a cluster of their own in the information
measures and the Rand index, with 0 in the silhouette, and are left out of the Davies-Bouldin index.
Shape suffixes: n images, k clusters, c classes, d features.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from sklearn import metrics

from hypersearch.models.metrics import row_of

Labels = NDArray[np.integer]

NOISE = -1
MOST_NOISE = 0.5  # of the images; with more a clustering is degenerate
MOST_IN_ONE = 0.95  # of the images; with more in one cluster too

EXTERNAL = (
    "homogeneity",
    "completeness",
    "v_measure",
    "nmi",
    "ami",
    "ari",
    "accuracy",
    "hungarian_accuracy",
    "clusters",
)
"""The names of `external_scores`."""


def majority_classes(
    labels_n: Labels, y_n: NDArray[np.int64], n_clusters: int
) -> NDArray[np.int64]:
    """The most frequent class of each cluster, int64 (k,).

    The lowest class on a tie, class 0 for an empty cluster. labels_n: cluster of each image, 0 …
    n_clusters - 1, or `NOISE`.
    """
    counts_kc = confusion(labels_n, y_n, n_clusters, int(y_n.max()) + 1)
    classes_k: NDArray[np.int64] = counts_kc.argmax(axis=1)
    return classes_k


def confusion(
    labels_n: Labels, y_n: NDArray[np.int64], n_clusters: int, n_classes: int
) -> NDArray[np.int64]:
    """How many images of each class are in each cluster, int64 (k, c); noise is in none."""
    counts_kc = np.zeros((n_clusters, n_classes), dtype=np.int64)
    clustered_n = labels_n != NOISE
    np.add.at(counts_kc, (labels_n[clustered_n], y_n[clustered_n]), 1)
    return counts_kc


def named(labels_n: Labels, classes_k: NDArray[np.int64]) -> NDArray[np.int64]:
    """The class of each image's cluster, int64 (n,); -1 for noise."""
    return np.append(classes_k, NOISE)[labels_n]


def external_scores(
    labels_n: Labels, y_n: NDArray[np.int64], classes_k: NDArray[np.int64]
) -> dict[str, float]:
    """How a clustering agrees with the classes, by the names of `EXTERNAL`.

    All are 1 at best, except `clusters`. accuracy: the reports', the share of images whose
    cluster's class, as `classes_k` has it, is their own. It and the homogeneity rise with the
    number of clusters. hungarian_accuracy: see there. The V-measure (Rosenberg and Hirschberg 2007,
    beta = 1) is the harmonic mean of homogeneity and completeness, and equals the NMI by the
    arithmetic mean; AMI (Vinh et al. 2010) and ARI (Hubert and Arabie 1985) are about 0 for labels
    drawn by chance. clusters: how many occur, noise not counted.
    """
    homogeneity, completeness, v_measure = metrics.homogeneity_completeness_v_measure(y_n, labels_n)
    return {
        "homogeneity": float(homogeneity),
        "completeness": float(completeness),
        "v_measure": float(v_measure),
        "nmi": float(metrics.normalized_mutual_info_score(y_n, labels_n)),
        "ami": float(metrics.adjusted_mutual_info_score(y_n, labels_n)),
        "ari": float(metrics.adjusted_rand_score(y_n, labels_n)),
        "accuracy": float(np.mean(named(labels_n, classes_k) == y_n)),
        "hungarian_accuracy": hungarian_accuracy(labels_n, y_n),
        "clusters": float(cluster_count(labels_n)),
    }


def hungarian_accuracy(labels_n: Labels, y_n: NDArray[np.int64]) -> float:
    """The accuracy of the literature, in [0, 1].

    It is that of the best way to give each class a cluster of its own (Kuhn 1955). The clusters
    that go without a class, where there are more of them, count as wrong. Unlike `accuracy` it is
    matched on the very images that it judges.
    """
    counts_kc = confusion(labels_n, y_n, int(labels_n.max(initial=0)) + 1, int(y_n.max()) + 1)
    return float(counts_kc[linear_sum_assignment(counts_kc, maximize=True)].sum() / len(y_n))


def cluster_count(labels_n: Labels) -> int:
    """How many clusters occur, noise not counted."""
    return len(np.unique(labels_n[labels_n != NOISE]))


def cluster_sizes(labels_n: Labels, n_clusters: int) -> NDArray[np.int64]:
    """How many images each cluster has, int64 (k,)."""
    return np.bincount(labels_n[labels_n != NOISE], minlength=n_clusters).astype(np.int64)


def noise_fraction(labels_n: Labels) -> float:
    """The share of images that are in no cluster, in [0, 1]."""
    return float(np.mean(labels_n == NOISE))


def degenerate(labels_n: Labels, most_noise: float = MOST_NOISE) -> str | None:
    """Why these labels, int (n,), are no clustering worth the name, or None."""
    noise = noise_fraction(labels_n)
    if noise == 1.0:
        return "all images are noise"
    if noise > most_noise:
        return f"{noise:.0%} of the images are noise, more than {most_noise:.0%}"
    if cluster_count(labels_n) == 1:
        others = " that are not noise" if noise else ""
        return f"all images{others} are in one cluster"
    largest = float(np.bincount(labels_n[labels_n != NOISE]).max() / len(labels_n))
    return f"{largest:.0%} of the images are in one cluster" if largest > MOST_IN_ONE else None


def guarded(
    scores: Mapping[str, float], labels_n: Labels, most_noise: float = MOST_NOISE
) -> dict[str, float]:
    """The scores of a search's trial, each at its worst for a degenerate clustering.

    Thus no search can be won by putting all images into one cluster, or into none. The worst values
    are in `METRICS`; what has none there (inertia, the number of clusters) stays as it is. The
    figures on test images are not guarded.
    """
    if degenerate(labels_n, most_noise) is None:
        return dict(scores)
    return {**scores, **_worst(scores)}


def _worst(scores: Mapping[str, float]) -> dict[str, float]:
    worst = {name: row_of(name).worst for name in scores}
    return {name: value for name, value in worst.items() if value is not None}
