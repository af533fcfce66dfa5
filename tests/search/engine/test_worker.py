"""What counts as a result, and when a run is saved."""

from __future__ import annotations

import math

import pytest

from hypersearch.search.engine.worker import TrialActor, Work, check_metrics
from hypersearch.search.storage import checkpoints


def test_whole_metrics_pass():
    check_metrics({"loss": 0.5, "accuracy": 0.9}, ["accuracy"])


def test_a_missing_metric_is_named_with_those_that_there_are():
    with pytest.raises(ValueError, match="^the run reports no 'nmi'; it reports accuracy, loss$"):
        check_metrics({"loss": 0.5, "accuracy": 0.9}, ["nmi"])


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_metric_that_is_not_finite_fails_the_trial(value):
    with pytest.raises(ValueError, match=f"^loss is {value}, not a finite number$"):
        check_metrics({"loss": value, "accuracy": 0.9}, ["accuracy"])


@pytest.mark.parametrize(("checkpoint_every_step", "saved_at"), [(False, 2), (True, 3)])
def test_a_trial_that_has_lost_a_worker_is_saved_after_each_step(
    tmp_path, checkpoint_every_step, saved_at
):
    facts = {
        "target": "toy",
        "home": tmp_path,
        "metrics": ("loss",),
        "mode": "min",
        "logs": tmp_path,
    }
    actor = TrialActor(
        Work(**facts, root=tmp_path, rungs=(1, 2), every=math.inf, time_limit=None), None
    )
    params = {"x": 0.5, "shape": "bowl", "y": 0.5}
    actor.begin(
        {
            "number": 7,
            "params": params,
            "seed": 0,
            "max_resource": 9,
            "keep": False,
            "resource": 0,
            "checkpoint_every_step": checkpoint_every_step,
        }
    )
    for _ in range(2):
        actor.train()
    assert checkpoints.latest(checkpoints.home(tmp_path, "toy", 7)).resource == saved_at
