"""Who goes on at a rung, by hand."""

from __future__ import annotations

import math
import random
import subprocess
import sys
from pathlib import Path

import pytest

from hypersearch.search.config.study_files import build
from hypersearch.search.engine.scheduler import make_scheduler
from hypersearch.search.planning.plan import plan_study
from hypersearch.search.planning.study_json import describe_search
from hypersearch.search.schedulers.asha import ASHAScheduler
from hypersearch.search.schedulers.median import MedianStoppingRule
from hypersearch.search.schedulers.no_early_stopping import NoEarlyStopping
from hypersearch.search.schedulers.registry import SCHEDULERS
from hypersearch.search.storage import trial as trials


class Trial:
    """As Ray knows it."""

    def __init__(self, number, name=""):
        self.trial_id, self.config = str(number), {"name": name, "number": int(number)}


def added(rule, *numbers, name=""):
    """Trials that the rule has heard of."""
    there = [Trial(number, name) for number in numbers]
    for trial in there:
        rule.on_trial_add(None, trial)
    return there


def judge(rule, trial, resource, value):
    return rule.on_trial_result(None, trial, {"resource": resource, "objective": value})


def curve(rule, trial, *values):
    """What the rule says to each value of a trial, at 1, 2, …, as long as it goes on."""
    said = []
    for resource, value in enumerate(values, start=1):
        said.append(judge(rule, trial, resource, value))
        if said[-1] == STOP:
            break
    rule.on_trial_complete(None, trial, {"resource": len(said), "objective": values[len(said) - 1]})
    return said


def known(number, *values, name="", state="PRUNED"):
    """A trial of an earlier run with these values at 1, 2, …"""
    steps = [trials.Step(t, 0.0, value, {}) for t, value in enumerate(values, start=1)]
    return trials.Trial("toy", number, name, {}, seed=0, max_resource=27, state=state, steps=steps)


GO, STOP = "CONTINUE", "STOP"
both_modes = pytest.mark.parametrize(("mode", "sign"), [("max", 1), ("min", -1)])


def decisions(mode, values, names=None):
    asha = ASHAScheduler(mode, [[1, 3]], 3)
    found = []
    for number, value in enumerate(values):
        (trial,) = added(asha, number, name=names[number] if names else "")
        found.append(judge(asha, trial, 1, value))
    return found


# --- successive halving ---------------------------------------------------------------------------


@both_modes
def test_a_third_goes_on(mode, sign):
    # the first arrival goes on; 2 and 3 beat what came before; 0 and 2.5 are below the upper third
    # of 1, 2, 3 …
    assert decisions(mode, [sign * value for value in (1, 2, 3, 0, 2.5)]) == [GO, GO, GO, STOP, GO]


def test_a_tie_with_the_cutoff_goes_on():
    assert decisions("max", [1.0, 1.0, 1.0]) == [GO] * 3


def test_baselines_are_neither_stopped_nor_counted():
    names = ["base", "base", "", ""]
    assert decisions("max", [9.0, 0.0, 1.0, 2.0], names) == [GO] * 4


def test_a_result_without_objective_goes_on_and_is_not_counted():
    asha = ASHAScheduler("max", [[1]], 3)
    failed, other = added(asha, 0, 1)
    for end in (asha.on_trial_result, asha.on_trial_complete):
        assert end(None, failed, {"resource": 1, "failure": "…"}) in (GO, None)
    assert judge(asha, other, 1, -9.0) == GO  # the first that counts


def test_a_nan_is_neither_judged_nor_counted():
    asha = ASHAScheduler("max", [[1]], 3)
    broken, first, second = added(asha, 0, 1, 2)
    assert [judge(asha, t, 1, v) for t, v in ((broken, math.nan), (first, 1.0), (second, 0.0))] == [
        GO,
        GO,
        STOP,
    ]


def test_between_rungs_nothing_is_judged():
    asha = ASHAScheduler("max", [[1, 3]], 3)
    good, bad = added(asha, 0, 1)
    assert curve(asha, good, 0.0, 9.0, 9.0, 9.0) == [GO] * 4
    assert curve(asha, bad, 1.0, -9.0, 9.0, -9.0) == [GO] * 4


