"""What a sampler needs, and what it sees of the past trials."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

import optuna
import pytest
from optuna.study import StudyDirection

from hypersearch.models.errors import UserError
from hypersearch.search import searchers as samplers
from hypersearch.search.config.study_files import build
from hypersearch.search.engine.runner import run_study
from hypersearch.search.space import proposals
from hypersearch.search.suggest.trial_memory import TrialMemory


def torchless(name: str) -> Any:
    return None if name == "torch" else find_spec(name)


def test_gp_without_torch_is_refused_before_anything_is_written(
    here: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(samplers, "find_spec", torchless)
    words = r"^--searcher gp needs torch: pip install 'hypersearch\[gp\]'$"
    with pytest.raises(UserError, match=words):
        run_study(build(["toy"], {"name": "study", "searcher": "gp", "trials": "1"}))
    assert not list(here.iterdir())


def complete(*values: float) -> optuna.trial.FrozenTrial:
    return optuna.trial.create_trial(values=values)


def seen(
    maximize: bool | None, trials: Sequence[optuna.trial.FrozenTrial], directions: int = 1
) -> list[int]:
    memory = TrialMemory(maximize)
    sides = ["maximize" if maximize else "minimize"] * directions
    study_id = memory.create_new_study([StudyDirection[side.upper()] for side in sides])
    for trial in trials:
        memory.create_new_trial(study_id, trial)
    memory.focus(study_id)
    return [trial.number for trial in memory.get_all_trials(study_id)]


@pytest.mark.parametrize("maximize", [False, True])
def test_a_sampler_sees_the_best_and_the_latest(maximize: bool) -> None:
    # of 150, trials 40 … 69 are the best, 40 the very best: 25 of them are seen, and 75 … 149
    merits = [number - 1000 if 40 <= number < 70 else number for number in range(150)]
    trials = [complete(-merit if maximize else merit) for merit in merits]
    assert seen(maximize, trials) == [*range(40, 65), *range(75, 150)]


def test_a_hundred_are_all_seen() -> None:
    assert seen(False, [complete(number) for number in range(100)]) == list(range(100))
    assert seen(False, [complete(-number) for number in range(101)]) == list(
        range(26, 101)
    )  # the latest are the best


def test_running_trials_are_always_seen() -> None:
    running = optuna.trial.create_trial(state=optuna.trial.TrialState.RUNNING)
    trials = (
        [complete(number) for number in range(30)]
        + [running]
        + [complete(number) for number in range(30, 149)]
    )
    # best: 0 … 24; latest 75 of those that have finished: numbers 75 … 149; running: 30
    assert seen(False, trials) == [*range(25), 30, *range(75, 150)]


def test_complete_trials_count_before_stopped_ones_and_these_by_how_far_they_came() -> None:
    def stopped(step: int, value: float) -> optuna.trial.FrozenTrial:
        state = optuna.trial.TrialState.PRUNED
        return optuna.trial.create_trial(state=state, intermediate_values={step: value})

    first = (
        [stopped(1, -9.0)] * 10
        + [stopped(3, 2.0)] * 10
        + [stopped(3, 1.0)] * 10
        + [complete(5.0)] * 10
    )
    later = [stopped(1, -10.0 + number) for number in range(75)]
    # all ten complete, ten that came to 3 with 1.0, five of those with 2.0
    assert seen(False, first + later) == [*range(10, 15), *range(20, 40), *range(40, 115)]


def test_with_several_objectives_the_first_fronts_are_seen() -> None:
    # 150 trials, both objectives less is better: 40 … 59 are front 1, on a line; 60 … 69 front 2,
    # 70 … 149 and 0 … 39 are fronts 3, 4 and so on, each a trial of its own, in the order of their
    # numbers
    trials = [complete(100.0 + number, 100.0 + number) for number in range(150)]
    trials[40:60] = [complete(float(number), 59.0 - number) for number in range(40, 60)]
    trials[60:70] = [complete(float(number), 129.0 - number) for number in range(60, 70)]
    assert seen(None, trials, directions=2) == [*range(40, 65), *range(75, 150)]


@pytest.mark.parametrize(
    ("parameter", "points"),
    [
        (proposals.Int(1, 9), [1, 3, 5, 7, 9]),
        (proposals.Int(1, 16, log=True), [1, 2, 4, 8, 16]),
        (proposals.Int(1, 3), [1, 2, 3]),  # 1, 1.5, 2, 2.5, 3, half to even
        (proposals.Int(4, 4), [4]),
        (proposals.Float(0.5, 0.5), [0.5]),
        (proposals.Choice(("a", "b", "c"), searched=("c", "a")), ["c", "a"]),
    ],
)
def test_points_of_the_grid(parameter: proposals.Parameter, points: list[Any]) -> None:
    assert [config["p"] for config in proposals.grid({"p": parameter})] == points
