"""Which rows are embedded, how they are coloured, and their scores."""

from __future__ import annotations

import numpy as np
import pytest

from hypersearch.analysis.figures.models.embeddings import EMBEDDINGS, embeddings
from hypersearch.analysis.projections import separation, stored_planes
from tests.analysis.figures.confirmed import HOSTILE, confirmed, drawn, search, study_of

N = 60
TRUTH = np.arange(N) % 3
CODES = np.random.default_rng(0).normal(0, 0.1, (N, 4)) + 10 * np.eye(4)[TRUTH]


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(
        stored_planes, "METHODS", {"PCA": separation.pca, "UMAP": lambda rows: None}
    )


def test_codes_of_an_autoencoder(tmp_path):
    arrays = {"codes": CODES, "truth": TRUTH}
    record = embeddings(study_of(tmp_path, "vae", arrays, classes=HOSTILE), "vae")
    (only,) = record.embeddings  # UMAP is not installed, and there are no pixels
    assert (only.rows, only.method, record.ranks_m) == ("codes", "PCA", None)
    np.testing.assert_array_equal(only.places_m2, separation.pca(CODES.astype(np.float32)))
    assert only.scores.knn_accuracy == 1.0
    (row,) = record.rows()
    assert list(row) == [
        "rows",
        "method",
        "knn_accuracy",
        "trustworthiness",
        "silhouette",
        "knn_accuracy_before",
    ]
    assert (row["knn_accuracy_before"], row["silhouette"]) == (1.0, only.scores.silhouette)
    drawn(EMBEDDINGS, record)
    assert EMBEDDINGS.describe(record).startswith(
        "60 test images in two dimensions, coloured by class; named rightly by"
    )


def test_pixels_too_where_they_are_at_hand(tmp_path, digits):
    arrays = {"codes": np.tile(CODES, (6, 1)), "truth": digits.y_test}
    dataset = {"name": "digits", "classes": tuple("0123456789"), "digest": digits.digest}
    facts = {"dataset": dataset, "config": {"dataset": "digits", "max_samples": 240}, "seed": 0}
    record = embeddings(study_of(tmp_path, "vae", arrays, **facts), "vae")
    assert [(each.rows, each.method) for each in record.embeddings] == [
        ("codes", "PCA"),
        ("pixels", "PCA"),
    ]
    assert record.whole["pixels"] > 0.9 > record.whole["codes"]  # these are not of the digits
    assert len(drawn(EMBEDDINGS, record).axes) == 2


def test_a_clustering_is_shown_among_the_codes_that_it_was_fitted_on(tmp_path):
    labels = np.where(np.arange(N) < 5, -1, np.where(TRUTH == 2, 0, 1))
    searches = [search("autoencoder"), search("kmeans", features="autoencoder:demo,umap:2")]
    study = study_of(tmp_path, "kmeans", {"labels": labels, "truth": TRUTH}, searches=searches)
    assert embeddings(study, "kmeans") is None  # neither codes nor pixels
    confirmed(tmp_path, "autoencoder", {"codes": CODES, "truth": TRUTH})
    record = embeddings(study, "kmeans")
    assert [each.rows for each in record.embeddings] == ["codes"]
    assert set(record.ranks_m[:5].tolist()) == {-1}
    assert record.ranks_m[5:].tolist() == [
        1 if true == 2 else 0 for true in TRUTH[5:]
    ]  # the larger cluster is first
    assert [axes.get_ylabel() for axes in drawn(EMBEDDINGS, record).axes] == [
        "codes, by class",
        "codes, by cluster",
    ]


def test_no_more_than_1500_images(tmp_path):
    arrays = {"codes": np.tile(CODES, (30, 1)), "truth": np.tile(TRUTH, 30)}
    record = embeddings(study_of(tmp_path, "vae", arrays), "vae")
    assert record.embeddings[0].places_m2.shape == (1500, 2)
    assert len(record.classes_m) == 1500


def test_others_have_none(tmp_path):
    assert (
        embeddings(study_of(tmp_path, "cnn", {"predicted": TRUTH, "truth": TRUTH}), "cnn") is None
    )
    few = {"codes": CODES[:19], "truth": TRUTH[:19]}
    assert embeddings(study_of(tmp_path / "few", "vae", few), "vae") is None
    assert embeddings(study_of(tmp_path / "none", "vae"), "vae") is None
