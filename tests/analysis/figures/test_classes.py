"""Confusions and reports of classes, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from hypersearch.analysis.figures.models.classes import CONFUSION, PER_CLASS, confusion, per_class
from tests.analysis.figures.confirmed import HOSTILE, drawn, study_of

ARRAYS = {
    "predicted": np.zeros(10, np.int16),
    "confusion": np.array([[4, 1, 0], [3, 2, 0], [0, 0, 0]], np.int32),
    "report": np.array([[4 / 7, 0.8, 2 / 3, 5], [2 / 3, 0.4, 0.5, 5], [0, 0, 0, 0]], np.float32),
}


def test_confusion(tmp_path):
    record = confusion(study_of(tmp_path, "cnn", ARRAYS), "cnn")
    assert record.counts_cc.tolist() == [[4, 1, 0], [3, 2, 0], [0, 0, 0]]
    assert record.shares_cc.tolist() == [[0.8, 0.2, 0], [0.6, 0.4, 0], [0, 0, 0]]
    assert record.accuracy == 0.6
    assert record.names == ("ant", "bee", "cat")
    axes = drawn(CONFUSION, record).axes[0]
    assert [text.get_text() for text in axes.texts] == ["4", "1", "·", "3", "2", "·", "·", "·", "·"]
    assert (
        CONFUSION.describe(record)
        == "Confusion matrix of 10 test images, 60.0% of them on the diagonal; bee is most often"
        " taken for ant (3 times)."
    )


def test_no_confusion(tmp_path):
    perfect = {**ARRAYS, "confusion": np.diag([3, 4, 5]).astype(np.int32)}
    record = confusion(study_of(tmp_path, "cnn", perfect), "cnn")
    assert (
        CONFUSION.describe(record)
        == "Confusion matrix of 12 test images, 100.0% of them on the diagonal."
    )


def test_many_classes_have_no_counts_in_the_cells(tmp_path):
    many = {**ARRAYS, "confusion": np.eye(60, dtype=np.int32)}
    record = confusion(study_of(tmp_path, "cnn", many, classes=()), "cnn")
    assert record.names[59] == "59"
    assert not drawn(CONFUSION, record).axes[0].texts


def test_per_class(tmp_path):
    record = per_class(study_of(tmp_path, "cnn", ARRAYS), "cnn")
    first, second, third = record.rows()
    assert first == pytest.approx(
        {"class": "ant", "precision": 4 / 7, "recall": 0.8, "f1": 2 / 3, "support": 5}
    )
    assert list(second.values()) == pytest.approx(["bee", 2 / 3, 0.4, 0.5, 5])
    assert third["support"] == 0
    drawn(PER_CLASS, record)
    assert (
        PER_CLASS.describe(record)
        == "Precision, recall and F1 of 3 classes: F1 is highest for ant (0.667) and lowest for cat"
        " (0.000), 0.389 on average."
    )


def test_names_from_outside(tmp_path):
    arrays = {
        **ARRAYS,
        "confusion": np.ones((10, 10), np.int32),
        "report": np.ones((10, 4), np.float32),
    }
    study = study_of(tmp_path, "cnn", arrays, classes=HOSTILE)
    drawn(CONFUSION, confusion(study, "cnn"))
    drawn(PER_CLASS, per_class(study, "cnn"))


def test_a_clustering_has_neither(tmp_path):
    study = study_of(tmp_path, "kmeans", {"labels": np.zeros(4), "confusion": np.ones((2, 3))})
    assert confusion(study, "kmeans") is None
    assert per_class(study, "kmeans") is None
