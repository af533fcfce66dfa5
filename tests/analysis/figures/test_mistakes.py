"""The gallery of errors."""

from __future__ import annotations

import numpy as np
import pytest

from hypersearch.analysis.figures.models.mistakes import MISTAKES, MOST, mistakes
from hypersearch.models.data.datasets import Dataset
from hypersearch.models.evaluation.artifacts import classification_artifacts
from tests.analysis.figures.confirmed import HOSTILE, drawn, study_of


@pytest.fixture
def arrays(digits: Dataset):
    """All images are said to be threes, the later the surer."""
    proba = np.zeros((len(digits.x_test), 10))
    proba[:, 3] = np.linspace(0.2, 0.9, len(proba))
    return classification_artifacts(proba, digits)


def test_the_surest_errors_come_first(tmp_path, digits, arrays):
    record = mistakes(study_of(tmp_path, "cnn", arrays, classes=tuple("0123456789")), "cnn")
    wrong = np.flatnonzero(digits.y_test != 3)[::-1][:MOST]
    assert record.number_w.tolist() == wrong.tolist()
    assert record.true_w.tolist() == digits.y_test[wrong].tolist()
    assert set(record.said_w.tolist()) == {3}
    np.testing.assert_array_equal(record.images_whw, digits.x_test[wrong])
    assert record.score == "confidence"
    assert record.score_w[0] == pytest.approx(arrays["confidence"][wrong[0]])
    assert (record.errors, record.n) == ((digits.y_test != 3).sum(), 360)
    titles = [axes.get_title() for axes in drawn(MISTAKES, record).axes]
    assert titles[0] == f"3 0.90\nis {digits.y_test[wrong[0]]}"
    assert (
        MISTAKES.describe(record)
        == f"24 of the {record.errors} test images (of 360) that were named wrongly, the surest"
        f" first: image {wrong[0]} is {digits.y_test[wrong[0]]} and was called 3 with a"
        " confidence of 0.90."
    )


def test_the_true_classes_of_an_older_study_come_from_its_data(tmp_path, digits, arrays):
    del arrays["truth"]
    facts = {
        "dataset": {"name": "digits", "classes": tuple("0123456789"), "digest": digits.digest},
        "config": {"dataset": "digits", "max_samples": 240},
        "seed": 0,
    }
    record = mistakes(study_of(tmp_path, "cnn", arrays, **facts), "cnn")
    assert record.true_w.tolist() == digits.y_test[record.number_w].tolist()
    facts["dataset"]["digest"] = "of other images"
    study = study_of(tmp_path, "cnn", **facts)
    assert mistakes(study, "cnn") is None


def test_few_errors_margins_and_names_from_outside(tmp_path, digits):
    margins = np.eye(10)[digits.y_test] * 2.0
    margins[7] = 0.5 * np.eye(10)[(digits.y_test[7] + 1) % 10]
    record = mistakes(
        study_of(
            tmp_path, "cnn", classification_artifacts(margins, digits, "margin"), classes=HOSTILE
        ),
        "cnn",
    )
    assert (record.number_w.tolist(), record.score) == ([7], "margin")
    assert "with a margin of 0.50" in MISTAKES.describe(record)
    drawn(MISTAKES, record)


def test_no_errors_no_gallery(tmp_path, digits):
    assert (
        mistakes(
            study_of(tmp_path, "cnn", classification_artifacts(np.eye(10)[digits.y_test], digits)),
            "cnn",
        )
        is None
    )