@both_modes
def test_known_trials_stand_in_the_rungs_that_they_reached(mode, sign):
    earlier = [
        known(0, 1 * sign),
        known(1, 2 * sign, 5 * sign, 6 * sign),
        known(2, 3 * sign, 5 * sign, 3 * sign),
    ]
    asha = ASHAScheduler(
        mode, [[1, 3]], 3, [*earlier, known(3, 99 * sign, 99 * sign, 99 * sign, name="base")]
    )
    assert rungs_of(asha) == [
        {3: {1: 6, 2: 3}, 1: {0: 1, 1: 2, 2: 3}}
    ]  # turned so that more is better
    # the upper third of 1, 2, 3 begins at 2⅓, that of 3, 6 at 5
    low, high = added(asha, 4, 5)
    assert judge(asha, low, 1, 2.3 * sign) == STOP
    assert [judge(asha, high, t, v * sign) for t, v in ((1, 2.4), (2, 0.0), (3, 4.9))] == [
        GO,
        GO,
        STOP,
    ]


def test_a_trial_that_skips_a_rung_is_judged_there_at_its_next_result():
    asha = ASHAScheduler("max", [[1, 3]], 3, [known(0, 5.0), known(1, 4.0, 4.0, 4.0)])
    (trial,) = added(asha, 2)
    assert judge(asha, trial, 3, 4.5) == GO  # better than trial 1 at the rung at 3
    assert (
        judge(asha, trial, 4, 4.5) == STOP
    )  # at the rung at 1 the upper third of 4, 5 begins at 4⅔
    assert rungs_of(asha) == [{3: {1: 4.0, 2: 4.5}, 1: {0: 5.0, 1: 4.0, 2: 4.5}}]


def test_a_step_that_is_done_again_is_not_judged_again():
    asha = ASHAScheduler("max", [[1, 3]], 3, [known(0, 5.0)])
    (trial,) = added(asha, 1)
    assert [judge(asha, trial, 1, value) for value in (6.0, 0.0)] == [GO, GO]
    assert rungs_of(asha) == [{3: {}, 1: {0: 5.0, 1: 6.0}}]


# --- hyperband ------------------------------------------------------------------------------------


def hyperband(earlier=(), mode="max"):
    """Of 27 units: the ladders 1-3-9, 3-9 and 9, to which nine, three and one of every thirteen
    trials go.
    """
    return ASHAScheduler(mode, [[1, 3, 9], [3, 9], [9]], 3, earlier)


def rungs_of(rule):
    return [bracket.rungs for bracket in rule.rule.brackets]


def test_the_ladders_of_a_search(here):
    (search,), _ = plan_study(build(["toy"], {"scheduler": "hyperband"}))
    assert [sorted(ladder) for ladder in rungs_of(make_scheduler(search))] == [
        [1, 3, 9],
        [3, 9],
        [9],
    ]


def test_trials_go_to_the_ladders_by_their_number():
    rule = hyperband()
    ladders = [rule.rule.brackets.index(rule.rule.bracket(number)) for number in range(26)]
    assert ladders == 2 * ([0] * 9 + [1] * 3 + [2])


def test_a_ladder_that_begins_later_spares_its_trials_until_then():
    rule = hyperband()
    best, bad, worse, late = added(rule, 0, 9, 10, 12)
    assert curve(rule, best, *[5.0] * 10) == [GO] * 10
    assert curve(rule, bad, 0.0, 0.0, 0.0, 0.0) == [GO] * 4  # the first of its ladder at 3
    assert curve(rule, worse, -1.0, -1.0, -1.0, -1.0) == [GO, GO, STOP]
    assert curve(rule, late, *[-9.0] * 10) == [GO] * 10  # alone on its ladder
    (second,) = added(rule, 25)
    assert curve(rule, second, *[-10.0] * 10) == [GO] * 8 + [STOP]


def test_known_trials_stand_on_their_own_ladders():
    rule = hyperband([known(0, *[5.0] * 9), known(9, 1.0, 2.0, 3.0), known(12, 7.0)])
    assert rungs_of(rule) == [
        {9: {0: 5.0}, 3: {0: 5.0}, 1: {0: 5.0}},
        {9: {}, 3: {9: 3.0}},
        {9: {}},
    ]


