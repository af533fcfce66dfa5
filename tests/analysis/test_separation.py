"""Scores of planes, by hand and beside scikit-learn."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest
from sklearn.decomposition import PCA

from hypersearch.analysis.projections.separation import (
    METHODS,
    knn_accuracy,
    pca,
    sample,
    separation,
    umap,
)

DRAWS = np.random.default_rng(0)


def test_two_classes_in_two_places():
    rows = np.repeat([[0.0, 0.0], [1.0, 0.0]], 15, axis=0) + DRAWS.normal(0, 1e-6, (30, 2))
    found = separation(rows, rows, np.repeat([0, 1], 15))
    assert (found.knn_accuracy, found.trustworthiness) == (1.0, 1.0)
    assert found.silhouette == pytest.approx(1.0, abs=1e-4)


def test_a_plane_that_has_nothing_to_do_with_the_rows():
    rows, places = DRAWS.normal(size=(200, 5)), DRAWS.normal(size=(200, 2))
    found = separation(rows, places, np.arange(200) % 4)
    assert found.knn_accuracy == pytest.approx(0.25, abs=0.1)
    assert found.trustworthiness == pytest.approx(0.5, abs=0.05)
    assert abs(found.silhouette) < 0.1


def test_a_single_class_and_too_few_rows():
    rows = DRAWS.normal(size=(20, 2))
    assert math.isnan(separation(rows, rows, np.zeros(20, int)).silhouette)
    assert knn_accuracy(rows, np.zeros(20, int)) == 1.0
    assert math.isnan(knn_accuracy(rows[:19], np.zeros(19, int)))


def test_each_row_is_named_by_others():
    """Ten rows of a class at each place, and one stranger there: the stranger alone is named
    wrongly.
    """
    rows = np.repeat([[0.0, 0.0], [1.0, 0.0]], 20, axis=0) + DRAWS.normal(0, 1e-3, (40, 2))
    classes = np.repeat([0, 1], 20)
    classes[3] = 1
    assert knn_accuracy(rows, classes) == 39 / 40


def test_pca_is_that_of_scikit_learn_up_to_sign():
    rows = DRAWS.normal(size=(50, 6)) * [5, 1, 3, 1, 1, 1]
    np.testing.assert_allclose(np.abs(pca(rows)), np.abs(PCA(2).fit_transform(rows)), atol=1e-6)
    np.testing.assert_array_equal(pca(rows[:, :2]), rows[:, :2])


def test_a_sample_is_always_the_same_and_in_order():
    drawn = sample(100, 10)
    assert drawn.tolist() == sorted(set(drawn.tolist()))
    assert drawn.tolist() == sample(100, 10).tolist()
    assert sample(5, 10).tolist() == [0, 1, 2, 3, 4]


def test_tsne_parts_what_is_apart():
    rows = np.repeat(np.eye(60)[:2] * 100, 15, axis=0) + DRAWS.normal(0, 1, (30, 60))
    places = METHODS["t-SNE"](rows)
    assert places.shape == (30, 2)
    assert knn_accuracy(places, np.repeat([0, 1], 15)) == 1.0
    np.testing.assert_array_equal(places, METHODS["t-SNE"](rows))


def test_umap_that_is_not_installed(monkeypatch):
    monkeypatch.delitem(sys.modules, "umap", raising=False)
    monkeypatch.setattr(
        "hypersearch.models.compat.umap_package.import_module",
        lambda name: __import__("no_such_package"),
    )
    assert umap(np.zeros((30, 3))) is None


@pytest.mark.slow
def test_umap_parts_what_is_apart():
    rows = np.repeat(np.eye(6)[:2] * 100, 20, axis=0) + DRAWS.normal(0, 1, (40, 6))
    assert knn_accuracy(umap(rows), np.repeat([0, 1], 20)) == 1.0
    assert "tensorflow" not in {name for name in sys.modules if "umap" in name}
