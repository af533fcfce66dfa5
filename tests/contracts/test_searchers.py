"""What every searcher must do, through the bridge and without a cluster.

A new one is tested by being named.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from importlib.util import find_spec
from typing import Any

import optuna
import pytest

from hypersearch.models.families import toy
from hypersearch.search.config.study_files import build
from hypersearch.search.planned_search import Search
from hypersearch.search.planning.plan import plan_study
from hypersearch.search.searchers import SEARCHERS
from hypersearch.search.space import proposals
from hypersearch.search.storage.trial import Step, Trial
from hypersearch.search.suggest.optuna_searcher import OptunaSearcher

NO_TORCH = find_spec("torch") is None
without_torch = pytest.mark.skipif(NO_TORCH, reason="torch is not installed: pip install -e .[gp]")
searchers = [pytest.param(name, marks=without_torch if name == "gp" else ()) for name in SEARCHERS]
every_searcher = pytest.mark.parametrize("searcher", searchers)
CENTRE = {"x": 0.5, "shape": "bowl", "y": 0.5}


def planned(searcher: str, trials: int = 12, **options: Any) -> Search:
    return plan_study(build(["toy"], {"trials": str(trials), "searcher": searcher, **options}))[0][
        0
    ]


def result(trial: Trial, resource: int) -> dict[str, Any]:
    loss = toy.toy_loss(trial.params, resource)
    metrics = {"loss": loss, "accuracy": 1 / (1 + loss) - 0.3 * float(trial.params["x"])}  # type: ignore[arg-type]
    done = {"complete": resource == trial.max_resource}
    return {
        "resource": resource,
        "seconds": 0.1 * resource,
        "objective": loss,
        "metrics": metrics,
        **done,
    }


def begin(bridge: OptunaSearcher) -> Trial | None:
    trial = bridge.take()
    if trial is not None:
        bridge.trials[str(trial.number)] = trial
    return trial


def go(bridge: OptunaSearcher, trial: Trial, end: int) -> None:
    """Steps up to `end`, all but the last of the trial."""
    for resource in range(trial.resource + 1, end + 1):
        bridge.on_trial_result(str(trial.number), result(trial, resource))


def finish(bridge: OptunaSearcher, trial: Trial) -> None:
    """Every fifth trial is stopped at 3, every seventh fails after 2, the others run to their
    end.
    """
    if not trial.name and trial.number % 5 == 3:
        go(bridge, trial, 3)
        bridge.on_trial_complete(str(trial.number), result(trial, 3))
    elif not trial.name and trial.number % 7 == 5:
        go(bridge, trial, 2)
        bridge.on_trial_complete(
            str(trial.number), {"failure": "ValueError: broken", "resource": 2, "done": True}
        )
    else:
        go(bridge, trial, trial.max_resource - 1)
        bridge.on_trial_complete(str(trial.number), result(trial, trial.max_resource))


def play(bridge: OptunaSearcher, most: int = 10**6) -> list[Trial]:
    """With one worker: the trials that were begun, each ended before the next."""
    played: list[Trial] = []
    while len(played) < most and (trial := begin(bridge)) is not None:
        finish(bridge, trial)
        played.append(trial)
    return played


def recorded(trials: Sequence[Trial]) -> list[Trial]:
    """As a journal gives them back."""
    rows = [json.loads(json.dumps(asdict(trial))) for trial in trials]
    return [Trial(**{**row, "steps": [Step(**step) for step in row["steps"]]}) for row in rows]


def told(bridge: OptunaSearcher) -> list[optuna.trial.FrozenTrial]:
    return bridge.study.get_trials(deepcopy=False)  # type: ignore[no-any-return]


@every_searcher
def test_baselines_come_first(searcher: str) -> None:
    first, second = play(OptunaSearcher(planned(searcher), seed=0), 2)
    assert (first.number, first.name, first.params) == (0, "centre", CENTRE)
    assert (second.number, second.name) == (1, "")


@every_searcher
def test_proposals_lie_in_the_space(searcher: str) -> None:
    search = planned(searcher, 40)
    for trial in play(OptunaSearcher(search, seed=1)):
        proposals.check(search.space, trial.params)
        assert proposals.is_searched(search.space, trial.params)
        assert ("y" in trial.params) == (trial.params["shape"] == "bowl")


@every_searcher
def test_both_sides_of_a_condition_are_proposed(searcher: str) -> None:
    trials = play(OptunaSearcher(planned(searcher, 60), seed=1))
    assert {trial.params["shape"] for trial in trials} == {"bowl", "valley"}


@every_searcher
def test_what_is_narrowed_stays_narrow(searcher: str) -> None:
    search = planned(searcher, 20, space={"x": "0.2..0.4"}, set={"shape": "bowl"})
    proposals = play(OptunaSearcher(search, seed=1))[1:]
    assert {trial.params["shape"] for trial in proposals} == {"bowl"}
    assert all(0.2 <= trial.params["x"] <= 0.4 for trial in proposals)  # type: ignore[operator]


@every_searcher
def test_one_seed_gives_the_same_proposals(searcher: str) -> None:
    one, same, other = (play(OptunaSearcher(planned(searcher, 30), seed)) for seed in (4, 4, 5))
    assert one == same
    assert [trial.seed for trial in one] != [trial.seed for trial in other]
    if searcher != "grid":
        assert [trial.params for trial in one[1:]] != [trial.params for trial in other[1:]]


@every_searcher
def test_numbers_are_unique_and_what_repeats_says_so(searcher: str) -> None:
    trials = play(OptunaSearcher(planned(searcher, 40), seed=2))
    assert [trial.number for trial in trials] == list(range(len(trials)))
    first: dict[str, int] = {}
    for trial in trials:
        earlier = first.setdefault(json.dumps(trial.params, sort_keys=True), trial.number)
        assert trial.replicate_of == (None if earlier == trial.number else earlier)
    assert len(first) >= len(trials) - (
        1 if searcher == "nsga2" else 0
    )  # it may take over a parent as it is


@every_searcher
@pytest.mark.parametrize("seed", range(3))
def test_a_parameter_that_the_first_trial_lacks_varies_in_the_others(
    searcher: str, seed: int
) -> None:
    trials = play(
        OptunaSearcher(planned(searcher, 30, baselines=False), seed)
    )  # qmc's first, with seed 2, has no y
    ys = [trial.params["y"] for trial in trials if "y" in trial.params]
    assert len(set(ys)) >= (5 if searcher == "grid" else 0.8 * len(ys))


def interrupted(
    search: Search, after: int, workers: int, elsewhere: Sequence[Trial] = ()
) -> tuple[Any, Any]:
    """The trials of a search that is interrupted with `workers` trials running, and of one that is
    not.
    """
    found = []
    for broken in (False, True):
        bridge = OptunaSearcher(search, 3, elsewhere=elsewhere)
        trials = play(bridge, after)
        running = [begin(bridge) for _ in range(workers)]
        for trial in running:
            assert trial is not None
            go(bridge, trial, 2)
        if broken:
            bridge.cut_off()
            known = recorded([*trials, *running])  # type: ignore[list-item]
            for trial in known[after:]:
                trial.rewind(2)
            bridge = OptunaSearcher(search, 3, known, elsewhere)
            running = [begin(bridge) for _ in range(workers)]
        for trial in running:
            assert trial is not None
            finish(bridge, trial)
        found.append([*trials, *running, *play(bridge)])
    return found[0], found[1]


@every_searcher
@pytest.mark.parametrize("metric", ["loss", "loss,accuracy"])
@pytest.mark.parametrize(("after", "workers"), [(0, 1), (1, 2), (6, 1), (25, 1), (44, 2)])
def test_after_an_interruption_it_proposes_the_same(
    searcher: str, metric: str, after: int, workers: int
) -> None:
    after = min(after, 20) if searcher == "grid" else after  # it has 30 points
    whole, resumed = interrupted(planned(searcher, 55, metric=metric), after, workers)
    assert [trial.number for trial in resumed] == list(range(len(whole)))
    assert [trial.params for trial in resumed] == [trial.params for trial in whole]
    assert [trial.seed for trial in resumed] == [trial.seed for trial in whole]
    assert [trial.state for trial in resumed] == [trial.state for trial in whole]


@every_searcher
def test_a_search_that_learned_elsewhere_resumes_the_same(searcher: str) -> None:
    elsewhere = [
        t for t in play(OptunaSearcher(planned(searcher, 12), seed=8)) if t.state != "FAIL"
    ]
    whole, resumed = interrupted(planned(searcher, 30), 8, 1, elsewhere)
    assert [trial.params for trial in resumed] == [trial.params for trial in whole]


@every_searcher
def test_unfinished_trials_come_first(searcher: str) -> None:
    search = planned(searcher, 8)
    bridge = OptunaSearcher(search, seed=0)
    trials = play(bridge, 4)
    running = [begin(bridge), begin(bridge)]
    again = OptunaSearcher(search, 0, recorded([*trials, *running]))  # type: ignore[list-item]
    assert [begin(again).number for _ in range(3)] == [4, 5, 6]  # type: ignore[union-attr]
    waiting = OptunaSearcher(search, 0, recorded([*trials, *running]))  # type: ignore[list-item]
    assert [(trial.number, trial.state, trial.cut) for trial in waiting.cut_off()] == [
        (4, "PRUNED", True),
        (5, "PRUNED", True),
    ]
    assert not waiting.exhausted


def test_a_number_that_a_kill_left_out_is_given_again() -> None:
    played = play(OptunaSearcher(planned("random"), 0))
    known = recorded([trial for trial in played if trial.number not in (2, 5)])
    assert [
        (trial.number, trial.params) for trial in play(OptunaSearcher(planned("random"), 0, known))
    ] == [(trial.number, trial.params) for trial in played if trial.number in (2, 5)]


@every_searcher
def test_optuna_is_told_how_each_trial_ended(searcher: str) -> None:
    bridge = OptunaSearcher(planned(searcher, 10), seed=0)
    trials = play(bridge)
    theirs = told(bridge)
    assert [trial.state.name for trial in theirs] == [trial.state for trial in trials]
    assert [trial.state.name for trial in theirs][:6] == ["COMPLETE"] * 3 + [
        "PRUNED",
        "COMPLETE",
        "FAIL",
    ]
    for ours, their in zip(trials, theirs, strict=True):
        assert their.params == ours.params
        assert their.intermediate_values == {step.resource: step.objective for step in ours.steps}
        if ours.state == "COMPLETE":
            assert their.value == ours.objective == toy.toy_loss(ours.params, 27)
    assert list(theirs[3].intermediate_values) == [1, 2, 3]
    assert list(theirs[5].intermediate_values) == [1, 2]


@every_searcher
def test_several_objectives_are_told(searcher: str) -> None:
    bridge = OptunaSearcher(planned(searcher, 6, metric="loss,accuracy"), seed=0)
    trials = play(bridge)
    assert [direction.name for direction in bridge.study.directions] == ["MINIMIZE", "MAXIMIZE"]
    for ours, their in zip(trials, told(bridge), strict=True):
        values = (
            [ours.metrics["loss"], ours.metrics["accuracy"]] if ours.state == "COMPLETE" else None
        )
        assert their.values == values


def from_one_point(searcher: str, deterministic: bool) -> Search:
    """A search in which every proposal is the same."""
    search = planned(searcher, 3, set={"x": "0.25", "shape": "valley"}, baselines=False)
    return replace(search, family=replace(search.family, deterministic=deterministic))


repeating = pytest.mark.parametrize("searcher", [p for p in searchers if "grid" not in p.values])


@repeating
def test_a_repeated_configuration_is_a_replicate(searcher: str) -> None:
    trials = play(OptunaSearcher(from_one_point(searcher, deterministic=False), seed=0))
    assert [trial.replicate_of for trial in trials] == [None, 0, 0]
    assert len({trial.seed for trial in trials}) == 3


@repeating
def test_where_nothing_is_random_a_repeated_configuration_takes_the_earlier_score(
    searcher: str,
) -> None:
    bridge = OptunaSearcher(from_one_point(searcher, deterministic=True), seed=0)
    reused: list[Trial] = []
    bridge.reused = reused.append
    (first,) = play(bridge)
    assert [(trial.number, trial.replicate_of, trial.state) for trial in reused] == [
        (1, 0, "COMPLETE"),
        (2, 0, "COMPLETE"),
    ]
    assert all(trial.objective == first.objective and trial.seconds == 0 for trial in reused)
    assert [trial.state.name for trial in told(bridge)] == ["COMPLETE"] * 3


@repeating
def test_a_score_that_is_not_there_yet_is_not_taken(searcher: str) -> None:
    bridge = OptunaSearcher(from_one_point(searcher, deterministic=True), seed=0)
    first, second = begin(bridge), begin(bridge)
    assert second is not None
    assert first is not second
    assert (second.replicate_of, second.state) == (0, "RUNNING")
