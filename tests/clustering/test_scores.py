"""Scores of clusterings on cases computed by hand, by brute force, and beside scikit-learn."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from hypersearch.clustering import dbscan, gaussian_mixture, kmeans
from hypersearch.clustering.scores import agreement, silhouette
from hypersearch.clustering.scores.agreement import (
    degenerate,
    external_scores,
    guarded,
    majority_classes,
)
from hypersearch.clustering.scores.silhouette import Silhouette
from hypersearch.models.metrics import METRICS, mode_of, worst_of

CLASSES = st.lists(st.tuples(st.integers(-1, 4), st.integers(0, 3)), min_size=1, max_size=40)
"""Cluster or noise, and class, of each image."""


def test_majority_accuracy_by_hand() -> None:
    labels_n, y_n = np.array([0, 0, 0, 1, 1, 3]), np.array([2, 2, 1, 0, 1, 1])
    classes_k = majority_classes(labels_n, y_n, 4)
    assert classes_k.tolist() == [
        2,
        0,
        0,
        1,
    ]  # a tie takes the lower class, an empty cluster class 0
    found = external_scores(labels_n, y_n, classes_k)
    assert tuple(found) == agreement.EXTERNAL
    assert found["accuracy"] == pytest.approx(4 / 6)
    assert found["hungarian_accuracy"] == pytest.approx(4 / 6)
    assert found["clusters"] == 3
    assert found["v_measure"] == pytest.approx(found["nmi"])
    assert found["v_measure"] == pytest.approx(
        2
        * found["homogeneity"]
        * found["completeness"]
        / (found["homogeneity"] + found["completeness"])
    )


def test_perfect_clustering_scores_one() -> None:
    labels_n, y_n = np.array([1, 1, 0, 2]), np.array([0, 0, 1, 2])
    found = external_scores(labels_n, y_n, majority_classes(labels_n, y_n, 3))
    assert {name for name, value in found.items() if value == pytest.approx(1.0)} == set(found) - {
        "clusters"
    }


def test_the_map_is_learnt_elsewhere_and_applied() -> None:
    labels_n, y_n = np.array([0, 0, 1]), np.array([5, 5, 5])
    assert external_scores(labels_n, y_n, np.array([4, 5]))["accuracy"] == pytest.approx(1 / 3)


def test_clusters_that_go_without_a_class_count_as_wrong() -> None:
    labels_n, y_n = np.array([0, 0, 1, 1, 2, 2]), np.array([0, 0, 0, 0, 1, 1])
    found = external_scores(labels_n, y_n, majority_classes(labels_n, y_n, 3))
    assert found["accuracy"] == 1.0
    assert found["hungarian_accuracy"] == pytest.approx(4 / 6)


@settings(deadline=None)
@given(CLASSES)
def test_hungarian_accuracy_is_the_best_of_all_matchings(pairs: list[tuple[int, int]]) -> None:
    labels_n, y_n = (np.array(column) for column in zip(*pairs, strict=True))
    right = max(
        sum(way[cluster] == label for cluster, label in pairs if cluster >= 0)
        for way in permutations(range(5))
    )
    assert agreement.hungarian_accuracy(labels_n, y_n) == pytest.approx(right / len(pairs))


def test_noise_is_wrong_and_a_cluster_of_its_own() -> None:
    labels_n, y_n = np.array([0, 0, -1, -1, 1]), np.array([0, 0, 0, 1, 1])
    classes_k = majority_classes(labels_n, y_n, 2)
    assert classes_k.tolist() == [0, 1]
    found = external_scores(labels_n, y_n, classes_k)
    assert (found["accuracy"], found["hungarian_accuracy"], found["clusters"]) == (0.6, 0.6, 2)
    assert found["homogeneity"] == pytest.approx(0.588033, abs=1e-6)  # 1 - 0.4 ln 2 / H(0.6, 0.4)
    assert found["completeness"] == pytest.approx(0.375150, abs=1e-6)
    assert found["ami"] == pytest.approx(metrics.adjusted_mutual_info_score(y_n, [0, 0, 2, 2, 1]))
    assert found["ari"] == pytest.approx(metrics.adjusted_rand_score(y_n, [0, 0, 2, 2, 1]))
    assert agreement.noise_fraction(labels_n) == 0.4
    assert agreement.cluster_sizes(labels_n, 3).tolist() == [2, 1, 0]


@settings(deadline=None)
@given(CLASSES)
def test_every_score_is_finite_and_no_worse_than_its_worst(pairs: list[tuple[int, int]]) -> None:
    labels_n, y_n = (np.array(column) for column in zip(*pairs, strict=True))
    x_nd = np.arange(len(pairs), dtype=np.float32)[:, None] ** 2
    found = external_scores(labels_n, y_n, majority_classes(labels_n, y_n, 5))
    found |= {
        "silhouette": Silhouette(x_nd)(labels_n),
        "davies_bouldin": silhouette.davies_bouldin(x_nd, labels_n),
    }
    found["noise_fraction"] = agreement.noise_fraction(labels_n)
    for name, value in found.items():
        better = 1 if mode_of(name) == "max" else -1
        assert np.isfinite(value)
        assert name == "clusters" or better * value >= better * worst_of(name)


def test_all_noise_can_be_scored() -> None:
    labels_n, y_n = np.full(3, -1), np.array([0, 1, 1])
    found = external_scores(labels_n, y_n, majority_classes(labels_n, y_n, 0))
    assert (found["accuracy"], found["hungarian_accuracy"], found["clusters"]) == (0, 0, 0)


LINE = np.array([[0], [1], [10], [5]], dtype=np.float32)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([0, 0, 1, 0], (7 / 10 + 6.5 / 9 + 0 + 0.5 / 5) / 4),  # a = 3, 2.5, -, 4.5; b = 10, 9, -, 5
        ([0, 0, 1, -1], (9 / 10 + 8 / 9 + 0 + 0) / 4),  # noise and clusters of one count 0
        ([0, 1, 2, 3], 0.0),
        ([0, 0, 0, 0], -1.0),
        ([0, 0, -1, -1], -1.0),
        ([-1, -1, -1, -1], -1.0),
    ],
)
def test_silhouette_by_hand(labels: list[int], expected: float) -> None:
    assert Silhouette(LINE)(np.array(labels)) == pytest.approx(expected, abs=1e-6)


def test_silhouette_of_a_sample_is_near_that_of_all() -> None:
    rng = np.random.default_rng(0)
    labels_n = rng.integers(0, 3, 900)
    x_nd = (rng.normal(size=(900, 2)) + 3 * labels_n[:, None]).astype(np.float32)
    whole = metrics.silhouette_score(x_nd, labels_n)
    assert Silhouette(x_nd)(labels_n) == pytest.approx(whole, abs=1e-5)
    sampled = Silhouette(x_nd, rows=300)
    assert sampled(labels_n) == sampled(labels_n) != pytest.approx(whole, abs=1e-9)
    assert sampled(labels_n) == pytest.approx(whole, abs=0.05)
    assert sampled(labels_n) != Silhouette(x_nd, rows=300, seed=1)(labels_n)


def test_davies_bouldin_by_hand() -> None:
    x_nd = np.array([[0.0], [2.0], [10.0], [14.0], [99.0]])
    assert silhouette.davies_bouldin(x_nd, np.array([0, 0, 1, 1, -1])) == pytest.approx(
        (1 + 2) / 11
    )
    assert (
        silhouette.davies_bouldin(x_nd, np.zeros(5, dtype=int))
        == worst_of("davies_bouldin")
        == 1e12
    )
    assert silhouette.davies_bouldin(x_nd, np.arange(5)) == worst_of("davies_bouldin") == 1e12


@settings(deadline=None)
@given(st.integers(3, 60), st.integers(2, 6), st.integers(1, 4), st.integers(0, 2**16))
def test_davies_bouldin_is_that_of_scikit_learn(n: int, k: int, d: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels_n, x_nd = rng.integers(-1, k, n), rng.normal(size=(n, d)).astype(np.float32)
    there_n = labels_n >= 0
    if 2 <= len(set(labels_n[there_n])) < there_n.sum():
        theirs = metrics.davies_bouldin_score(x_nd[there_n].astype(np.float64), labels_n[there_n])
        assert silhouette.davies_bouldin(x_nd, labels_n) == pytest.approx(theirs, rel=1e-5)


def test_davies_bouldin_over_several_blocks_of_rows() -> None:
    rng = np.random.default_rng(0)
    labels_n = rng.integers(0, 5, 2 * silhouette.BLOCK + 100)
    x_nd = rng.normal(size=(len(labels_n), 3)) + labels_n[:, None]
    assert silhouette.davies_bouldin(x_nd, labels_n) == pytest.approx(
        metrics.davies_bouldin_score(x_nd, labels_n)
    )


def test_davies_bouldin_of_clusters_in_one_place() -> None:
    x_nd = np.array([[1.0], [-1.0], [1.0], [-1.0], [8.0], [8.0]])
    labels_n = np.array([0, 0, 1, 1, 2, 2])
    assert (
        silhouette.davies_bouldin(x_nd, labels_n)
        == metrics.davies_bouldin_score(x_nd, labels_n)
        == 1 / 8
    )


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        ([0, 1, 1, 1], None),
        ([0, 1, -1, -1], None),  # half is not more than half
        ([-1, -1], "all images are noise"),
        ([0, 1, -1, -1, -1], "60% of the images are noise, more than 50%"),
        ([3, 3, 3], "all images are in one cluster"),
        ([3, 3, -1], "all images that are not noise are in one cluster"),
    ],
)
def test_degenerate(labels: list[int], reason: str | None) -> None:
    assert degenerate(np.array(labels)) == reason


def test_the_limit_on_noise_is_the_callers() -> None:
    labels_n = np.array([0, 1, 1, -1])
    assert degenerate(labels_n) is None
    assert degenerate(labels_n, most_noise=0.2) == "25% of the images are noise, more than 20%"


def test_a_giant_cluster_beside_a_few_images_is_degenerate() -> None:
    assert degenerate(np.array([0] * 97 + [1] * 3)) == "97% of the images are in one cluster"
    assert degenerate(np.array([0] * 82 + [1] * 3 + [-1] * 15)) is None  # as R3's at eps 45


def test_a_degenerate_clustering_cannot_win() -> None:
    found = {
        "accuracy": 0.9,
        "silhouette": 0.9,
        "bic": -5.0,
        "log_likelihood": 7.0,
        "clusters": 1.0,
        "inertia": 3.0,
    }
    assert guarded(found, np.array([0, 1])) == found
    assert guarded(found, np.array([0, 0])) == {
        "accuracy": 0.0,
        "silhouette": -1.0,
        "bic": 1e12,
        "log_likelihood": -1e12,
        "clusters": 1.0,
        "inertia": 3.0,
    }
    assert guarded(found, np.array([0, 1, 1, -1]), most_noise=0.2)["accuracy"] == 0.0


@settings(deadline=None)
@given(CLASSES)
def test_a_hungarian_accuracy_of_zero_tells_a_degenerate_clustering(
    pairs: list[tuple[int, int]],
) -> None:
    """As analysis/study/cluster_choices.py takes it; an accuracy of zero does not."""
    labels_n, y_n = (np.array(column) for column in zip(*pairs, strict=True))
    found = guarded(external_scores(labels_n, y_n, np.zeros(5, dtype=np.int64)), labels_n)
    assert (found["hungarian_accuracy"] == 0.0) == (degenerate(labels_n) is not None)


def test_every_objective_has_a_worst_value() -> None:
    clusterings = (dbscan.FAMILY, gaussian_mixture.FAMILY, kmeans.FAMILY)
    reported = {name for family in clusterings for name in family.metrics}
    assert {name for name in reported if METRICS[name].ranks_any} == {
        name for name, row in METRICS.items() if row.worst is not None
    }
