"""K-means beside scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans

from clustering import kmeans
from models.api import Options
from models.datasets import Dataset


@given(st.integers(1, 60), st.integers(1, 8), st.integers(1, 5), st.integers(0, 2**16))
def test_assign_finds_the_nearest_centre(n: int, k: int, d: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x_nd, centers_kd = rng.random((n, d), dtype=np.float32), rng.random((k, d), dtype=np.float32)
    labels_n, distances_n = kmeans.assign(x_nd, centers_kd)
    exact_nk = cdist(x_nd, centers_kd, "sqeuclidean")
    np.testing.assert_allclose(distances_n, exact_nk.min(axis=1), atol=1e-5)
    np.testing.assert_allclose(exact_nk[np.arange(n), labels_n], exact_nk.min(axis=1), atol=1e-5)


def test_move_takes_means_and_leaves_empty_clusters() -> None:
    x_nd = np.array([[0, 0], [2, 0], [5, 5]], dtype=np.float32)
    before_kd = np.array([[0, 0], [9, 9], [5, 4]], dtype=np.float32)
    after_kd = kmeans.move(x_nd, np.array([0, 0, 2], dtype=np.int32), before_kd)
    np.testing.assert_array_equal(after_kd, [[1, 0], [9, 9], [5, 5]])


@pytest.mark.parametrize("fit_on", ["train", "train+validation"])
def test_inertia_is_that_of_scikit_learn(digits: Dataset, fit_on: str) -> None:
    pixels = kmeans.FAMILY.prepare(digits, Options())
    run = kmeans.KMeansRun({"k": 10, "init": "k-means++", "fit_on": fit_on}, pixels, 0)
    first_kd = run.centers_kd
    while not run.finished:
        metrics = run.step()
    x_nd = pixels.x_nd if fit_on == "train+validation" else pixels.x_nd[: pixels.n_train]
    theirs = KMeans(10, init=first_kd, n_init=1, max_iter=300).fit(x_nd)
    assert metrics["inertia"] == pytest.approx(theirs.inertia_, rel=0.005)


def test_baseline_scores_the_images_it_fits(digits: Dataset) -> None:
    pixels = kmeans.FAMILY.prepare(digits, Options())
    run = kmeans.KMeansRun({"k": len(pixels.x_nd), "init": "random", "fit_on": "train+validation"}, pixels, 0)
    assert run.step()["accuracy"] == 1.0


def test_more_clusters_than_images_is_unfit(digits: Dataset) -> None:
    reason = kmeans.FAMILY.unfit({"k": 256, "init": "random", "fit_on": "train"}, digits)
    whole = {"k": len(digits.x_train) + 1, "init": "random", "fit_on": "train+validation"}
    assert kmeans.FAMILY.unfit(whole, digits) is None
    assert reason == f"k = 256 is more than the {len(digits.x_train)} images"