# --- median ---------------------------------------------------------------------------------------


def three_before(mode, sign, earlier=()):
    """Running means after one step: 1, 2, 3; after two: 2, 3, 4."""
    rule = MedianStoppingRule(mode, earlier)
    for trial, values in zip(added(rule, 0, 1, 2), ((1, 3), (2, 4), (3, 5)), strict=True):
        assert curve(rule, trial, *(sign * value for value in values)) == [
            GO,
            GO,
        ]  # there are not three others
    return rule


@both_modes
@pytest.mark.parametrize(
    ("values", "said"),
    [
        ((1.9, 9.0), [STOP]),  # below the median, 2
        ((2.0, 2.9), [GO, STOP]),  # at the median of 1, 2, 3; below that of 2, 3, 4
        ((2.0, 3.0), [GO, GO]),
        ((3.5, 0.0), [GO, GO]),  # its best counts, and not its last
        ((9.0, 9.0, 0.0), [GO, GO, GO]),  # where no other has come there is nothing to compare
    ],
)
def test_worse_than_the_median_of_the_running_means_is_stopped(mode, sign, values, said):
    rule = three_before(mode, sign)
    (trial,) = added(rule, 3)
    assert curve(rule, trial, *(sign * value for value in values)) == said


def test_the_median_needs_three_others():
    rule = MedianStoppingRule("max")
    for trial in added(rule, 0, 1):
        curve(rule, trial, 9.0)
    (third,) = added(rule, 2)
    assert judge(rule, third, 1, 0.0) == GO
    (fourth,) = added(rule, 3)
    assert judge(rule, fourth, 1, 0.0) == STOP


def test_the_median_neither_stops_nor_counts_baselines():
    rule = MedianStoppingRule("max")
    for trial in added(rule, 0, 1, 2, name="base"):
        assert curve(rule, trial, 9.0) == [GO]
    (trial,) = added(rule, 3)
    assert judge(rule, trial, 1, 0.0) == GO  # no other is there
    rule = three_before("max", 1)
    (base,) = added(rule, 3, name="base")
    assert curve(rule, base, 0.0, 0.0) == [GO, GO]


def test_the_median_counts_neither_failures_nor_nan():
    rule = MedianStoppingRule("max")
    failed, broken, *others = added(rule, 0, 1, 2, 3, 4)
    for end in (rule.on_trial_result, rule.on_trial_complete):
        assert end(None, failed, {"resource": 1, "failure": "…"}) in (GO, None)
    assert judge(rule, broken, 1, math.nan) == GO
    assert [
        judge(rule, trial, 1, value) for trial, value in zip(others, (3, 2, 1), strict=True)
    ] == [GO] * 3
    (last,) = added(rule, 5)
    assert judge(rule, last, 1, 1.5) == STOP  # the median of 3, 2, 1 is 2


def test_a_step_that_is_done_again_counts_once():
    rule = three_before("max", 1)
    (trial,) = added(rule, 3)
    assert [judge(rule, trial, t, v) for t, v in ((1, 2.0), (2, 3.0), (1, 0.0), (2, 3.0))] == [
        GO
    ] * 4
    assert rule.rule.curves[3].resources == [1, 2]


def test_the_median_remembers_what_a_trial_did_before_an_interruption():
    earlier = [known(n, 2.0, 2.0, 2.0) for n in range(3)]
    rule = MedianStoppingRule("max", [*earlier, known(3, 5.0, 1.0, state="RUNNING")])
    (trial,) = added(rule, 3)
    assert judge(rule, trial, 3, 0.0) == GO  # its best is 5


# --- all of them, after an interruption -----------------------------------------------------------


RULES = {
    "asha": lambda mode, earlier=(): ASHAScheduler(mode, [[1, 3, 9]], 3, earlier),
    "hyperband": lambda mode, earlier=(): hyperband(earlier, mode),
    "median": MedianStoppingRule,
}


