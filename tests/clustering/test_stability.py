"""How much of a clustering comes back, where the answer is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.cluster import KMeans

from hypersearch.clustering.scores.stability import agreement, halves, stability


def two_means(fitted_nd: Any, judged_nd: Any, seed: int) -> Any:
    return KMeans(2, n_init=1, random_state=seed).fit(fitted_nd).predict(judged_nd)


def by_chance(fitted_nd: Any, judged_nd: Any, seed: int) -> Any:
    return np.random.default_rng(seed).integers(0, 2, len(judged_nd))


def all_in_one(fitted_nd: Any, judged_nd: Any, seed: int) -> Any:
    return np.zeros(len(judged_nd), dtype=int)


def test_what_is_there_comes_back_and_what_is_drawn_does_not() -> None:
    x_nd = np.random.default_rng(0).normal(size=(200, 2))
    apart_nd = x_nd + 20 * (np.arange(200) % 2)[:, None]
    assert stability(two_means, apart_nd, times=2) == 1.0
    assert stability(by_chance, apart_nd) == pytest.approx(0.0, abs=0.1)
    assert stability(two_means, x_nd, times=2) < 0.9  # one cloud can be cut in any direction


def test_one_cluster_agrees_with_itself_but_is_no_clustering() -> None:
    assert stability(all_in_one, np.zeros((10, 1)), times=1) == -1.0
    assert agreement(np.array([0, 0, 1]), np.array([1, 1, 1])) == -1.0


def test_each_fit_sees_half_of_the_images_and_labels_all() -> None:
    seen: list[tuple[set[float], int]] = []

    def spy(fitted_nd: Any, judged_nd: Any, seed: int) -> Any:
        seen.append((set(fitted_nd[:, 0]), len(judged_nd)))
        return np.arange(len(judged_nd)) % 2

    x_nd = np.arange(11.0)[:, None]
    assert stability(spy, x_nd, seed=3, times=2) == 1.0
    assert [(len(rows), n) for rows, n in seen] == [(5, 11)] * 4
    assert not seen[0][0] & seen[1][0]
    assert seen[0][0] != seen[2][0]


def test_fits_may_be_small_and_judge_others() -> None:
    seen: list[tuple[int, int]] = []

    def spy(fitted_nd: Any, judged_nd: Any, seed: int) -> Any:
        seen.append((len(fitted_nd), len(judged_nd)))
        return np.arange(len(judged_nd)) % 2

    stability(spy, np.zeros((50, 1)), times=1, most=8, judged_nd=np.zeros((6, 1)))
    assert seen == [(8, 6), (8, 6)]


def test_halves_have_a_limit() -> None:
    first, second = halves(100, np.random.default_rng(0), most=7)
    assert (len(first), len(second)) == (7, 7)
    assert not set(first) & set(second)
    assert first.tolist() == sorted(first)


def test_agreement_knows_no_names() -> None:
    assert agreement(np.array([0, 0, 1, 2]), np.array([5, 5, 0, 1])) == 1.0
