"""Reading what a confirmation left."""

from __future__ import annotations

import numpy as np
import pytest

from hypersearch.analysis.study.evaluation_artifacts import class_names, images_of, of_winner, truth
from hypersearch.models.data import download, named_sets
from tests.analysis.figures.confirmed import study_of


def test_a_winner_has_its_figures_and_arrays(tmp_path):
    study = study_of(tmp_path, "cnn", {"labels": np.arange(3)}, {"test": {"accuracy": 0.5}})
    found = of_winner(study, "cnn", "labels")
    assert found.facts["test"] == {"accuracy": 0.5}
    assert found.arrays["labels"].tolist() == [0, 1, 2]
    assert found.has("labels")
    assert not found.has("labels", "codes")
    assert of_winner(study, "cnn", "labels", "codes") is None
    assert of_winner(study, "vae") is None


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and then nothing", b"words"])
def test_what_cannot_be_read_is_not_there(tmp_path, content):
    study = study_of(tmp_path, "cnn", {"labels": np.arange(3)})
    (tmp_path / "best/cnn/test.npz").write_bytes(content)
    assert of_winner(study, "cnn") is None


def test_nothing_is_unpickled(tmp_path):
    study = study_of(tmp_path, "cnn", {"labels": np.array([object()])})
    assert of_winner(study, "cnn") is None


def test_figures_that_cannot_be_read(tmp_path):
    study = study_of(tmp_path, "cnn", {"labels": np.arange(3)})
    (tmp_path / "best/cnn/best.json").write_text("{")
    assert of_winner(study, "cnn") is None


def test_names_of_classes(tmp_path):
    assert class_names(study_of(tmp_path, "cnn"), 5) == ("ant", "bee", "cat", "3", "4")
    assert class_names(study_of(tmp_path, "cnn", dataset={"name": "none"})) == ()


def test_images_are_those_of_the_study_or_none(tmp_path, digits):
    dataset = {"name": "digits", "digest": digits.digest}
    config = {"dataset": "digits", "data_dir": None, "max_samples": 240}
    study = study_of(
        tmp_path, "cnn", {"labels": np.arange(3)}, dataset=dataset, config=config, seed=0
    )
    np.testing.assert_array_equal(images_of(study).x_test, digits.x_test)
    np.testing.assert_array_equal(truth(study, of_winner(study, "cnn")), digits.y_test)
    assert images_of(study_of(tmp_path, "cnn", dataset=dataset, config=config, seed=1)) is None
    assert (
        images_of(
            study_of(tmp_path, "cnn", dataset=dataset, config={"dataset": str(tmp_path / "gone")})
        )
        is None
    )
    assert images_of(study_of(tmp_path, "cnn")) is None


def test_nothing_is_downloaded(tmp_path, monkeypatch):
    monkeypatch.delenv("HYPERSEARCH_DATA", raising=False)
    monkeypatch.setattr(named_sets, "_cache", lambda: tmp_path / "fashion-mnist")
    monkeypatch.setattr(download, "fetch_all", lambda *_: pytest.fail("downloads"))
    dataset = {"name": "fashion-mnist", "digest": ""}
    study = study_of(
        tmp_path,
        "cnn",
        {"labels": np.arange(3)},
        dataset=dataset,
        config={"dataset": "fashion-mnist"},
    )
    assert images_of(study) is None
    assert truth(study, of_winner(study, "cnn")) is None
