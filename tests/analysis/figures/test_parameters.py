"""What is shown of parameters: importances, slices, parallel coordinates; by hand where that is
possible.
"""

from __future__ import annotations

import numpy as np
import pytest

from hypersearch.analysis.figures.search import axes, importances, parallel_coordinates, slices
from tests.analysis.figures.made import SPACE, check, large, study

ROWS = [
    {"objective": 0.5, "param.learning_rate": 1e-3, "param.optimizer": "adam", "param.depth": 1},
    {
        "objective": 0.9,
        "param.learning_rate": 1e-5,
        "param.optimizer": "sgd",
        "param.depth": 4,
        "param.momentum": 0.5,
    },
    {"objective": 0.7, "param.learning_rate": 0.1, "param.optimizer": "adam", "param.depth": 2},
    {
        "name": "R5",
        "objective": 0.8,
        "param.learning_rate": 0.01,
        "param.optimizer": "lion",
        "param.depth": 3,
    },
    {
        "state": "PRUNED",
        "objective": 0.99,
        "param.learning_rate": 0.02,
        "param.optimizer": "sgd",
        "param.depth": 1,
    },
]


def test_axes_of_what_was_searched():
    found = {axis.name: axis for axis in axes.axes(study(ROWS, space=SPACE), "cnn")}
    assert list(found) == ["learning_rate", "batch_size", "optimizer", "momentum", "depth"]
    rate, depth = found["learning_rate"], found["depth"]
    assert (rate.low, rate.high, rate.log, rate.whole, rate.conditional) == (
        1e-5,
        0.1,
        True,
        False,
        False,
    )
    assert (depth.whole, found["momentum"].conditional, found["optimizer"].values) == (
        True,
        True,
        ("adam", "sgd"),
    )


def test_places():
    made = study(ROWS, space=SPACE)
    found = {axis.name: axis for axis in axes.axes(made, "cnn")}
    assert found["optimizer"].places(made.trials)[[0, 1, 4]].tolist() == [0, 1, 1]
    assert np.isnan(found["optimizer"].places(made.trials)[3])  # lion was not searched
    assert np.isfinite(found["momentum"].places(made.trials)).tolist() == [
        False,
        True,
        False,
        False,
        False,
    ]
    assert np.isnan(found["batch_size"].places(made.trials)).all()  # no trial says it
    rate = found["learning_rate"]
    assert rate.scaled(rate.places(made.trials)) == pytest.approx(
        [0.5, 0.0, 1.0, 0.75, 0.825257], abs=1e-6
    )
    depth = found["depth"]
    assert depth.scaled(depth.places(made.trials)) == pytest.approx([0, 1, 1 / 3, 2 / 3, 0])


def test_what_every_trial_has_is_not_conditional_and_what_none_has_is_left_out():
    ranged = {"kind": "Float", "low": 0.0, "high": 1.0, "log": False}
    space = {
        "quantile": {**ranged, "when": {"from": ["quantile"]}},
        "eps": {**ranged, "when": {"from": ["value"]}},
    }
    rows = [{"param.quantile": 0.2}, {"param.quantile": 0.4}, {"name": "R3", "param.eps": 0.5}]
    found = axes.axes(study(rows, space=space), "cnn")
    assert [(axis.name, axis.conditional) for axis in found] == [("quantile", False)]
    none_yet = axes.axes(study([], space=space), "cnn")
    assert [(axis.name, axis.conditional) for axis in none_yet] == [
        ("quantile", True),
        ("eps", True),
    ]


def test_choices_of_any_type():
    space = {
        "max_depth": {
            "kind": "Choice",
            "values": [],
            "searched": [None, 0.1, True, "sqrt"],
            "when": {},
        }
    }
    rows = [{"param.max_depth": value} for value in ("None", 0.1, True, "sqrt", 7, np.nan)]
    (axis,) = axes.axes(study(rows, space=space), "cnn")
    assert axis.places(study(rows, space=space).trials)[:4].tolist() == [0, 1, 2, 3]
    assert np.isnan(axis.places(study(rows, space=space).trials)[4:]).all()


