"""What is kept of a classifier's answers."""

from __future__ import annotations

import numpy as np
import pytest

from hypersearch.models.data.dataset import Dataset
from hypersearch.models.evaluation.artifacts import GALLERY, classification_artifacts


@pytest.fixture(scope="module")
def three() -> Dataset:
    """Five test images of three classes, each image of the gray of its number."""
    x = np.repeat(np.arange(5, dtype=np.uint8), 4).reshape(5, 2, 2)
    y = np.array([0, 0, 1, 1, 1])
    return Dataset(x[:3], np.arange(3), x[:3], np.arange(3), x, y, ("a", "b", "c"), "three")


PROBA = [[0.9, 0.1, 0.0], [0.3, 0.6, 0.1], [0.0, 1.0, 0.0], [0.2, 0.1, 0.7], [0.5, 0.3, 0.2]]
# says: 0 (right), 1, 1 (right), 2, 0


def test_answers_are_counted_and_the_surest_errors_come_first(three):
    kept = classification_artifacts(np.array(PROBA), three)
    assert kept["predicted"].tolist() == [0, 1, 1, 2, 0]
    assert kept["truth"].tolist() == [0, 0, 1, 1, 1]
    assert kept["confidence"].tolist() == pytest.approx([0.9, 0.6, 1.0, 0.7, 0.5])
    assert kept["confusion"].tolist() == [[1, 1, 0], [1, 1, 1], [0, 0, 0]]
    assert kept["wrong"].tolist() == [3, 1, 4]
    assert kept["wrong_images"][:, 0, 0].tolist() == [3, 1, 4]


def test_the_report_of_each_class(three):
    report = classification_artifacts(np.array(PROBA), three)["report"]
    np.testing.assert_allclose(
        report[0], [1 / 2, 1 / 2, 1 / 2, 2]
    )  # named twice, once rightly, of two
    np.testing.assert_allclose(report[1], [1 / 2, 1 / 3, 2 / 5, 3])
    np.testing.assert_allclose(report[2], [0, 0, 0, 0])  # a class that is not there


def test_margins_keep_their_name_and_the_gallery_its_size(digits):
    margins = np.zeros((len(digits.x_test), 10))
    margins[:, 3] = np.arange(len(margins))
    kept = classification_artifacts(margins, digits, "margin")
    assert "confidence" not in kept
    assert kept["wrong"].shape == (GALLERY,)
    assert (np.diff(kept["margin"][kept["wrong"]]) < 0).all()
    assert not (digits.y_test[kept["wrong"]] == 3).any()


def test_no_errors(three):
    kept = classification_artifacts(np.eye(3)[three.y_test], three)
    assert kept["wrong_images"].shape == (0, 2, 2)
