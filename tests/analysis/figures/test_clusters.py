"""Galleries and classes of clusters, by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hypersearch.analysis.figures.clusterings.clusters import (
    CLUSTER_CONFUSION,
    CLUSTERS,
    cluster_confusion,
    clusters,
)
from hypersearch.clustering.scores.cluster_summary import cluster_summary
from hypersearch.models.data.datasets import Dataset
from tests.analysis.figures.confirmed import HOSTILE, drawn, study_of

LABELS = np.array([1, 1, 1, 0, -1, 2, 2, 1])
CLASSES = np.array([2, 0, 1, 0])  # the last cluster is empty


@pytest.fixture
def arrays(digits: Dataset):
    shades = np.arange(10, 90, 10, dtype=np.uint8)
    images = np.broadcast_to(shades[:, None, None], (8, 4, 4)).copy()
    test = replace(
        digits,
        x_test=images,
        y_test=np.array([0, 0, 1, 2, 2, 1, 1, 0]),
        class_names=("ant", "bee", "cat"),
    )
    return cluster_summary(LABELS, CLASSES, test)


def test_the_largest_clusters_come_first(tmp_path, arrays):
    record = clusters(study_of(tmp_path, "kmeans", arrays), "kmeans")
    assert record.rows() == [
        {"cluster": 1, "size": 4, "class": "ant", "purity": 0.75},
        {"cluster": 2, "size": 2, "class": "bee", "purity": 1.0},
        {"cluster": 0, "size": 1, "class": "cat", "purity": 1.0},
    ]
    assert (record.clusters, record.noise, record.n) == (3, 1, 8)
    assert sorted(record.images_gshw[0, :4, 0, 0].tolist()) == [10, 20, 30, 80]
    assert (record.images_gshw[2, 1:] == 255).all()  # it has no more
    axes = drawn(CLUSTERS, record).axes[0]
    assert axes.get_yticklabels()[0].get_text() == "cluster 1: 4 images\nant 75%"
    assert (
        CLUSTERS.describe(record)
        == "Up to 10 images of each of the 3 largest of 3 clusters of 8 test images, 1 image in"
        " none. The largest has 4 images, 75% of them of its likely class, ant."
    )


def test_classes_in_clusters_by_likely_class_and_noise_last(tmp_path, arrays):
    record = cluster_confusion(study_of(tmp_path, "kmeans", arrays), "kmeans")
    assert record.number_g.tolist() == [1, 2, 0, -1]
    assert record.counts_gc.tolist() == [[3, 1, 0], [0, 2, 0], [0, 0, 1], [0, 0, 1]]
    assert record.shares_gc[0].tolist() == [0.75, 0.25, 0]
    axes = drawn(CLUSTER_CONFUSION, record).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "1 (4)",
        "2 (2)",
        "0 (1)",
        "noise (1)",
    ]
    assert (
        CLUSTER_CONFUSION.describe(record)
        == "Classes in the 3 largest of 3 clusters of 8 test images: of 7 images in these 85.7% are"
        " of their cluster's likely class; 1 image is in no cluster."
    )


def test_many_clusters(tmp_path, digits):
    labels = np.concatenate([np.arange(70), np.repeat(np.arange(5), 58)])
    study = study_of(
        tmp_path, "kmeans", cluster_summary(labels, np.arange(70) % 10, digits), classes=HOSTILE
    )
    record = clusters(study, "kmeans")
    assert record.number_g.tolist() == list(range(20))
    assert (record.size_g[:6].tolist(), record.clusters) == ([59] * 5 + [1], 70)
    drawn(CLUSTERS, record)
    counted = cluster_confusion(study, "kmeans")
    assert (len(counted.counts_gc), counted.clusters) == (30, 70)
    drawn(CLUSTER_CONFUSION, counted)


def test_all_noise_and_classifiers_have_none(tmp_path, digits):
    noise = cluster_summary(np.full(360, -1), np.empty(0, dtype=np.int64), digits)
    study = study_of(tmp_path, "dbscan", noise)
    assert clusters(study, "dbscan") is cluster_confusion(study, "dbscan") is None
    study = study_of(
        tmp_path / "other", "cnn", {"predicted": np.zeros(3), "confusion": np.ones((3, 3))}
    )
    assert clusters(study, "cnn") is cluster_confusion(study, "cnn") is None
