"""K-means curves beside scikit-learn's `KMeans`, and what they promise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits

from hypersearch.clustering.centroids import curve, lloyd
from hypersearch.clustering.centroids.curve import kmeans_curve
from hypersearch.models.errors import UserError

KS = (40, 2, 10)


@pytest.fixture(scope="module")
def x_nd() -> np.ndarray:
    return (load_digits().data / 16.0).astype(np.float32)


@pytest.fixture
def few_directions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Early passes in leading directions, of rows that would be too few and too narrow for them."""
    monkeypatch.setattr(curve, "LEADING", 16)
    monkeypatch.setattr(curve, "LEARNT_ON", 500)


def same(some: list[curve.KMeansFit], others: list[curve.KMeansFit]) -> bool:
    pairs = list(zip(some, others, strict=True))
    return all(
        (a.k, a.inertia) == (b.k, b.inertia)
        and np.array_equal(a.centers_kd, b.centers_kd)
        and np.array_equal(a.labels_n, b.labels_n)
        for a, b in pairs
    )


def test_inertia_beside_scikit_learn(x_nd: np.ndarray) -> None:
    ours = np.mean(
        [[fit.inertia for fit in kmeans_curve(x_nd, KS, seed)] for seed in range(3)], axis=0
    )
    theirs = [
        np.mean([KMeans(k, n_init=1, random_state=s).fit(x_nd).inertia_ for s in range(3)])
        for k in KS
    ]
    assert (ours <= 1.005 * np.array(theirs)).all()


@pytest.mark.usefixtures("few_directions")
def test_inertia_beside_scikit_learn_by_way_of_leading_directions(x_nd: np.ndarray) -> None:
    test_inertia_beside_scikit_learn(x_nd)


@pytest.mark.usefixtures("few_directions")
def test_labels_are_nearest_centres_and_inertia_is_their_sum(x_nd: np.ndarray) -> None:
    for k, fit in zip(KS, kmeans_curve(x_nd, KS), strict=True):
        squares_nk = cdist(x_nd, fit.centers_kd, "sqeuclidean")
        own_n = squares_nk[np.arange(len(x_nd)), fit.labels_n]
        np.testing.assert_allclose(own_n, squares_nk.min(axis=1), atol=1e-4)
        assert fit.inertia == pytest.approx(own_n.sum(), rel=1e-6)
        assert (fit.k, fit.centers_kd.shape, fit.centers_kd.dtype) == (
            k,
            (k, x_nd.shape[1]),
            np.float32,
        )
        assert (fit.labels_n.shape, fit.labels_n.dtype) == ((len(x_nd),), np.int32)


@pytest.mark.usefixtures("few_directions")
def test_centres_stand_still(x_nd: np.ndarray) -> None:
    (fit,) = kmeans_curve(x_nd, [10])
    means_kd = np.array([x_nd[fit.labels_n == j].mean(axis=0) for j in range(10)])
    assert ((means_kd - fit.centers_kd) ** 2).sum() <= 10 * lloyd.TOLERANCE * x_nd.var(
        axis=0
    ).mean()


@pytest.mark.usefixtures("few_directions")
def test_fits_come_in_the_order_of_ks_and_do_not_depend_on_each_other(x_nd: np.ndarray) -> None:
    several = kmeans_curve(x_nd, [10, 5, 10, 6])
    assert [fit.k for fit in several] == [10, 5, 10, 6]
    assert same(several, [kmeans_curve(x_nd, [k])[0] for k in (10, 5, 10, 6)])


@pytest.mark.usefixtures("few_directions")
def test_threads_do_not_change_the_figures(
    x_nd: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lloyd, "BLOCK", 256)
    assert same(kmeans_curve(x_nd, [10], threads=1), kmeans_curve(x_nd, [10], threads=2))


def test_the_seed_decides(x_nd: np.ndarray) -> None:
    assert same(kmeans_curve(x_nd, [10], seed=1), kmeans_curve(x_nd, [10], seed=1))
    assert not same(kmeans_curve(x_nd, [10], seed=1), kmeans_curve(x_nd, [10], seed=2))


def test_no_ks_no_fits(x_nd: np.ndarray) -> None:
    assert kmeans_curve(x_nd, []) == []


def test_one_cluster_is_the_mean_and_as_many_as_rows_are_the_rows(x_nd: np.ndarray) -> None:
    one, every = kmeans_curve(x_nd[:100], np.array([1, 100]))
    np.testing.assert_allclose(one.centers_kd[0], x_nd[:100].mean(axis=0), atol=1e-6)
    assert every.inertia == pytest.approx(0.0, abs=1e-6)
    assert sorted(every.labels_n.tolist()) == list(range(100))


def test_constant_rows() -> None:
    x_nd = np.full((50, 3), 0.1)
    for fit in kmeans_curve(x_nd, [1, 4, 50]):
        assert fit.inertia == pytest.approx(0.0, abs=1e-12)
        np.testing.assert_allclose(fit.centers_kd[np.unique(fit.labels_n)], 0.1, atol=1e-7)


def test_fewer_distinct_rows_than_clusters() -> None:
    x_nd = np.repeat(np.eye(3, dtype=np.float32), 7, axis=0)
    (fit,) = kmeans_curve(x_nd, [5])
    assert fit.inertia == pytest.approx(0.0, abs=1e-6)


def test_whole_numbers_and_float64_far_from_zero(x_nd: np.ndarray) -> None:
    whole_nd = (x_nd * 16).astype(np.uint8)
    far_nd = whole_nd.astype(np.float64) + 1e7  # float32 would hold no fractions here
    (near,), (far,) = kmeans_curve(whole_nd, [10]), kmeans_curve(far_nd, [10])
    assert (near.centers_kd.dtype, far.centers_kd.dtype) == (np.float32, np.float64)
    assert far.inertia == pytest.approx(
        ((far_nd - far.centers_kd[far.labels_n]) ** 2).sum(), rel=1e-5
    )
    assert far.inertia == pytest.approx(near.inertia, rel=0.01)


@pytest.mark.parametrize(
    ("k", "got"),
    [(0, "0"), (-3, "-3"), (1798, "1798"), (2.5, "2.5"), (True, "True"), ("ten", "'ten'")],
)
def test_a_k_that_cannot_be(x_nd: np.ndarray, k: object, got: str) -> None:
    with pytest.raises(UserError) as error:
        kmeans_curve(x_nd, [10, k])  # type: ignore[list-item]
    assert str(error.value) == f"k must be a whole number from 1 to 1797, the rows of x, got {got}"


@pytest.mark.parametrize(
    ("x_nd", "words"),
    [
        (np.zeros(3), "x must be numbers (n, d), n and d from 1 on, got float64 (3,)"),
        (np.zeros((0, 3)), "x must be numbers (n, d), n and d from 1 on, got float64 (0, 3)"),
        (np.full((2, 2), "a"), "x must be numbers (n, d), n and d from 1 on, got <U1 (2, 2)"),
        (np.array([[0.0], [np.nan]]), "x must be finite, got NaN or infinity"),
    ],
)
def test_rows_that_cannot_be(x_nd: np.ndarray, words: str) -> None:
    with pytest.raises(UserError) as error:
        kmeans_curve(x_nd, [1])
    assert str(error.value) == words


def test_a_seed_that_cannot_be(x_nd: np.ndarray) -> None:
    with pytest.raises(UserError, match=r"^seed must be 0 or more, got -1$"):
        kmeans_curve(x_nd, [2], seed=-1)
