"""DBSCAN grids beside scikit-learn's DBSCAN, label for label, and the family that searches them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.cluster import DBSCAN
from sklearn.metrics import davies_bouldin_score
from sklearn.neighbors import NearestNeighbors

from hypersearch.clustering import dbscan
from hypersearch.clustering.dbscan import DbscanRun, Prepared
from hypersearch.clustering.density_based.dbscan_labels import DbscanLabels
from hypersearch.clustering.density_based.grid import dbscan_grid
from hypersearch.clustering.density_based.k_distance import elbow, k_distances
from hypersearch.clustering.density_based.reachability import Blocks, nearest, reachability_trees
from hypersearch.models.api import Options
from hypersearch.models.data.dataset import Dataset
from hypersearch.models.errors import UserError

KINDS = ("cloud", "clumps", "grid", "copies", "far away", "blob")
SIZES = st.one_of(st.integers(1, 40), st.sampled_from([90, 300]))
DIMENSIONS = st.one_of(st.integers(1, 20), st.sampled_from([33, 50]))


def rows(kind: str, n: int, d: int, dtype: str, seed: int) -> NDArray[np.floating]:
    rng = np.random.default_rng(seed)
    cloud_nd = rng.normal(size=(n, d))
    x_nd = {
        "cloud": cloud_nd,
        "clumps": 0.1 * cloud_nd + 3.0 * rng.integers(0, 3, (n, 1)),
        "grid": rng.integers(0, 3, (n, d)).astype(np.float64),
        "copies": cloud_nd[rng.integers(0, max(n // 3, 1), n)],
        "far away": cloud_nd + 1000.0,
        "blob": 1e-3 * cloud_nd,
    }[kind]
    return x_nd.astype(dtype)


def radii(x_nd: NDArray[np.floating], seed: int) -> list[float]:
    """Distances that occur, exact ones of grids, one that nothing is within, one that all is, and
    some between.
    """
    rng = np.random.default_rng(seed)
    i, j = rng.integers(0, len(x_nd), (2, 4))
    occurring = np.sqrt(((x_nd[i] - x_nd[j]).astype(np.float64) ** 2).sum(axis=1))
    between = rng.random(3) * 2.0 * math.sqrt(x_nd.shape[1])
    return [
        float(r)
        for r in (*occurring, *between, 1.0, math.sqrt(2.0), math.sqrt(3.0), 1e-9, 1e5)
        if r > 0.0
    ]


def one_by_one(
    x_nd: NDArray[np.floating], eps: list[float], min_samples: list[int]
) -> NDArray[np.intp]:
    return np.array(
        [[DBSCAN(eps=e, min_samples=m).fit(x_nd).labels_ for m in min_samples] for e in eps]
    )


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(KINDS),
    SIZES,
    DIMENSIONS,
    st.sampled_from(["float32", "float64"]),
    st.lists(st.integers(1, 25), min_size=1, max_size=3),
    st.integers(0, 2**16),
)
def test_labels_are_those_of_scikit_learn(
    kind: str, n: int, d: int, dtype: str, min_samples: list[int], seed: int
) -> None:
    x_nd = rows(kind, n, d, dtype, seed)
    eps = radii(x_nd, seed)
    np.testing.assert_array_equal(
        dbscan_grid(x_nd, eps, min_samples), one_by_one(x_nd, eps, min_samples)
    )


@pytest.mark.parametrize("d", [2, 20])
def test_labels_over_several_blocks_of_rows(d: int) -> None:
    rng = np.random.default_rng(d)
    x_nd = (rng.normal(size=(1500, d)) + 4.0 * rng.integers(0, 5, (1500, 1))).astype(np.float32)
    curve = k_distances(x_nd, 5)
    eps = [float(r) for r in np.quantile(curve, [0.02, 0.3, 0.7, 0.95]) * 1.0001]
    ours = dbscan_grid(x_nd, eps, [1, 5, 20])
    np.testing.assert_array_equal(ours, one_by_one(x_nd, eps, [1, 5, 20]))
    assert ours.max() > 5


def test_a_clear_setting_does_not_ask_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    x_nd = rows("cloud", 200, 3, "float64", 0)
    theirs = one_by_one(x_nd, [0.4, 0.9], [4, 9])
    monkeypatch.setattr(DbscanLabels, "_followed", lambda *_: pytest.fail("no distance is eps"))
    np.testing.assert_array_equal(dbscan_grid(x_nd, [0.4, 0.9], [4, 9]), theirs)


def test_by_hand() -> None:
    x_nd = np.array([[0.0], [1.0], [2.0], [3.5], [10.0], [11.0], [12.0], [50.0]])
    labels = dbscan_grid(x_nd, [0.9, 1.2, 1.7], [1, 3])
    assert labels.dtype == np.intp
    assert labels[0].tolist() == [[0, 1, 2, 3, 4, 5, 6, 7], [-1] * 8]
    assert labels[1].tolist() == [[0, 0, 0, 1, 2, 2, 2, 3], [0, 0, 0, -1, 1, 1, 1, -1]]
    assert labels[2].tolist() == [[0, 0, 0, 0, 1, 1, 1, 2], [0, 0, 0, 0, 1, 1, 1, -1]]


def test_a_border_row_goes_to_the_lower_cluster() -> None:
    x_nd = np.array([[4.0], [4.1], [4.2], [3.0], [2.0], [1.9], [1.8]])
    assert dbscan_grid(x_nd, [1.05], [4])[0, 0].tolist() == [0, 0, 0, 0, 1, 1, 1]
    assert dbscan_grid(x_nd[::-1], [1.05], [4])[0, 0].tolist() == [0, 0, 0, 0, 1, 1, 1]


def test_settings_keep_their_order_and_may_repeat() -> None:
    x_nd = rows("clumps", 50, 4, "float64", 1)
    forward = dbscan_grid(x_nd, [0.1, 0.2, 0.5], [2, 5])
    np.testing.assert_array_equal(
        dbscan_grid(x_nd, [0.5, 0.2, 0.1, 0.1], [5, 2, 5])[2], forward[0, [1, 0, 1]]
    )


def test_whole_numbers_are_rows_too() -> None:
    x_nd = np.random.default_rng(0).integers(0, 9, (60, 3))
    np.testing.assert_array_equal(
        dbscan_grid(x_nd, [1.0, 2.0], [3]), one_by_one(x_nd, [1.0, 2.0], [3])
    )


@pytest.mark.parametrize(
    ("x_nd", "eps", "min_samples", "words"),
    [
        (
            np.zeros((0, 2)),
            [1.0],
            [1],
            "x must have rows and columns, got an array of shape (0, 2)",
        ),
        (np.zeros(3), [1.0], [1], "x must have rows and columns, got an array of shape (3,)"),
        (np.array([[np.nan, 1.0]]), [1.0], [1], "x must be finite, got 1 values that are not"),
        (np.zeros((2, 2)), [0.0], [1], "eps must be distances above 0 and up to 1e+18, got [0.0]"),
        (
            np.zeros((2, 2)),
            [math.nan],
            [1],
            "eps must be distances above 0 and up to 1e+18, got [nan]",
        ),
        (np.zeros((2, 2)), [], [1], "eps must be distances above 0 and up to 1e+18, got []"),
        (
            np.zeros((2, 2)),
            [1.0],
            [3, 0],
            "min_samples must be whole numbers from 1 on, got [3, 0]",
        ),
        (np.zeros((2, 2)), [1.0], [2.5], "min_samples must be whole numbers from 1 on, got [2.5]"),
    ],
)
def test_what_a_grid_refuses(
    x_nd: NDArray[np.floating], eps: list[float], min_samples: list[int], words: str
) -> None:
    with pytest.raises(UserError) as caught:
        dbscan_grid(x_nd, eps, min_samples)
    assert str(caught.value) == words


@pytest.mark.parametrize("d", [3, 30])
def test_nearest_are_those_of_scikit_learn(d: int) -> None:
    x_nd = np.random.default_rng(0).normal(size=(1300, d)).astype(np.float32)
    square_nk, index_nk = nearest(Blocks(x_nd), 7)
    distance_nk, theirs_nk = NearestNeighbors(n_neighbors=7).fit(x_nd).kneighbors(x_nd)
    np.testing.assert_allclose(np.sqrt(square_nk), distance_nk, atol=1e-5)
    assert np.mean(index_nk == theirs_nk) > 0.999  # but for ties


def test_fewer_rows_than_neighbours() -> None:
    square_nk, index_nk = nearest(Blocks(np.array([[0.0], [3.0], [1.0]])), 9)
    assert square_nk.tolist() == [[0.0, 1.0, 9.0], [0.0, 4.0, 9.0], [0.0, 1.0, 4.0]]
    assert index_nk.tolist() == [[0, 2, 1], [1, 2, 0], [2, 0, 1]]


def test_distances_to_the_kth_neighbour() -> None:
    x_nd = np.array([[0.0], [1.0], [3.0], [7.0]])
    assert k_distances(x_nd, 1).tolist() == [0.0, 0.0, 0.0, 0.0]
    assert k_distances(x_nd, 2).tolist() == [1.0, 1.0, 2.0, 4.0]
    assert k_distances(x_nd, 3).tolist() == [2.0, 3.0, 3.0, 6.0]
    with pytest.raises(UserError, match="k must be from 1 to the number of rows, 4, got 5"):
        k_distances(x_nd, 5)


def test_elbow_is_where_the_curve_bends() -> None:
    flat, steep = np.linspace(1.0, 2.0, 900), np.linspace(2.0, 30.0, 100)
    assert elbow(np.concatenate([flat, steep])) == pytest.approx(2.0, abs=0.5)
    assert math.isnan(elbow(np.full(50, 3.0)))
    assert math.isnan(elbow(np.array([1.0, 2.0])))


CONFIG = {"eps_from": "quantile", "eps_quantile": 0.8, "min_samples": 5, "fit_on": "train"}


@pytest.fixture(scope="module")
def prepared(digits: Dataset) -> Prepared:
    shared: Prepared = dbscan.FAMILY.prepare(digits, Options())
    return shared


def test_a_trial_is_a_cut_of_what_is_shared(prepared: Prepared) -> None:
    run = DbscanRun(CONFIG, prepared, 0)
    metrics = run.step()
    x_nd = prepared.features.x_nd[: prepared.features.n_train]
    theirs = DBSCAN(eps=run.eps, min_samples=5).fit(x_nd)
    np.testing.assert_array_equal(run._labels_n, theirs.labels_)
    assert len(theirs.core_sample_indices_) == pytest.approx(
        0.8 * len(x_nd), abs=3
    )  # more than one where distances tie
    assert metrics["eps"] == run.eps
    assert run.finished


def test_how_far_clusters_lie_apart_leaves_noise_out(prepared: Prepared) -> None:
    run = DbscanRun({**CONFIG, "eps_quantile": 0.55}, prepared, 0)
    metrics = run.step()
    labels_n = run.predict(prepared.x_val)
    there_n = labels_n != -1
    assert 0 < there_n.sum() < len(labels_n)
    theirs = davies_bouldin_score(prepared.x_val[there_n], labels_n[there_n])
    assert metrics["davies_bouldin"] == pytest.approx(theirs, rel=1e-5)


def test_validation_images_go_to_the_nearest_core_image(prepared: Prepared) -> None:
    run = DbscanRun(CONFIG, prepared, 0)
    run.step()
    np.testing.assert_array_equal(run._listed(), run.predict(prepared.x_val))
    fitted = DBSCAN(eps=run.eps, min_samples=5).fit(prepared.reachability.x_nd)
    distance_nk = np.sqrt(
        ((prepared.x_val[:, None] - fitted.components_[None]).astype(np.float64) ** 2).sum(axis=2)
    )
    nearest_n = fitted.labels_[fitted.core_sample_indices_[distance_nk.argmin(axis=1)]]
    expected_n = np.where(distance_nk.min(axis=1) <= run.eps, nearest_n, -1)
    np.testing.assert_array_equal(run.predict(prepared.x_val), expected_n)


def test_lists_that_do_not_suffice_are_made_good(prepared: Prepared) -> None:
    short = replace(
        prepared, near_nk=prepared.near_nk[:, :1], distance_nk=prepared.distance_nk[:, :1]
    )
    config = {**CONFIG, "eps_quantile": 0.3}
    whole, cut = DbscanRun(config, prepared, 0), DbscanRun(config, short, 0)
    assert cut.step() == whole.step()


def test_the_judged_are_clustered_themselves(prepared: Prepared, digits: Dataset) -> None:
    config = {"eps_from": "value", "eps": 1.5, "min_samples": 5, "fit_on": "judged"}
    run = DbscanRun(config, prepared, 0)
    metrics = run.step()
    theirs_n = DBSCAN(eps=1.5, min_samples=5).fit(prepared.x_val).labels_
    assert metrics["noise_fraction"] == pytest.approx(np.mean(theirs_n == -1))
    assert metrics["clusters"] == theirs_n.max() + 1
    evaluation = dbscan.FAMILY.evaluate(run, digits)
    x_nd = prepared.features.transform(digits.x_test)
    np.testing.assert_array_equal(
        evaluation.artifacts["labels"], DBSCAN(eps=1.5, min_samples=5).fit(x_nd).labels_
    )


def test_noise_is_never_right(prepared: Prepared) -> None:
    run = DbscanRun({**CONFIG, "eps_from": "value", "eps": 1.0, "fit_on": "judged"}, prepared, 0)
    scores = run.scores(np.array([0, 0, 0, 1, -1, -1]), np.array([2, 2, 3, 4, 4, 4]))
    assert scores["accuracy"] == pytest.approx(3 / 6)
    assert (scores["clusters"], scores["noise_fraction"]) == (2, pytest.approx(2 / 6))


def test_too_few_images_are_unfit(digits: Dataset) -> None:
    few = replace(digits, x_train=digits.x_train[:20])
    assert (
        dbscan.FAMILY.infeasible_reason({**CONFIG, "min_samples": 30}, few)
        == "min_samples = 30 is more than the 20 images"
    )
    assert dbscan.FAMILY.infeasible_reason({**CONFIG, "min_samples": 20}, few) is None


def test_at_most_so_many_images_are_fitted(
    digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dbscan, "MOST", 60)
    shared = dbscan.FAMILY.prepare(digits, Options(seed=3))
    assert len(np.unique(shared.fitted_n)) == 60
    assert shared.fitted_n.max() < shared.features.n_train
    np.testing.assert_array_equal(shared.reachability.x_nd, shared.features.x_nd[shared.fitted_n])
    assert set(DbscanRun(CONFIG, shared, 0).step()) == set(dbscan.FAMILY.metrics)


def test_no_core_image_leaves_all_to_noise(prepared: Prepared) -> None:
    config = {"eps_from": "value", "eps": 1e-3, "min_samples": 50, "fit_on": "train"}
    run = DbscanRun(config, prepared, 0)
    assert run.step()["noise_fraction"] == 1.0
    assert (run.predict(prepared.x_val) == -1).all()


def test_density_cuts_at_every_eps_within_its_reach() -> None:
    x_nd = rows("cloud", 150, 5, "float64", 2)
    cut = DbscanLabels(reachability_trees(x_nd, [3, 8]))
    for eps in (0.5, 1.1, 1.7, 4.0):
        np.testing.assert_array_equal(cut.labels(eps, [8, 3]), one_by_one(x_nd, [eps], [8, 3])[0])
