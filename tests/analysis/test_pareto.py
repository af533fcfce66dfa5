"""Pareto fronts by hand, and the leaderboard of a search with several objectives."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from rich.console import Console

import hypersearch
from hypersearch.analysis.leaderboard import leaderboard, terminal
from hypersearch.analysis.study.ranking import rank
from hypersearch.models.pareto import fronts
from hypersearch.search.storage.files import write_json


@pytest.mark.parametrize(
    ("costs", "expected"),
    [
        ([], []),
        ([[1, 1]], [1]),
        ([[1, 2], [2, 1]], [1, 1]),
        ([[1, 1], [2, 2], [3, 3]], [1, 2, 3]),
        (
            [[1, 1], [1, 1], [1, 2]],
            [1, 1, 2],
        ),  # equal ones do not beat each other; no worse and once better does
        ([[3, 3], [1, 4], [2, 2], [4, 1], [4, 4], [5, 5]], [2, 1, 1, 1, 3, 4]),
        ([[1, 2, 3], [3, 2, 1], [2, 2, 2], [3, 3, 3]], [1, 1, 1, 2]),
        ([[2], [1], [2]], [2, 1, 2]),
    ],
)
def test_fronts(costs, expected):
    assert fronts(np.array(costs or np.zeros((0, 2)), dtype=float)).tolist() == expected


def test_fronts_of_many_are_those_of_the_definition():
    costs = np.random.default_rng(0).integers(0, 6, size=(60, 3)).astype(float)
    left, expected = set(range(60)), np.zeros(60, dtype=int)
    for front in range(1, 61):
        beaten = {
            i
            for i in left
            for j in left
            if (costs[j] <= costs[i]).all() and (costs[j] < costs[i]).any()
        }
        expected[list(left - beaten)] = front
        left = beaten
    assert fronts(costs).tolist() == expected.tolist()


FACTS = {
    "name": "demo",
    "started": "2026-01-31T10:00:00+00:00",
    "dataset": {"name": "digits"},
    "searches": [
        {
            "family": "cnn",
            "metric": "accuracy",
            "mode": "max",
            "objectives": {"accuracy": "max", "parameters": "min"},
            "resource": "epochs",
            "trials": 5,
            "baselines": [{"name": "R5"}],
            "space": {"depth": {"low": 1}},
        },
        {
            "family": "toy",
            "metric": "loss",
            "mode": "min",
            "resource": "steps",
            "trials": 1,
            "baselines": [],
            "space": {},
        },
    ],
}
TRIALS = """\
study,family,trial,name,state,objective,resource,seconds,val.accuracy,val.parameters,param.depth,val.loss
demo,cnn,0,R5,COMPLETE,0.9,9,4.0,0.9,5000,1,
demo,cnn,1,,COMPLETE,0.8,9,1.0,0.8,1000,2,
demo,cnn,2,,COMPLETE,0.85,9,2.0,0.85,6000,3,
demo,cnn,3,,COMPLETE,0.95,9,8.0,0.95,50000,4,
demo,cnn,4,,FAIL,,1,0.5,0.5,70,5,
demo,cnn,5,,PRUNED,0.99,1,0.5,0.99,10,6,
demo,toy,0,,COMPLETE,0.5,9,1.0,,,,0.5
"""
TABLE = """\
demo · cnn on digits
#  trial  accuracy  parameters  front  epochs  seconds  state    parameters
1  3        0.9500      50,000      1       9      8.0  done     depth=4
2  0 R5     0.9000       5,000      1       9      4.0  done     depth=1
3  1        0.8000       1,000      1       9      1.0  done     depth=2
4  2        0.8500       6,000      2       9      2.0  done     depth=3
5  5        0.9900          10              1      0.5  stopped  depth=6
6  4             –           –              1      0.5  failed   depth=5
#1 in full: depth=4
6 trials: 4 done, 1 stopped, 1 failed; higher accuracy and lower parameters are
  better; no trial beats those of front 1 in all of them
tracebacks in {out}/demo/logs
"""


@pytest.fixture
def out(tmp_path):
    (tmp_path / "demo").mkdir()
    write_json(tmp_path / "demo" / "study.json", FACTS)
    (tmp_path / "demo" / "trials.csv").write_text(TRIALS)
    return tmp_path


def test_fronts_come_first_then_the_first_objective(out):
    ranked = rank(hypersearch.load(out / "demo"), "cnn")
    assert ranked["trial"].tolist() == [3, 0, 1, 2, 5, 4]
    assert ranked["front"].fillna(0).tolist() == [1, 1, 1, 2, 0, 0]
    by_seconds = rank(hypersearch.load(out / "demo"), "cnn", "seconds")
    assert by_seconds["trial"].tolist() == [4, 5, 1, 2, 0, 3]


def test_a_search_of_one_objective_has_no_fronts(out):
    assert "front" not in rank(hypersearch.load(out / "demo"), "toy")


def test_terminal(out):
    console = Console(width=80, file=io.StringIO(), highlight=False)
    terminal.show(out, [], console=console)
    lines = [line.rstrip() for line in console.file.getvalue().split("\n\n")[0].splitlines()]
    assert lines == TABLE.format(out=out).splitlines()


def test_csv_markdown_and_json(out, capsys):
    leaderboard.write(out, [], "csv")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == (
        "study,family,trial,name,state,objective,resource,seconds,front,val.accuracy,val.parameters,param.depth,val.loss"
    )
    assert lines[1].startswith("demo,cnn,3,,COMPLETE,0.95,9,8.0,1,0.95,50000")
    assert lines[6].startswith("demo,cnn,4,,FAIL,,1,0.5,,0.5,70")
    leaderboard.write(out, [], "md")
    rows = [
        [cell.strip() for cell in line.split("|")][1:-1]
        for line in capsys.readouterr().out.splitlines()
    ]
    assert [row[6] for row in rows[2:10]] == ["front", rows[3][6], "1", "1", "1", "2", "", ""]
    leaderboard.write(out, [], "json")
    assert [row.get("front") for row in json.loads(capsys.readouterr().out)] == [
        1,
        1,
        1,
        2,
        None,
        None,
        None,
    ]
