"""The tables of a search, by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

import hypersearch
from hypersearch.analysis.report import tables
from hypersearch.analysis.study.ranking import rank
from tests.analysis.studies import CNN, HOSTILE, Made, make

BASELINE = Made(0, (0.5, 0.85), name="R5", params={"depth": 3, "rate": 0.001, "pooling": "max"})
TRIALS = (
    BASELINE,
    Made(1, (0.6, 0.9), params={"depth": 2, "rate": 0.0123456, "pooling": "max"}),
    Made(2, (0.7,), "PRUNED", params={"depth": 1, "rate": 0.1, "pooling": "average"}),
    Made(3, (), "FAIL", failure="Traceback\nValueError: no"),
)


@pytest.fixture
def study(tmp_path):
    return make(tmp_path, TRIALS)


@pytest.fixture
def ranked(study):
    return rank(study, "cnn")


def confirmed(table):
    """With figures on test, as `confirm` leaves them."""
    return table.assign(
        **{
            "test.accuracy": [0.88, 0.84, None, None],
            "test.accuracy_std": [0.01, 0.002, None, None],
        }
    )


def test_leaderboard(study, ranked):
    board = tables.leaderboard(study, "cnn", ranked)
    assert board.caption == "All trials, best first"
    assert board.columns == (
        "#",
        "trial",
        "accuracy",
        "epochs",
        "seconds",
        "state",
        "depth",
        "rate",
        "pooling",
    )
    assert board.rows == (
        ("1", "1", "0.9000", "2", "2.0", "done", "2", "0.0123", "max"),
        ("2", "0 R5", "0.8500", "2", "2.0", "done", "3", "0.001", "max"),
        ("3", "2", "0.7000", "1", "1.0", "stopped", "1", "0.1", "average"),
        ("4", "3", "–", "0", "0.0", "failed", "2", "0.01", "max"),
    )
    assert board.kinds == ("done", "done", "stopped", "failed")


def test_leaderboard_with_figures_on_test(study, ranked):
    board = tables.leaderboard(study, "cnn", confirmed(ranked))
    place = board.columns.index("on test: accuracy")
    assert [row[place] for row in board.rows] == ["0.8800 ± 0.0100", "0.8400 ± 0.0020", "–", "–"]


def test_only_the_first_twenty_are_shown(tmp_path):
    study = make(tmp_path, [Made(n, (n / 100,)) for n in range(30)])
    board = tables.leaderboard(study, "cnn", rank(study, "cnn"))
    assert (board.caption, len(board.rows)) == ("The best 20 of 30 trials", 20)
    assert board.rows[0][1:3] == ("29", "0.2900")


def test_what_a_baseline_has_otherwise_comes_first(tmp_path):
    space = {
        **CNN["space"],
        "network": {"kind": "Choice", "values": ["blocks", "R5"], "searched": ["blocks"]},
    }
    trials = [
        Made(0, name="R5", params={"network": "R5"}),
        Made(1, params={"network": "blocks", "depth": 2}),
    ]
    trials += [Made(2, params={"network": "blocks", "depth": 4})]
    study = make(tmp_path, trials, searches=({**CNN, "space": space},))
    board = tables.leaderboard(study, "cnn", rank(study, "cnn"))
    assert board.columns[board.parameters :] == ("network", "depth")
    assert [row[board.parameters :] for row in board.rows] == [
        ("R5", "–"),
        ("blocks", "2"),
        ("blocks", "4"),
    ]
    assert board.kind(board.parameters, "blocks") == "words parameter"


def test_fixed_parameters_are_told_apart(tmp_path):
    space = {"depth": {"kind": "Int", "low": 2, "high": 2}, "pooling": CNN["space"]["pooling"]}
    study = make(tmp_path, [Made(0)], searches=({**CNN, "space": space},))
    (best,) = tables.best_trials(study, "cnn", rank(study, "cnn"))
    assert best.fixed == "depth=2"
    assert best.parameters is not None
    assert best.parameters.rows == (("pooling", "max", "max, average"),)


def test_a_parameter_may_be_called_as_a_column_is(tmp_path):
    space = {name: {"kind": "Int", "low": 0, "high": 9} for name in ("state", "seconds")}
    trials = [Made(n, params={"state": n, "seconds": 5 + n}) for n in range(2)]
    study = make(tmp_path, trials, searches=({**CNN, "space": space},))
    board = tables.leaderboard(study, "cnn", rank(study, "cnn"))
    assert board.rows[0] == ("1", "0", "0.9000", "2", "2.0", "done", "0", "5")
    assert [board.kind(place) for place in (5, 6)] == ["words state", "words parameter"]


def test_several_objectives(tmp_path):
    goals = {"accuracy": "max", "loss": "min"}
    study = make(tmp_path, TRIALS, searches=({**CNN, "objectives": goals},))
    board = tables.leaderboard(study, "cnn", rank(study, "cnn"))
    assert board.columns[2:5] == ("accuracy", "loss", "front")
    assert board.rows[0][2:5] == ("0.9000", "0.1000", "1")
    assert board.rows[3][2:5] == ("–", "–", "–")
    assert tables.better(study, "cnn") == "higher accuracy and lower loss are better"


def test_the_best_trial(study, ranked):
    (best,) = tables.best_trials(study, "cnn", ranked)
    assert best.title == "Best trial: 1"
    assert best.scores.columns == ("metric", "validation")
    assert best.scores.rows == (("accuracy", "0.9000"), ("loss", "0.1000"), ("parameters", "1,234"))
    assert best.parameters is not None
    assert best.parameters.rows == (
        ("depth", "2", "1 … 4"),
        ("rate", "0.0123", "0.0001 … 0.1, log"),
        ("pooling", "max", "max, average"),
    )


def test_a_baseline_that_wins_does_not_hide_the_best_that_was_found(tmp_path):
    study = make(tmp_path, [replace(BASELINE, scores=(0.99,)), *TRIALS[1:]])
    best = tables.best_trials(study, "cnn", rank(study, "cnn"))
    assert [each.title for each in best] == [
        "Best trial: 0 R5 (baseline)",
        "Best trial that the search found: 1",
    ]


def test_no_complete_trial_is_no_best_one(tmp_path):
    study = make(tmp_path, TRIALS[2:])
    assert tables.best_trials(study, "cnn", rank(study, "cnn")) == []


def test_figures_on_test_of_several_seeds(study, ranked):
    facts = {**study.facts, "confirmed": {"top": 1, "seeds": 3}}
    table = tables.scores(replace(study, facts=facts), "cnn", confirmed(ranked).iloc[0])
    assert table.caption == "Scores; on test mean ± standard deviation of 3 seeds"
    assert table.columns == ("metric", "validation", "test")
    assert table.rows[0] == ("accuracy", "0.9000", "0.8800 ± 0.0100")
    assert table.rows[1] == ("loss", "0.1000", "–")


@pytest.mark.parametrize(
    ("parameter", "shown"),
    [
        ({"kind": "Float", "low": 0.0, "high": 0.5, "log": False}, "0 … 0.5"),
        ({"kind": "Int", "low": 3, "high": 3, "log": False}, "fixed"),
        ({"kind": "Choice", "values": ["a", None], "searched": ["a"]}, "fixed"),
        ({"kind": "Choice", "values": ["a", None], "searched": ["a", None]}, "a, None"),
        ({}, "–"),
    ],
)
def test_what_was_searched(parameter, shown):
    assert tables.searched(parameter) == shown


def test_long_names_and_values_are_cut(tmp_path):
    space = {HOSTILE: {"kind": "Choice", "values": [HOSTILE, "b"], "searched": [HOSTILE, "b"]}}
    trials = [Made(0, params={HOSTILE: HOSTILE}, name=HOSTILE), Made(1, params={HOSTILE: "b"})]
    study = make(tmp_path, trials, searches=({**CNN, "space": space},))
    ranked = rank(study, "cnn")
    cells = [cell for row in tables.leaderboard(study, "cnn", ranked).rows for cell in row]
    best = tables.best_trials(study, "cnn", ranked)[0]
    assert best.parameters is not None
    cells += [cell for row in best.parameters.rows for cell in row]
    assert max(map(len, cells)) <= 400


CLUSTERS = """\
study,family,trial,name,state,objective,resource,seconds,param.k,val.v_measure,val.accuracy,val.hungarian_accuracy,val.clusters,val.silhouette,val.bic
demo,kmeans,0,R4-64,COMPLETE,0.52,9,1.0,64,0.52,0.7226,0.4,64,0.08,123456.5
demo,kmeans,1,,COMPLETE,0.50,9,1.0,10,0.50,0.56,0.5,10,0.15,223456.5
demo,kmeans,2,,COMPLETE,0.53,9,1.0,36,0.53,0.69,0.3,36,0.09,323456.5
"""


def test_choices_of_a_clustering(tmp_path):
    kmeans = {
        **CNN,
        "family": "kmeans",
        "metric": "v_measure",
        "objectives": {"v_measure": "max"},
        "baselines": [],
    }
    study = make(tmp_path, searches=(kmeans,))
    (study.folder / "trials.csv").write_text(CLUSTERS)
    study = hypersearch.load(study.folder)
    picked, front = tables.chosen(study, "kmeans", rank(study, "kmeans"))
    assert picked.columns[:3] == ("chosen by", "trial", "v_measure")
    assert [row[:3] for row in picked.rows] == [
        ("v_measure (by labels)", "2", "0.5300"),
        ("silhouette (without labels)", "1", "0.5000"),
        ("bic (without labels)", "0 R4-64", "0.5200"),
    ]
    assert picked.rows[2][picked.columns.index("bic")] == "123,456"
    assert picked.rows[2][picked.columns.index("silhouette")] == "–"
    pairs = (("10", "0.5600"), ("36", "0.6900"), ("64", "0.7226"))
    assert front.rows == tuple((*pair, "validation images") for pair in pairs)


def test_other_families_choose_nothing(study, ranked):
    assert tables.chosen(study, "cnn", ranked) == []