@pytest.mark.parametrize("name", RULES)
@both_modes
@pytest.mark.parametrize("cut", [1, 4, 20])
def test_after_an_interruption_the_decisions_are_the_same(name, mode, sign, cut):
    """Forty trials one after another; the one numbered `cut` is interrupted after two steps, and
    goes on.
    """
    numbers = random.Random(5)
    values = [[numbers.random() - number / 40 for _ in range(10)] for number in range(40)]
    whole, first = RULES[name](mode), RULES[name](mode)
    expected = [
        curve(whole, *added(whole, number), *curve_of) for number, curve_of in enumerate(values)
    ]
    done = [curve(first, *added(first, number), *values[number]) for number in range(cut)]
    earlier = [known(number, *values[number][: len(said)]) for number, said in enumerate(done)]
    steps = min(2, len(expected[cut]))
    again = RULES[name](mode, [*earlier, known(cut, *values[cut][:steps], state="RUNNING")])
    (trial,) = added(again, cut)
    rest = [
        judge(again, trial, t, values[cut][t - 1]) for t in range(steps + 1, len(expected[cut]) + 1)
    ]
    assert rest == expected[cut][steps:]
    then = [curve(again, *added(again, number), *values[number]) for number in range(cut + 1, 40)]
    assert then == expected[cut + 1 :]
    assert STOP in {said[-1] for said in then}


@pytest.mark.parametrize("name", ["asha", "hyperband", "median"])
def test_with_several_objectives_no_trial_is_stopped(here, name):
    (search,), _ = plan_study(build(["toy"], {"scheduler": name, "metric": "loss,accuracy"}))
    assert type(make_scheduler(search)) is NoEarlyStopping


# --- whose turn it is -----------------------------------------------------------------------------


class Queued(Trial):
    """With the state that Ray keeps of it."""

    def __init__(self, number, status="PENDING"):
        super().__init__(number)
        self.status = status

    def is_finished(self):
        return self.status in ("TERMINATED", "ERROR")


def test_trials_start_in_the_order_in_which_they_come():
    rule = NoEarlyStopping()
    first, second, third = queued = [Queued(number) for number in range(3)]
    assert rule.choose_trial_to_run(None) is None
    for trial in queued:
        rule.on_trial_add(None, trial)
    assert rule.choose_trial_to_run(None) is rule.choose_trial_to_run(None) is first
    first.status = "RUNNING"
    assert rule.choose_trial_to_run(None) is second
    second.status, third.status = "PAUSED", "RUNNING"
    assert rule.choose_trial_to_run(None) is second
    first.status = "PENDING"  # its worker died
    assert rule.choose_trial_to_run(None) is first  # pending comes before paused
    rule.on_trial_add(None, first)
    third.status = second.status = "PENDING"
    assert rule.choose_trial_to_run(None) is second  # what is added again goes to the end
    rule.on_trial_remove(None, second)
    assert rule.choose_trial_to_run(None) is third
    third.status = "ERROR"
    assert rule.choose_trial_to_run(None) is first
    rule.on_trial_complete(None, first, {"resource": 1, "objective": 1.0})
    assert rule.choose_trial_to_run(None) is None


# --- the registry ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SCHEDULERS)
def test_a_row_makes_its_scheduler(here, name):
    spec = SCHEDULERS[name]
    (search,), _ = plan_study(build(["toy"], {"scheduler": name}))
    made = make_scheduler(search)
    assert (spec.name, search.ladder != []) == (name, spec.stops_by_rungs)
    assert (type(made) is NoEarlyStopping) == (not spec.stops_early)
    assert describe_search(search)["stops_early"] == spec.stops_early
    (single,), _ = plan_study(build(["toy"], {"scheduler": name, "max_resource": "1"}))
    assert (type(make_scheduler(single)) is NoEarlyStopping) == (
        not spec.stops_early or spec.stops_by_rungs
    )


@pytest.mark.parametrize(
    ("name", "ladder"), [("asha", [3, 9]), ("hyperband", [1, 3, 9]), ("median", []), ("none", [])]
)
def test_the_ladder_of_each(name, ladder):
    assert SCHEDULERS[name].ladder(27, 3) == ladder


def test_a_registry_loads_no_ray():
    code = (
        "import sys; import hypersearch.search.schedulers.registry; assert 'ray' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3])
