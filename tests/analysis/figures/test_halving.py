"""Rungs and curves, by hand."""

from __future__ import annotations

import pytest

from hypersearch.analysis.figures.search import intermediate, rungs
from tests.analysis.figures.made import check, study

ROWS = [
    {"trial": 0, "name": "R5", "objective": 0.9},
    {"trial": 1, "objective": 0.8},
    {"trial": 2, "state": "PRUNED", "objective": 0.5, "resource": 1},
    {"trial": 3, "state": "PRUNED", "objective": 0.6, "resource": 4},
    {"trial": 4, "state": "FAIL", "resource": 2},
    {"trial": 5, "state": "FAIL", "resource": 0},
    {"trial": 6, "objective": 0.7, "resource": 3},  # was complete at the rung, as a small forest is
]
CURVES = {
    0: [(1, 0.85), (9, 0.9)],
    1: [(1, 0.3), (2, 0.5), (3, 0.7), (9, 0.8)],
    2: [(1, 0.5)],
    3: [(1, 0.4), (2, 0.45), (4, 0.6)],  # no step at 3: judged at 4
    4: [(1, 0.35), (2, 0.2)],
    6: [(1, 0.6), (3, 0.7)],
}
HISTORY = [
    {"trial": n, "step": step, "val.accuracy": v}
    for n, curve in CURVES.items()
    for step, v in curve
]


def test_who_reached_each_rung_and_who_went_on():
    record = rungs.RUNGS.compute(study(ROWS, HISTORY[::-1]), "cnn")
    first, second = record.rungs
    assert (first.resource, first.reached, first.went_on) == (1, 5, 4)
    assert dict(zip(first.trial_n.tolist(), first.objective_n.tolist(), strict=True)) == {
        1: 0.3,
        2: 0.5,
        3: 0.4,
        4: 0.35,
        6: 0.6,
    }
    assert (first.best, first.median) == (0.6, 0.4)
    assert (second.resource, second.reached, second.went_on) == (3, 3, 2)
    assert second.objective_n.tolist() == [0.7, 0.6, 0.7]
    assert (record.trials, record.complete) == (6, 2)
    check(rungs.RUNGS.draw(record))


def test_where_less_is_better():
    record = rungs.RUNGS.compute(study(ROWS, HISTORY, mode="min"), "cnn")
    assert [rung.best for rung in record.rungs] == [0.3, 0.6]


def test_words_of_the_rungs():
    assert (
        rungs.RUNGS.describe(rungs.RUNGS.compute(study(ROWS, HISTORY), "cnn"))
        == "cnn: of 6 searched trials, at 1 epoch 5 arrived and 4 went on (best 0.6000, median"
        " 0.4000); at 3 epochs 3 arrived and 2 went on (best 0.7000, median 0.7000); 2 ran to"
        " their end. Judged by accuracy, higher is better."
    )


@pytest.mark.parametrize("change", [{"rungs": []}, {"rungs": [20]}, {"metric": "loss"}])
def test_no_rungs(change):
    assert rungs.RUNGS.compute(study(ROWS, HISTORY, **change), "cnn") is None


def test_curves():
    record = intermediate.INTERMEDIATE.compute(study(ROWS, HISTORY), "cnn")
    assert [(c.trial, c.name, c.state) for c in record.curves] == [
        (0, "R5", "COMPLETE"),
        (1, "", "COMPLETE"),
        (3, "", "PRUNED"),
        (4, "", "FAIL"),
        (6, "", "COMPLETE"),
    ]
    assert record.curves[2].step_s.tolist() == [1, 2, 4]
    assert record.curves[2].objective_s.tolist() == [0.4, 0.45, 0.6]
    assert (record.best, record.trials, record.rungs) == (0, 5, (1, 3))
    figure = intermediate.INTERMEDIATE.draw(record)
    check(figure)
    assert (
        intermediate.INTERMEDIATE.describe(record)
        == "cnn: accuracy (higher is better) against epochs for 5 curves (3 complete, 1 stopped, 1"
        " failed). Rungs at 1, 3. The best complete trial, 0 R5, goes from 0.8500 to 0.9000."
    )


def test_one_step_a_trial_is_no_curve():
    assert intermediate.INTERMEDIATE.compute(study(ROWS, HISTORY[-2:-1]), "cnn") is None
    assert intermediate.INTERMEDIATE.compute(study(ROWS, []), "cnn") is None


def test_many_curves_are_thinned_but_keep_the_best_and_the_baselines():
    count, length = 250, 80
    rows = [{"objective": 0.001 * n} for n in range(count)]
    rows[17]["name"], rows[249]["state"] = "R5", "PRUNED"
    history = [
        {"trial": n, "step": s + 1, "val.accuracy": 0.001 * n}
        for n in range(count)
        for s in range(length)
    ]
    record = intermediate.INTERMEDIATE.compute(study(rows, history), "cnn")
    shown = {curve.trial for curve in record.curves}
    assert len(shown) <= 201
    assert {17, 248} <= shown
    assert (record.best, record.trials) == (248, 250)
    curve = record.curves[0]
    assert len(curve.step_s) == 60
    assert curve.step_s[[0, -1]].tolist() == [1, length]
    assert " curves of 250 trials" in intermediate.INTERMEDIATE.describe(record)


def test_a_long_resource_has_a_logarithmic_axis():
    history = [{"trial": 1, "step": step, "val.accuracy": 0.5} for step in (1, 10, 100)]
    figure = intermediate.INTERMEDIATE.draw(
        intermediate.INTERMEDIATE.compute(study(ROWS, history), "cnn")
    )
    assert figure.axes[0].get_xscale() == "log"
    check(figure)