def test_slices_hold_complete_trials_the_best_first():
    record = slices.SLICES.compute(study(ROWS, space=SPACE), "cnn")
    found = {each.axis.name: each for each in record.slices}
    assert list(found) == [
        "learning_rate",
        "optimizer",
        "momentum",
        "depth",
    ]  # the space's order, with so few
    assert found["depth"].trial_n.tolist() == [1, 2, 0]
    assert found["depth"].place_n.tolist() == [4, 2, 1]
    assert found["depth"].objective_n.tolist() == [0.9, 0.7, 0.5]
    assert (found["depth"].place_b.tolist(), found["depth"].objective_b.tolist()) == ([3], [0.8])
    assert found["momentum"].trial_n.tolist() == [1]
    assert found["optimizer"].place_b.tolist() == []
    assert (record.best, record.objective, record.trials) == (1, 0.9, 3)
    check(slices.SLICES.draw(record))
    assert (
        slices.SLICES.describe(record)
        == "cnn: accuracy (higher is better) of 3 complete searched trials against each of 4"
        " parameters. The best, trial 1 with 0.9000, has learning_rate 1e-05, optimizer sgd,"
        " momentum 0.5, depth 4."
    )


def test_slices_where_less_is_better():
    record = slices.SLICES.compute(study(ROWS, space=SPACE, mode="min"), "cnn")
    assert record.slices[0].trial_n.tolist() == [0, 2, 1]
    assert "has learning_rate 0.001, optimizer adam, depth 1." in slices.SLICES.describe(record)


def test_the_scale_of_a_slice_is_that_of_the_search():
    figure = slices.SLICES.draw(slices.SLICES.compute(study(ROWS, space=SPACE), "cnn"))
    scales = {axes.get_xlabel(): axes.get_xscale() for axes in figure.axes if axes.axison}
    assert scales == {
        "learning_rate": "log",
        "optimizer": "linear",
        "momentum": "linear",
        "depth": "linear",
    }


def test_parallel_coordinates():
    record = parallel_coordinates.PARALLEL_COORDINATES.compute(study(ROWS, space=SPACE), "cnn")
    assert [axis.name for axis in record.axes] == [
        "learning_rate",
        "batch_size",
        "optimizer",
        "momentum",
        "depth",
    ]
    assert record.trial_n.tolist() == [1, 2, 0]
    expected = [
        [0, np.nan, 1, 0.5 / 0.99, 1],
        [1, np.nan, 0, np.nan, 1 / 3],
        [0.5, np.nan, 0, np.nan, 0],
    ]
    np.testing.assert_allclose(record.place_np, expected, atol=1e-12)
    check(parallel_coordinates.PARALLEL_COORDINATES.draw(record), labels=False)
    assert (
        "The best is trial 1 with 0.9000; of these parameters it has learning_rate, optimizer,"
        " momentum, depth." in (parallel_coordinates.PARALLEL_COORDINATES.describe(record))
    )


def test_parallel_coordinates_are_thinned_evenly_by_rank():
    rows = [
        {"objective": float(n), "param.depth": 1 + n % 4, "param.learning_rate": 1e-3}
        for n in range(1000)
    ]
    record = parallel_coordinates.PARALLEL_COORDINATES.compute(study(rows, space=SPACE), "cnn")
    assert len(record.trial_n) == 200
    assert record.trial_n[[0, -1]].tolist() == [999, 0]
    assert abs(np.diff(record.trial_n) + 5).max() <= 1
    assert "200 of 1000 complete" in parallel_coordinates.PARALLEL_COORDINATES.describe(record)


def test_parallel_needs_two_trials_and_two_parameters():
    assert (
        parallel_coordinates.PARALLEL_COORDINATES.compute(study(ROWS[:1], space=SPACE), "cnn")
        is None
    )
    assert (
        parallel_coordinates.PARALLEL_COORDINATES.compute(
            study(ROWS, space={"depth": SPACE["depth"]}), "cnn"
        )
        is None
    )


