"""How well a clustering agrees with the classes. All scores are 1 at best, up to the usual definitions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics

EXTERNAL = ("homogeneity", "completeness", "v_measure", "nmi", "ari", "accuracy", "clusters")
"""The names of `external_scores`."""


def majority_classes(labels_n: NDArray[np.integer], y_n: NDArray[np.int64], n_clusters: int) -> NDArray[np.int64]:
    """The most frequent class of each cluster, int64 (k,); the lowest class on a tie, class 0 for an empty cluster.

    labels_n: cluster of each image, 0 … n_clusters - 1.
    """
    counts_kc = np.zeros((n_clusters, int(y_n.max()) + 1), dtype=np.int64)
    np.add.at(counts_kc, (labels_n, y_n), 1)
    classes_k: NDArray[np.int64] = counts_kc.argmax(axis=1)
    return classes_k


def external_scores(
    labels_n: NDArray[np.integer], y_n: NDArray[np.int64], classes_k: NDArray[np.int64]
) -> dict[str, float]:
    """Homogeneity, completeness, V-measure, NMI, ARI, and the accuracy of naming each cluster by `classes_k`.

    The V-measure (Rosenberg and Hirschberg 2007, beta = 1) is the harmonic mean of homogeneity and completeness;
    the accuracy is the reports': the share of images whose cluster's majority class is their own.
    """
    homogeneity, completeness, v_measure = metrics.homogeneity_completeness_v_measure(y_n, labels_n)
    return {
        "homogeneity": float(homogeneity),
        "completeness": float(completeness),
        "v_measure": float(v_measure),
        "nmi": float(metrics.normalized_mutual_info_score(y_n, labels_n)),
        "ari": float(metrics.adjusted_rand_score(y_n, labels_n)),
        "accuracy": float(np.mean(classes_k[labels_n] == y_n)),
        "clusters": float(len(np.unique(labels_n))),
    }
