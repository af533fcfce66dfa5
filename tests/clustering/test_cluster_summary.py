"""What is said of clusters, by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hypersearch.clustering import kmeans
from hypersearch.clustering.scores.agreement import external_scores
from hypersearch.clustering.scores.cluster_summary import center_images, cluster_summary, gallery
from hypersearch.models.api import Options
from hypersearch.models.data.dataset import Dataset


@pytest.fixture
def five(digits: Dataset) -> Dataset:
    """Five test images, each of one shade, of two classes."""
    shades = np.array([10, 20, 30, 40, 50], dtype=np.uint8)
    x_nhw = np.broadcast_to(shades[:, None, None], (5, 8, 8)).copy()
    return replace(digits, x_test=x_nhw, y_test=np.array([1, 1, 0, 0, 0]), class_names=("a", "b"))


def test_meaning_by_hand(five: Dataset) -> None:
    labels_n, classes_k = np.array([0, 0, 1, -1, 0]), np.array([1, 0, 0])
    found = cluster_summary(labels_n, classes_k, five)
    assert found["labels"].tolist() == labels_n.tolist()
    assert found["truth"].tolist() == [1, 1, 0, 0, 0]
    assert found["sizes"].tolist() == [3, 1, 0]
    assert found["classes"].tolist() == [1, 0, 0]
    assert found["purity"] == pytest.approx([2 / 3, 1, 0])
    assert found["confusion"].tolist() == [[1, 2], [1, 0], [0, 0]]
    assert found["noise"].tolist() == [1, 0]


def test_purity_weighted_by_size_is_the_accuracy(five: Dataset) -> None:
    labels_n, classes_k = np.array([0, 0, 1, -1, 0]), np.array([1, 0, 0])
    found = cluster_summary(labels_n, classes_k, five)
    accuracy = external_scores(labels_n, five.y_test, classes_k)["accuracy"]
    assert (found["purity"] @ found["sizes"]) / 5 == pytest.approx(accuracy)


def test_gallery_of_small_clusters(five: Dataset) -> None:
    found = gallery(np.array([0, 0, 1, -1, 0]), 3, five.x_test)
    assert found["gallery_clusters"].tolist() == [0, 1, 2]
    numbers_gs, images = found["gallery"], found["gallery_images"]
    assert [sorted(row) for row in numbers_gs.tolist()] == [
        [-1] * 7 + [0, 1, 4],
        [-1] * 9 + [2],
        [-1] * 10,
    ]
    assert (images.shape, images.dtype) == ((3, 10, 8, 8), np.uint8)
    shades = np.where(numbers_gs == -1, 0, 10 * (numbers_gs + 1))
    assert (images == shades[..., None, None]).all()


def test_gallery_draws_ten_of_each_of_the_largest_clusters() -> None:
    labels_n = np.concatenate([np.arange(70), np.repeat(np.arange(5, 70), 20)])
    x_nhw = np.zeros((len(labels_n), 2, 2), dtype=np.uint8)
    found = gallery(labels_n, 70, x_nhw)
    assert found["gallery_clusters"].tolist() == list(
        range(5, 69)
    )  # 65 are as large; the first 64 of them
    for cluster, numbers in zip(found["gallery_clusters"], found["gallery"], strict=True):
        assert len(set(numbers)) == 10
        assert (labels_n[numbers] == cluster).all()
    np.testing.assert_array_equal(gallery(labels_n, 70, x_nhw)["gallery"], found["gallery"])
    assert (gallery(labels_n, 70, x_nhw, seed=1)["gallery"] != found["gallery"]).any()


def test_centres_as_images(five: Dataset) -> None:
    centers_kd = np.stack([np.full(64, 0.5), np.full(64, 1.2), np.full(64, -0.1)])
    images = center_images(centers_kd, five)
    assert (images.shape, images.dtype) == ((3, 8, 8), np.uint8)
    assert images[:, 0, 0].tolist() == [128, 255, 0]


def test_kmeans_on_pixels_shows_its_centres(digits: Dataset) -> None:
    run = kmeans.FAMILY.start(
        {"k": 10, "init": "random", "fit_on": "train"}, kmeans.FAMILY.prepare(digits, Options()), 0
    )
    run.step()
    assert kmeans.FAMILY.evaluate(run, digits).artifacts["centers"].shape == (10, 8, 8)
    run.features = replace(run.features, name="pca:64")
    assert "centers" not in kmeans.FAMILY.evaluate(run, digits).artifacts
