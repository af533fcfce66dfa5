"""Lloyd's passes beside scikit-learn's and beside distances that are computed one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits

from hypersearch.clustering.centroids import lloyd
from hypersearch.clustering.centroids.lloyd import Lloyd, nearest_other, nearest_two


@pytest.fixture(scope="module")
def x_nd() -> np.ndarray:
    return (load_digits().data / 16.0).astype(np.float32)


@pytest.fixture(scope="module")
def first_kd(x_nd: np.ndarray) -> np.ndarray:
    """Off the rows by a little: these are so coarse that they would be as near to one centre as to
    another.
    """
    return x_nd[:12] + 0.01 * np.random.default_rng(0).random((12, x_nd.shape[1]), dtype=np.float32)


@pytest.fixture
def begun(x_nd: np.ndarray, first_kd: np.ndarray) -> Lloyd:
    return Lloyd(x_nd, 12).start(first_kd)


@settings(deadline=None)
@given(
    st.integers(1, 60), st.integers(1, 8), st.integers(1, 5), st.booleans(), st.integers(0, 2**16)
)
def test_each_pass_leaves_nearest_centres_and_less_inertia(
    n: int, k: int, d: int, coarse: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    x_nd = rng.random((n, d), dtype=np.float32)
    x_nd = x_nd.round() if coarse else x_nd  # many duplicates, and ties between centres
    run = Lloyd(x_nd, k).start(rng.random((k, d), dtype=np.float32))
    for _ in range(6):
        before = run.inertia
        run.step()
        squares_nk = cdist(x_nd, run.centers_kd, "sqeuclidean")
        own_n = squares_nk[np.arange(n), run.labels_n]
        np.testing.assert_allclose(own_n, squares_nk.min(axis=1), atol=1e-5)
        assert run.inertia == pytest.approx(own_n.sum(), abs=1e-4)
        assert run.inertia <= before + 1e-4


@pytest.mark.parametrize("passes", [1, 3, 9])
def test_passes_are_those_of_scikit_learn(
    x_nd: np.ndarray, first_kd: np.ndarray, begun: Lloyd, passes: int
) -> None:
    theirs = KMeans(12, init=first_kd, n_init=1, max_iter=passes, tol=0.0, algorithm="lloyd").fit(
        x_nd
    )
    begun.run(0.0, passes)
    np.testing.assert_allclose(begun.centers_kd, theirs.cluster_centers_, atol=1e-5)
    assert begun.inertia == pytest.approx(theirs.inertia_, rel=1e-5)


def test_it_settles_where_scikit_learn_does(
    x_nd: np.ndarray, first_kd: np.ndarray, begun: Lloyd
) -> None:
    theirs = KMeans(12, init=first_kd, n_init=1, algorithm="lloyd").fit(x_nd)
    begun.run(lloyd.TOLERANCE, 300)
    assert begun.settled()
    np.testing.assert_array_equal(begun.labels_n, theirs.labels_)


def test_a_pass_by_hand() -> None:
    run = Lloyd(np.array([[0], [2], [3], [9]], dtype=np.float32), 2).start(
        np.array([[0], [3.9]], dtype=np.float32)
    )
    assert run.labels_n.tolist() == [0, 1, 1, 1]
    run.step()
    assert run.centers_kd.ravel().tolist() == pytest.approx([0.0, 14 / 3])
    assert run.shift == pytest.approx((14 / 3 - 3.9) ** 2, rel=1e-5)
    assert (run.labels_n.tolist(), run.changed) == ([0, 0, 1, 1], 1)
    assert run.inertia == pytest.approx(0 + 4 + (14 / 3 - 3) ** 2 + (9 - 14 / 3) ** 2, rel=1e-6)
    assert not run.settled()
    run.step()
    assert (run.centers_kd.ravel().tolist(), run.labels_n.tolist(), run.changed) == (
        [1, 6],
        [0, 0, 0, 1],
        1,
    )
    run.step()
    assert (run.inertia, run.changed) == (pytest.approx(14 / 3), 0)
    assert run.settled()


def test_an_empty_cluster_takes_the_farthest_row() -> None:
    x_nd = np.array([[0], [0], [10]], dtype=np.float32)
    run = Lloyd(x_nd, 3).start(np.array([[0], [50], [51]], dtype=np.float32))
    assert run.labels_n.tolist() == [0, 0, 0]
    run.step()
    assert run.labels_n.tolist() == [0, 0, 1]
    assert run.centers_kd.ravel().tolist() == [0, 10, 51]  # nothing is left for the third


def test_it_adopts_the_clusters_of_another(x_nd: np.ndarray) -> None:
    labels_n = np.random.default_rng(0).integers(0, 5, len(x_nd)).astype(np.int32)
    means_kd = np.array([x_nd[labels_n == j].mean(axis=0, dtype=np.float64) for j in range(5)])
    run = Lloyd(x_nd, 5).adopt(labels_n)
    np.testing.assert_allclose(run.centers_kd, means_kd, atol=1e-6)
    assert run.labels_n.tolist() == Lloyd(x_nd, 5).start(run.centers_kd).labels_n.tolist()


def test_restored_it_goes_on_to_the_bit(x_nd: np.ndarray, begun: Lloyd) -> None:
    begun.run(0.0, 4)
    kept = {name: array.copy() for name, array in begun.state.items()}
    other = Lloyd(x_nd, 12)
    other.restore(kept)
    assert begun.run(0.0, 5).inertia == other.run(0.0, 5).inertia
    for name, array in begun.state.items():
        np.testing.assert_array_equal(other.state[name], array)


def test_most_rows_are_not_measured_again_when_little_moves(
    x_nd: np.ndarray, begun: Lloyd, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, measured = begun.run(lloyd.TOLERANCE, 300), list[int]()
    monkeypatch.setattr(
        lloyd, "nearest_two", lambda d_mk: measured.append(len(d_mk)) or nearest_two(d_mk)
    )
    run.step()
    assert sum(measured) < len(x_nd) / 2


def test_variance_is_the_mean_of_the_features(x_nd: np.ndarray, begun: Lloyd) -> None:
    assert begun.variance == pytest.approx(x_nd.var(axis=0, dtype=np.float64).mean())
    assert Lloyd(x_nd + 3, 1).start(x_nd[:1]).variance == pytest.approx(begun.variance, rel=1e-4)


def test_nearest_other_is_infinite_for_a_single_centre() -> None:
    assert nearest_other(np.zeros((1, 3), dtype=np.float32)).tolist() == [np.inf]
    distances_k = nearest_other(np.array([[0, 0], [3, 4], [3, 5]], dtype=np.float32))
    np.testing.assert_allclose(distances_k, [5, 1, 1], rtol=1e-4)
    assert (distances_k <= [5, 1, 1]).all()


def test_every_row_is_with_its_nearest_centre_after_every_pass_far_from_zero(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lloyd, "BLOCK", 128)
    rng = np.random.default_rng(0)
    x_nd = (
        rng.normal(size=(3000, 20))
        + 4.0 * rng.normal(size=(25, 20))[rng.integers(0, 25, 3000)]
        + 30.0
    ).astype(np.float32)
    means = Lloyd(x_nd, 40).start(x_nd[:40])
    for _ in range(25):
        means.step()
        exact_nk = cdist(
            x_nd.astype(np.float64), means.centers_kd.astype(np.float64), "sqeuclidean"
        )
        own_n = exact_nk[np.arange(len(x_nd)), means.labels_n]
        np.testing.assert_allclose(
            own_n, exact_nk.min(axis=1), atol=0.02
        )  # float32 of |x|² = 18,000 is that coarse
        assert means.inertia == pytest.approx(own_n.sum(), rel=1e-6)