def test_the_parameter_that_decides_is_the_most_important():
    made = large(400)
    record = importances.IMPORTANCES.compute(made, "cnn")
    assert record.names[0] == "learning_rate"
    assert record.shares[0] > 0.5
    assert sorted(record.names) == ["batch_size", "depth", "learning_rate", "momentum", "optimizer"]
    assert list(record.shares) == sorted(record.shares, reverse=True)
    assert sum(record.shares) == pytest.approx(1)
    assert record.conditional == ("momentum",)
    complete = int((made.trials["state"] == "COMPLETE").sum())
    assert (record.trials, record.quantile) == (complete, max(0.1, 5 / complete))
    words = importances.IMPORTANCES.describe(record)
    assert (
        f"among the best {record.quantile:.0%} of {complete} complete trials by accuracy"
        " (PED-ANOVA)" in words
    )
    assert words.endswith("Judged only where configurations have them: momentum.")


def test_importances_are_optunas_own_on_the_same_trials():
    import optuna

    rng = np.random.default_rng(1)
    rows = [
        {
            "objective": float(x + 0.1 * y),
            "param.learning_rate": float(10 ** (-5 + 4 * x)),
            "param.depth": int(y),
        }
        for x, y in zip(rng.random(60), rng.integers(1, 5, 60), strict=True)
    ]
    record = importances.IMPORTANCES.compute(study(rows, space=SPACE), "cnn")
    spread = {
        "learning_rate": optuna.distributions.FloatDistribution(1e-5, 0.1, log=True),
        "depth": optuna.distributions.IntDistribution(1, 4),
    }
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    theirs = optuna.create_study(direction="maximize")
    for row in rows:
        params = {name: row[f"param.{name}"] for name in spread}
        theirs.add_trial(
            optuna.trial.create_trial(value=row["objective"], params=params, distributions=spread)
        )
    expected = optuna.importance.get_param_importances(theirs)  # γ' is 0.1 there too
    assert dict(zip(record.names, record.shares, strict=True)) == pytest.approx(expected)


def test_where_less_is_better_the_other_end_counts():
    made = large(400)
    low = importances.IMPORTANCES.compute(made, "cnn")
    made.trials["objective"] = -made.trials["objective"]
    made.facts["searches"][0]["mode"] = "min"
    assert importances.IMPORTANCES.compute(made, "cnn").shares == low.shares


@pytest.mark.parametrize("count", [7, 8])
def test_importances_need_eight_trials(count):
    rows = [
        {"objective": 0.1 * n, "param.learning_rate": 1e-3, "param.depth": 1 + n % 4}
        for n in range(count)
    ]
    found = importances.IMPORTANCES.compute(study(rows, space=SPACE), "cnn")
    assert (found is not None) == (count == 8)
    assert (
        importances.IMPORTANCES.compute(study(rows, space={"depth": SPACE["depth"]}), "cnn") is None
    )
    if found:
        assert found.quantile == 0.5
        check(importances.IMPORTANCES.draw(found))


def test_equal_objectives_tell_nothing():
    rows = [
        {"objective": 0.5, "param.learning_rate": 1e-3, "param.depth": 1 + n % 4} for n in range(20)
    ]
    assert importances.IMPORTANCES.compute(study(rows, space=SPACE), "cnn") is None
    assert len(slices.SLICES.compute(study(rows, space=SPACE), "cnn").slices) == 2


def test_the_most_important_come_first_everywhere():
    made = large(400)
    names = importances.IMPORTANCES.compute(made, "cnn").names
    assert tuple(each.axis.name for each in slices.SLICES.compute(made, "cnn").slices) == names
    assert (
        tuple(
            axis.name
            for axis in parallel_coordinates.PARALLEL_COORDINATES.compute(made, "cnn").axes
        )
        == names
    )
