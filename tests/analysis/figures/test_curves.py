"""Curves, from a history written by hand."""

from __future__ import annotations

import numpy as np
import pytest

from hypersearch.analysis.figures.models.curves import CURVES, curves
from tests.analysis.figures.confirmed import drawn, search, study_of

TRIALS = """\
study,family,trial,name,state,objective,resource,seconds,val.accuracy
demo,cnn,0,R5,COMPLETE,0.8,3,1.0,0.8
demo,cnn,1,,COMPLETE,0.9,3,1.0,0.9
demo,cnn,2,,PRUNED,0.95,1,1.0,0.95
demo,cnn,3,short,COMPLETE,0.7,1,1.0,0.7
"""
HISTORY = """\
study,family,trial,step,seconds,val.accuracy,val.loss,train.accuracy,train.loss,val.parameters
demo,cnn,1,1,0.1,0.5,2.0,0.4,2.5,10
demo,cnn,0,1,0.1,0.6,1.5,,,10
demo,cnn,1,3,0.3,0.9,0.5,0.95,0.25,10
demo,cnn,1,2,0.2,0.8,1.0,0.7,1.25,10
demo,cnn,0,2,0.2,0.8,0.75,,,10
demo,cnn,2,1,0.2,0.95,0.1,0.9,0.1,10
demo,cnn,3,1,0.2,0.7,0.9,0.9,0.9,10
demo,vae,1,1,0.2,0.7,0.9,0.9,0.9,10
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "trials.csv").write_text(TRIALS)
    (tmp_path / "history.csv").write_text(HISTORY)
    return tmp_path


def test_the_best_trial_and_the_baselines_of_more_than_one_step(folder):
    record = curves(study_of(folder, "cnn"), "cnn")
    loss, accuracy = record.panels
    assert (record.unit, loss.metric, loss.lower_is_better) == ("epochs", "loss", True)
    assert (accuracy.metric, accuracy.lower_is_better) == ("accuracy", False)
    assert loss.best.label == "trial 1"
    assert loss.best.steps_t.tolist() == [1, 2, 3]
    assert loss.best.validation_t.tolist() == [2.0, 1.0, 0.5]
    assert loss.best.training_t.tolist() == [2.5, 1.25, 0.25]
    assert accuracy.best.validation_t.tolist() == [0.5, 0.8, 0.9]
    (baseline,) = loss.baselines
    assert (baseline.label, baseline.validation_t.tolist()) == ("R5", [1.5, 0.75])
    assert np.isnan(baseline.training_t).all()
    assert len(drawn(CURVES, record).axes) == 2
    assert (
        CURVES.describe(record)
        == "Curves of trial 1 over 3 epochs, beside 1 baseline: loss ends at 0.5 on validation and"
        " 0.25 on training; accuracy ends at 0.9 on validation and 0.95 on training."
    )


def test_a_metric_that_was_reported_on_training_too_is_preferred(folder):
    text = HISTORY.replace(
        "val.accuracy,val.loss,train.accuracy", "val.mse,val.loss,train.accuracy"
    )
    (folder / "history.csv").write_text(text)
    (folder / "trials.csv").write_text(TRIALS.replace("COMPLETE,0.9,3", "COMPLETE,0.1,3"))
    record = curves(study_of(folder, "cnn", searches=[search("cnn", "mse", "min")]), "cnn")
    assert [panel.metric for panel in record.panels] == [
        "loss"
    ]  # mse is the objective, but was not on training
    assert "baseline" in CURVES.describe(record)
    drawn(CURVES, record)


def test_figures_that_are_not_finite_are_left_out(folder):
    (folder / "history.csv").write_text(HISTORY.replace("0.8,1.0,0.7", "0.8,inf,0.7"))
    loss, accuracy = curves(study_of(folder, "cnn"), "cnn").panels
    assert loss.best.steps_t.tolist() == [1, 3]
    assert accuracy.best.steps_t.tolist() == [1, 2, 3]


def test_a_wide_range_is_shown_by_its_logarithm(folder):
    (folder / "history.csv").write_text(HISTORY.replace("0.5,2.0,0.4,2.5", "0.5,200.0,0.4,250.0"))
    loss, accuracy = drawn(CURVES, curves(study_of(folder, "cnn"), "cnn")).axes
    assert (loss.get_yscale(), accuracy.get_yscale()) == ("log", "linear")


def test_no_curve_of_one_step_of_stopped_trials_or_of_nothing(folder):
    (folder / "trials.csv").write_text("".join(TRIALS.splitlines(keepends=True)[n] for n in (0, 4)))
    assert curves(study_of(folder, "cnn"), "cnn") is None
    (folder / "trials.csv").write_text("".join(TRIALS.splitlines(keepends=True)[n] for n in (0, 3)))
    assert curves(study_of(folder, "cnn"), "cnn") is None
    (folder / "history.csv").unlink()
    (folder / "trials.csv").unlink()
    assert curves(study_of(folder, "cnn"), "cnn") is None
