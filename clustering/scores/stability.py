"""How much of a clustering comes back when it is fitted on other images.

Shape suffixes: n images, d features.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score

from hypersearch.clustering.scores.agreement import Labels, degenerate
from hypersearch.models.metrics import worst_of

TWIN = 5000  # images, at most, that each of two further clusterings is fitted to in a search

FitPredict = Callable[[Any, Any, int], Labels]
"""Given rows to fit, rows to label, and a seed: the labels of the second."""


def stability(
    fit_predict: FitPredict,
    x_nd: NDArray[np.floating],
    seed: int = 0,
    times: int = 5,
    most: int | None = None,
    judged_nd: NDArray[np.floating] | None = None,
) -> float:
    """The mean agreement of clusterings of two halves of the images, in [-1, 1].

    So many times, the images are parted by chance, each half (of `most` images at most) is fitted,
    and each fit labels all of them, or `judged_nd` (Lange et al. 2004; Ben-Hur et al. 2002, whose
    samples overlap). Agreement: the adjusted Rand index, which needs no correction for the number
    of clusters. Costs `times` fits of both halves.
    """
    rng = np.random.default_rng(seed)
    if judged_nd is None:
        judged_nd = x_nd
    agreements = []
    for _ in range(times):
        one, other = halves(len(x_nd), rng, most)
        one_seed, other_seed = rng.integers(2**31, size=2).tolist()
        first_n = fit_predict(x_nd[one], judged_nd, one_seed)
        second_n = fit_predict(x_nd[other], judged_nd, other_seed)
        agreements.append(agreement(first_n, second_n))
    return float(np.mean(agreements))


def halves(n: int, rng: np.random.Generator, most: int | None = None) -> list[NDArray[np.int64]]:
    """The numbers of two disjoint random halves of n images, in rising order.

    Each has at most `most` images.
    """
    size = min(n // 2, most or n)
    order_n = rng.permutation(n)
    return [np.sort(order_n[:size]), np.sort(order_n[size : 2 * size])]


def agreement(first_n: Labels, second_n: Labels) -> float:
    """The adjusted Rand index of two clusterings of the same images, in [-1, 1].

    -1 if one of them is degenerate. Two that put all images into one cluster would agree perfectly.
    """
    if degenerate(first_n) or degenerate(second_n):
        return worst_of("stability")
    return float(adjusted_rand_score(first_n, second_n))
