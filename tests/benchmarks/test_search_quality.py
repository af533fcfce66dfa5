"""The simulated loop of benchmarks/search_quality.py, on cases made by hand."""

from __future__ import annotations

import numpy as np
import optuna
import pytest

from benchmarks import search_quality as quality
from benchmarks.curves import FULL, TASKS, Task
from benchmarks.intervals import interval
from hypersearch.models.api import Float
from hypersearch.models.families.toy import toy_loss

SLOPE = Task(
    "slope", {"x": Float(0.0, 1.0)}, "min", lambda c, step: c["x"], lambda step: 0.0, lambda c: 1.0
)


class Script(quality.Full):
    """Trials of given configurations, stopped after given steps."""

    def __init__(self, trials):
        self._trials = [quality.Running(str(n), {}, {"x": x}) for n, (x, _) in enumerate(trials)]
        self._lengths = {str(n): length for n, (_, length) in enumerate(trials)}

    def next(self):
        return self._trials.pop(0) if self._trials else None

    def result(self, trial):
        return len(trial.values) >= self._lengths[trial.trial_id]


def test_two_workers_by_the_clock():
    task = Task(
        "clock",
        {},
        "min",
        lambda c, step: c["x"],
        lambda step: 0.0,
        lambda c: 3.0 if c["x"] > 0.5 else 1.0,
    )
    steps = quality.simulate(Script([(0.9, 2), (0.1, 2), (0.2, 5)]), task, 0, 2, 100)
    assert [(trial.trial_id, resource) for trial, resource in steps] == [
        *[("1", 1), ("1", 2)],  # at 1 and 2
        *[("0", 1), ("2", 1)],  # both at 3; the one that began first comes first
        *[("2", 2), ("2", 3), ("0", 2), ("2", 4), ("2", 5)],
    ]


@pytest.mark.parametrize("name", [*quality.METHODS])
def test_budget_is_spent_and_not_passed(name):
    for workers in (1, 2, 4):
        budget = 5 * FULL
        steps = quality.simulate(quality.METHODS[name](SLOPE, 0, budget), SLOPE, 0, workers, budget)
        assert budget - FULL < len(steps) <= budget
        assert max(resource for _, resource in steps) == FULL


def test_incumbent_by_both_rules():
    script = [(0.3, FULL), (0.5, FULL), (0.1, 2)]
    steps = quality.simulate(Script(script), SLOPE, 0, 1, 100)
    assert quality.incumbent(steps, SLOPE, whole=True) == {"x": 0.3}
    assert quality.incumbent(steps, SLOPE, whole=False) == {"x": 0.1}
    assert quality.incumbent(steps[: FULL - 1], SLOPE, whole=True) is None


def test_stopped_is_pruned_for_ours_and_complete_for_stock():
    states = {}
    for name in ("ours", "stock"):
        method = quality.METHODS[name](SLOPE, 0, 3 * FULL)
        quality.simulate(method, SLOPE, 0, 2, 3 * FULL)
        study = method.bridge.study if name == "ours" else method.searcher._ot_study
        ended = [trial for trial in study.get_trials(deepcopy=False) if trial.state.is_finished()]
        states[name] = {
            (trial.state, max(trial.intermediate_values, default=0) >= FULL - 1) for trial in ended
        }
    complete, pruned = optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED
    assert states["ours"] == {(complete, True), (pruned, False)}
    assert states["stock"] == {(complete, True), (complete, False)}


def test_screen_trains_the_best_of_the_first_steps():
    steps = quality.simulate(quality.Screen(SLOPE, 0, 90), SLOPE, 0, 2, 90)
    first = {trial.trial_id: trial.params["x"] for trial, resource in steps if resource == 1}
    whole = {trial.params["x"] for trial, resource in steps if resource == FULL}
    assert len(first) == 30
    assert whole == set(sorted(first.values())[:2])


@pytest.mark.parametrize("task", TASKS.values(), ids=lambda task: task.name)
def test_each_task_has_a_curve_on_all_of_its_space(task):
    rng = np.random.default_rng(0)
    for _ in range(50):
        config = task.random(rng)
        assert np.isfinite([task.curve(config, step) for step in (1, FULL)]).all()
        assert task.cost(config) > 0


def test_scale_of_the_toy():
    optimum, median = TASKS["toy"].scale
    best = {"x": 0.3, "shape": "bowl", "y": 0.7}
    assert optimum <= toy_loss(best, FULL)
    assert optimum == pytest.approx(toy_loss(best, FULL), abs=0.003)
    assert median > 0.05
    assert TASKS["toy"].regret(best) < 0.02


def test_interval():
    mean, low, high = interval(np.arange(10.0))
    assert low < mean == 4.5 < high
