"""The history of a search, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from hypersearch.analysis.figures.search.history import HISTORY
from hypersearch.analysis.figures.trial_data import Goal, limits
from tests.analysis.figures.made import check, journal, study

ROWS = [
    {"trial": 0, "name": "R5", "objective": 0.8},
    {"trial": 1, "objective": 0.7},
    {"trial": 2, "state": "PRUNED", "objective": 0.99, "resource": 1},
    {"trial": 3, "state": "FAIL"},
    {"trial": 4, "objective": 0.9},
    {"trial": 5, "objective": 0.85},
    {"trial": 6, "name": "R3", "objective": 0.75},
    {"trial": 7, "objective": 0.9},
]


@pytest.fixture(params=["max", "min"])
def mode(request):
    return request.param


def test_the_best_so_far_is_of_complete_searched_trials(mode):
    record = HISTORY.compute(study(ROWS[::-1], mode=mode), "cnn")
    assert record.trial_n.tolist() == [1, 4, 5, 7]
    assert record.objective_n.tolist() == [0.7, 0.9, 0.85, 0.9]
    assert record.best_n.tolist() == (
        [0.7, 0.9, 0.9, 0.9] if mode == "max" else [0.7, 0.7, 0.7, 0.7]
    )
    assert (record.trial_b.tolist(), record.names) == ([0, 6], ("R5", "R3"))
    assert (record.pruned.tolist(), record.failed.tolist()) == ([2], [3])
    assert record.trial_n[record.best] == (4 if mode == "max" else 1)  # of equal ones the earlier
    assert record.names[record.best_baseline] == ("R5" if mode == "max" else "R3")
    check(HISTORY.draw(record))


def test_description(mode):
    words = HISTORY.describe(HISTORY.compute(study(ROWS, mode=mode), "cnn"))
    better, best, baseline = {
        "max": ("higher", "4 with 0.9000", "R5 with 0.8000"),
        "min": ("lower", "1 with 0.7000", "R3 with 0.7500"),
    }[mode]
    assert (
        words
        == f"cnn: accuracy ({better} is better) by trial; 4 complete searched trials, 2 baselines,"
        f" 1 stopped, 1 failed. The best is trial {best}. The best baseline is {baseline}."
    )


def test_only_baselines():
    record = HISTORY.compute(study(ROWS[:1]), "cnn")
    assert record.best is None
    assert len(record.best_n) == 0
    assert "best is trial" not in HISTORY.describe(record)
    check(HISTORY.draw(record))


def test_only_stopped_and_failed_trials_have_no_history():
    assert HISTORY.compute(study(ROWS[2:4]), "cnn") is None


def test_over_time_trials_count_when_they_end(tmp_path):
    events = [("start", 100.0, n, {}) for n in (1, 4, 5, 7)]
    ends = {5: 110.0, 1: 120.0, 7: 130.0, 4: 140.0}
    events += [("end", at, n, {"state": "COMPLETE"}) for n, at in ends.items()]
    record = HISTORY.compute(study(ROWS, folder=journal(tmp_path, events)), "cnn")
    assert record.elapsed_m.tolist() == [10.0, 20.0, 30.0, 40.0]
    assert record.best_m.tolist() == [0.85, 0.85, 0.9, 0.9]
    assert "trial 4 with 0.9000 after 30 s." in HISTORY.describe(record)
    figure = HISTORY.draw(record)
    check(figure)
    assert [axes.get_xlabel() for axes in figure.axes] == [
        "trial",
        "seconds since the search began",
    ]


def test_one_far_off_value_does_not_flatten_the_axis():
    values = [0.02, 0.021, 0.022, 0.023, 0.024, 1e6]
    low, high = limits(values, Goal("mse", "min"))
    assert low < 0.02
    assert 0.024 < high < 0.04
    rows = [{"objective": value} for value in values]
    figure = HISTORY.draw(HISTORY.compute(study(rows, metric="mse", mode="min"), "cnn"))
    assert figure.axes[0].get_ylim() == (low, high)
    assert len(figure.axes[0].collections) == 2  # the trials, and the triangle of the one beyond


@pytest.mark.parametrize("mode", ["max", "min"])
@pytest.mark.parametrize(
    ("values", "shown"),
    [([], (0.0, 1.0)), ([np.nan], (0.0, 1.0)), ([0.0], (-1.0, 1.0)), ([2.0] * 9, (1.9, 2.1))],
)
def test_limits_of_few_and_equal_values(values, shown, mode):
    assert limits(values, Goal("it", mode)) == pytest.approx(shown)


def test_limits_show_all_of_four():
    low, high = limits([0.9, 0.89, 0.88, -50.0], Goal("accuracy", "max"))
    assert low < -50
    assert high > 0.9
