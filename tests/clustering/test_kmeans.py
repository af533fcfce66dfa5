"""K-means beside scikit-learn's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from sklearn.metrics import davies_bouldin_score, silhouette_score

from hypersearch.clustering import kmeans
from hypersearch.clustering.centroids import kmeans_run
from hypersearch.clustering.centroids.lloyd import TOLERANCE
from hypersearch.clustering.features.pipeline import Features
from hypersearch.clustering.scores.stability import stability
from hypersearch.models.api import Options
from hypersearch.models.data.arrays import flatten
from hypersearch.models.data.dataset import Dataset


@given(st.integers(1, 60), st.integers(1, 8), st.integers(1, 5), st.integers(0, 2**16))
def test_assign_finds_the_nearest_centre(n: int, k: int, d: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x_nd, centers_kd = rng.random((n, d), dtype=np.float32), rng.random((k, d), dtype=np.float32)
    labels_n, distances_n = kmeans_run.assign(x_nd, centers_kd)
    exact_nk = cdist(x_nd, centers_kd, "sqeuclidean")
    np.testing.assert_allclose(distances_n, exact_nk.min(axis=1), atol=1e-5)
    np.testing.assert_allclose(exact_nk[np.arange(n), labels_n], exact_nk.min(axis=1), atol=1e-5)


@pytest.mark.parametrize("fit_on", ["train", "train+validation"])
def test_inertia_is_that_of_scikit_learn(digits: Dataset, fit_on: str) -> None:
    pixels = kmeans.FAMILY.prepare(digits, Options())
    run = kmeans_run.KMeansRun({"k": 10, "init": "k-means++", "fit_on": fit_on}, pixels, 0)
    first_kd = run.centers_kd
    while not run.finished:
        metrics = run.step()
    x_nd = pixels.x_nd if fit_on == "train+validation" else pixels.x_nd[: pixels.n_train]
    theirs = KMeans(10, init=first_kd, n_init=1, max_iter=300).fit(x_nd)
    assert metrics["inertia"] == pytest.approx(theirs.inertia_, rel=0.005)


@pytest.fixture
def pixels() -> Features:
    """1,797 images of 8 × 8, of which 1,500 are training images."""
    x_nd, y_n = load_digits(return_X_y=True)
    x_nd = (x_nd / 16).astype(np.float32)
    return Features(x_nd=x_nd, y_n=y_n, n_train=1500, n_classes=10, name="raw", transform=flatten)


CONFIG = {"k": 10, "init": "k-means++", "fit_on": "train"}


def test_first_steps_pass_over_fewer_images(pixels: Features) -> None:
    run, rows = kmeans_run.KMeansRun(CONFIG, pixels, 0), list[int]()
    for _ in range(5):
        rows.append(len(run.rows))
        run.step()
    assert rows == [300, 375, 375, 1500, 1500]  # 300: 30 a cluster, more than a sixteenth


def test_first_step_knows_only_its_images(pixels: Features) -> None:
    run = kmeans_run.KMeansRun(CONFIG, pixels, 0)
    unseen = np.setdiff1d(np.arange(len(pixels.x_nd)), run.rows)
    other_nd = pixels.x_nd.copy()
    other_nd[unseen] = 0.5
    other = kmeans_run.KMeansRun(CONFIG, replace(pixels, x_nd=other_nd), 0)
    assert other.step()["inertia"] != run.step()["inertia"]
    np.testing.assert_array_equal(other.centers_kd, run.centers_kd)
    other.step()
    run.step()
    assert not np.array_equal(other.centers_kd, run.centers_kd)


def test_inertia_is_of_all_fitted_images_from_the_first_step(pixels: Features) -> None:
    run = kmeans_run.KMeansRun(CONFIG, pixels, 0)
    for _ in range(6):
        inertia = run.step()["inertia"]
        nearest_n = cdist(pixels.x_nd[:1500], run.centers_kd, "sqeuclidean").min(axis=1)
        assert inertia == pytest.approx(nearest_n.sum(), rel=1e-6)


def test_the_ladder_ends_where_passes_over_all_images_stand_still(pixels: Features) -> None:
    run = kmeans_run.KMeansRun(CONFIG, pixels, 0)
    while not run.finished:
        last = run.step()
    assert len(run.rows) == 1500
    x_nd = pixels.x_nd[:1500]
    further = KMeans(10, init=run.centers_kd, n_init=1, max_iter=1, tol=0.0).fit(x_nd)
    assert last["inertia"] == pytest.approx(further.inertia_, rel=1e-4)
    shift = ((further.cluster_centers_ - run.centers_kd) ** 2).sum()
    assert shift <= 10 * TOLERANCE * x_nd.var(axis=0).mean()


def test_inertia_of_ladders_is_that_of_scikit_learn(pixels: Features) -> None:
    ours = []
    for seed in range(3):
        run = kmeans_run.KMeansRun({**CONFIG, "fit_on": "train+validation"}, pixels, seed)
        while not run.finished:
            last = run.step()
        ours.append(last["inertia"])
    theirs = [
        KMeans(10, n_init=1, random_state=seed).fit(pixels.x_nd).inertia_ for seed in range(3)
    ]
    assert np.mean(ours) == pytest.approx(np.mean(theirs), rel=0.02)


@pytest.mark.parametrize("steps", [0, 1, 3, 6])
def test_a_loaded_run_climbs_on_identically(pixels: Features, tmp_path: Path, steps: int) -> None:
    whole, loaded = kmeans_run.KMeansRun(CONFIG, pixels, 0), kmeans_run.KMeansRun(CONFIG, pixels, 0)
    for _ in range(steps):
        whole.step()
    whole.save(tmp_path)
    loaded.load(tmp_path)
    assert [loaded.step() for _ in range(4)] == [whole.step() for _ in range(4)]
    np.testing.assert_array_equal(loaded.centers_kd, whole.centers_kd)


def test_baseline_scores_the_images_it_fits(digits: Dataset) -> None:
    pixels = kmeans.FAMILY.prepare(digits, Options())
    run = kmeans_run.KMeansRun(
        {"k": len(pixels.x_nd), "init": "random", "fit_on": "train+validation"}, pixels, 0
    )
    assert run.step()["accuracy"] == 1.0


def test_more_clusters_than_images_is_unfit(digits: Dataset) -> None:
    reason = kmeans.FAMILY.infeasible_reason(
        {"k": 256, "init": "random", "fit_on": "train"}, digits
    )
    whole = {"k": len(digits.x_train) + 1, "init": "random", "fit_on": "train+validation"}
    assert kmeans.FAMILY.infeasible_reason(whole, digits) is None
    assert reason == f"k = 256 is more than the {len(digits.x_train)} images"


@pytest.mark.parametrize("fit_on", ["train", "train+validation"])
def test_criteria_are_those_of_scikit_learn(pixels: Features, fit_on: str) -> None:
    run = kmeans_run.KMeansRun({**CONFIG, "fit_on": fit_on}, pixels, 0)
    metrics = run.step()
    x_val = pixels.x_nd[1500:]  # whatever is fitted
    assert metrics["davies_bouldin"] == pytest.approx(
        davies_bouldin_score(x_val, run.predict(x_val)), rel=1e-5
    )
    assert metrics["silhouette"] == pytest.approx(
        silhouette_score(x_val, run.predict(x_val)), abs=1e-4
    )


def test_stability_is_that_of_two_small_ones_and_stays(
    pixels: Features, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def spy(fit_predict: Any, x_nd: Any, seed: int, times: int, most: int, judged_nd: Any) -> float:
        def counted(fitted_nd: Any, judged_nd: Any, seed: int) -> Any:
            seen.append(len(fitted_nd))
            return fit_predict(fitted_nd, judged_nd, seed)

        return stability(counted, x_nd, seed, times, most, judged_nd)

    monkeypatch.setattr(kmeans_run, "stability", spy)
    monkeypatch.setattr(kmeans_run, "TWIN", 400)
    run = kmeans_run.KMeansRun(CONFIG, pixels, 0)
    first, second = run.step(), run.step()
    assert seen == [400, 400]
    assert first["stability"] == second["stability"]
    assert 0.3 < first["stability"] < 1.0
    other = kmeans_run.KMeansRun(CONFIG, pixels, 1).step()["stability"]
    assert other != first["stability"]


def test_clusters_that_are_there_are_stable() -> None:
    rng = np.random.default_rng(0)
    y_n = np.arange(600) % 5
    x_nd = (rng.normal(size=(600, 2)) + 50.0 * np.stack([y_n, y_n**2], axis=1)).astype(np.float32)
    made = Features(x_nd=x_nd, y_n=y_n, n_train=500, n_classes=5, name="raw", transform=flatten)
    assert kmeans_run.KMeansRun({**CONFIG, "k": 5}, made, 0).step()["stability"] == 1.0
    assert (
        kmeans_run.KMeansRun({**CONFIG, "k": 251}, made, 0).step()["stability"] == -1.0
    )  # more than half of the images


def test_the_first_step_over_all_images_needs_no_ladder(digits: Dataset) -> None:
    pixels = kmeans.FAMILY.prepare(digits, Options())
    run = kmeans_run.KMeansRun(CONFIG, pixels, 0)
    first_kd = run.centers_kd
    assert len(run.rows) == pixels.n_train
    theirs = KMeans(10, init=first_kd, n_init=1, max_iter=1, tol=0.0).fit(
        pixels.x_nd[: pixels.n_train]
    )
    run.step()
    np.testing.assert_allclose(run.centers_kd, theirs.cluster_centers_, atol=1e-5)
