"""Ranking and output, on a study written by hand."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pandas as pd
import pytest
from rich.console import Console

import hypersearch
from hypersearch.analysis.leaderboard import leaderboard, terminal
from hypersearch.analysis.study.ranking import check_sort, direction, rank
from hypersearch.models.errors import UserError
from hypersearch.search.storage.files import write_json

FACTS = {
    "name": "demo",
    "started": "2026-01-31T10:00:00+00:00",
    "dataset": {"name": "digits"},
    "searches": [
        {
            "family": "cnn",
            "metric": "accuracy",
            "mode": "max",
            "resource": "epochs",
            "trials": 5,
            "baselines": [{"name": "R5"}],
            "space": {
                "kind": {"searched": ["a"]},
                "depth": {"low": 1},
                "rate": {"low": 0.1},
                "max": {"searched": [None, 1]},
            },
        },
        {
            "family": "kmeans",
            "metric": "inertia",
            "mode": "min",
            "resource": "passes",
            "trials": 2,
            "baselines": [],
            "space": {"k": {"low": 2}},
        },
    ],
}
TRIALS = """\
study,family,trial,name,state,objective,resource,seconds,param.kind,param.depth,param.rate,param.max,val.accuracy,param.k,val.inertia,test.accuracy,test.accuracy_std
demo,cnn,2,,PRUNED,0.95,1,0.5,a,3,0.5,None,0.95,,,,
demo,cnn,0,R5,COMPLETE,0.8,9,4.25,old,,0.001,,0.8,,,0.79,0.01
demo,cnn,1,,COMPLETE,0.9,9,5.0,a,2,0.25,7,0.9,,,,
demo,cnn,3,,FAIL,,0,0.0,a,1,0.125,None,,,,,
demo,kmeans,0,,COMPLETE,1914601.2,9,1.0,,,,,,10,1914601.2,,
demo,kmeans,1,,COMPLETE,1053537.5,9,2.0,,,,,,256,1053537.5,,
"""


@pytest.fixture
def out(tmp_path):
    folder = tmp_path / "demo"
    folder.mkdir()
    write_json(folder / "study.json", FACTS)
    (folder / "trials.csv").write_text(TRIALS)
    return tmp_path


@pytest.fixture
def study(out):
    return hypersearch.load(out / "demo")


def test_complete_trials_come_first_then_stopped_then_failed(study):
    assert rank(study, "cnn")["trial"].tolist() == [1, 0, 2, 3]


def test_of_equal_trials_the_earlier_number_comes_first(study):
    study.trials.loc[study.trials["state"] == "COMPLETE", "objective"] = 0.5
    for rows in (study.trials, study.trials[::-1]):
        assert rank(replace(study, trials=rows), "cnn")["trial"].tolist()[:2] == [0, 1]


def test_minimised_objectives_rise(study):
    assert rank(study, "kmeans")["trial"].tolist() == [1, 0]


def test_sort_by_a_column_knows_its_direction(study):
    assert rank(study, "cnn", "test.accuracy")["trial"].tolist()[0] == 0
    assert rank(study, "cnn", "val.accuracy")["trial"].tolist() == [2, 1, 0, 3]
    assert rank(study, "cnn", "seconds")["trial"].tolist() == [3, 2, 0, 1]


def test_ends_of_an_interval_are_better_where_the_figure_is(study):
    assert direction(study, "cnn", "test.accuracy_low") == "max"
    assert direction(study, "cnn", "test.accuracy_std") == "min"
    assert direction(study, "cnn", "test.loss_high") == "min"


def test_an_unknown_column_names_the_nearest(study):
    with pytest.raises(UserError) as error:
        check_sort([study], "test.acuracy")
    assert (
        str(error.value)
        == "--sort: unknown column 'test.acuracy', allowed: trial, objective, resource, seconds,"
        " param.NAME, and val. or test. before accuracy, inertia; did you mean 'test.accuracy'?"
    )


def test_values_have_their_types(study):
    row = study.trials.iloc[2]
    assert (row["param.depth"], row["param.rate"], row["param.max"]) == (2, 0.25, 7)
    assert study.trials.iloc[0]["param.max"] == "None"


@pytest.mark.parametrize(
    ("written", "value"),
    [
        *(
            ("3", 3),
            ("-7", -7),
            ("0.5", 0.5),
            ("1e-05", 1e-05),
            ("2.", 2.0),
            ("True", True),
            ("None", "None"),
        ),
        *(
            (text, text)
            for text in (
                "sqrt",
                "007",
                "1_000",
                "1e999",
                "nan",
                "{1, 2}",
                "b'x'",
                "'x'",
                "1j",
                "٣",
                "(" * 999,
            )
        ),
        ("9" * 5000, "9" * 5000),
    ],
)
def test_what_is_written_of_a_parameter(out, written, value):
    path = out / "demo" / "trials.csv"
    pd.read_csv(path).assign(**{"param.rate": written}).to_csv(path, index=False)
    read = hypersearch.load(out / "demo").trials.iloc[0]["param.rate"]
    assert (type(read), read) == (type(value), value)


def test_json(out, capsys):
    leaderboard.write(out, [], "json")
    rows = json.loads(capsys.readouterr().out)
    assert rows[1] == {
        "study": "demo",
        "family": "cnn",
        "trial": 0,
        "name": "R5",
        "state": "COMPLETE",
        "objective": 0.8,
        "resource": 9,
        "seconds": 4.25,
        "param.kind": "old",
        "param.rate": 0.001,
        "val.accuracy": 0.8,
        "test.accuracy": 0.79,
        "test.accuracy_std": 0.01,
    }
    assert rows[3]["objective"] is None
    assert [row["state"] for row in rows] == [
        "COMPLETE",
        "COMPLETE",
        "PRUNED",
        "FAIL",
        "COMPLETE",
        "COMPLETE",
    ]


def test_csv(out, capsys):
    leaderboard.write(out, ["demo"], "csv")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(
        "study,family,trial,name,state,objective,resource,seconds,param.kind,"
    )
    assert lines[1].startswith("demo,cnn,1,,COMPLETE,0.9,9,5.0,a,2,0.25,7,0.9,")
    assert len(lines) == 7


def test_markdown(out, capsys):
    leaderboard.write(out, [], "md")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "### demo · cnn, objective accuracy (max)"
    assert [cell.strip() for cell in lines[4].split("|")][1:7] == [
        "1",
        "",
        "COMPLETE",
        "0.9",
        "9",
        "5",
    ]
    assert len({line.count("|") for line in lines[2:8]}) == 1
    assert lines[9] == "- 4 of 6 trials: 2 done, 1 stopped, 1 failed; higher accuracy is better"
    assert lines[11] == "### demo · kmeans, objective inertia (min)"
    assert not any("depth" in line for line in lines[11:])


TABLE = """\
demo · cnn on digits
#  trial  accuracy    test.accuracy  epochs  seconds  state    parameters
1  1        0.9000                –       9      5.0  done     depth=2 rate=0.2…
2  0 R5     0.8000  0.7900 ± 0.0100       9      4.2  done     kind=old rate=0.…
3  2        0.9500                –       1      0.5  stopped  depth=3 rate=0.5…
4  3             –                –       0      0.0  failed   depth=1 rate=0.1…
#1 in full: kind=a depth=2 rate=0.25 max=7
4 of 6 trials: 2 done, 1 stopped, 1 failed; higher accuracy is better
tracebacks in {out}/demo/logs

demo · kmeans on digits
#  trial    inertia  passes  seconds  state  parameters
1  1      1,053,538       9      2.0  done   k=256
2  0      1,914,601       9      1.0  done   k=10
#1 in full: k=256
2 trials: 2 done, 0 stopped, 0 failed; lower inertia is better

"""


def shown(out, width):
    console = Console(width=width, file=io.StringIO(), highlight=False)
    terminal.show(out, [], console=console)
    return console.file.getvalue()


def test_terminal_table_at_80_columns(out):
    lines = [line.rstrip() for line in shown(out, 80).splitlines()]
    assert lines == TABLE.format(out=out).splitlines()


@pytest.mark.parametrize(
    ("column", "order", "cells"),
    [("val.loss", "lowest", ["0.1000"]), ("param.depth", "lowest", [])],
)
def test_a_table_that_is_ranked_otherwise_shows_by_what(out, column, order, cells):
    table = out / "demo" / "trials.csv"
    pd.read_csv(table).assign(**{"val.loss": [0.4, 0.3, 0.1, 0.2, 0.6, 0.5]}).to_csv(
        table, index=False
    )
    console = Console(width=110, file=io.StringIO())
    terminal.show(out, ["demo"], column, console)
    lines = console.file.getvalue().splitlines()
    assert [lines[2].split()[lines[1].split().index(column)] for _ in cells] == cells
    assert (column in lines[1]) == bool(cells)
    assert f"higher accuracy is better; ranked by {column}, the lowest first" in "\n".join(lines)


def test_a_narrow_terminal_does_without_parameters(out):
    text = shown(out, 60)
    assert "0.7900 ± 0.0100" in text
    assert "parameters" not in text.splitlines()[1]


def test_the_test_images_have_been_read(out, capsys):
    study = {**FACTS, "test_reads": 3, "confirmed": {"seeds": 2}}
    write_json(out / "demo" / "study.json", study)
    assert "the test images have been read 3 times for this study; on test: mean ±" in shown(
        out, 200
    )
    leaderboard.write(out, [], "json")
    assert {row["test_reads"] for row in json.loads(capsys.readouterr().out)} == {3}


def test_a_thousand_trials(out, capsys):
    rows = [
        f"demo,cnn,{n},,COMPLETE,{n / 1000},9,1.0,a,{n},0.5,None,{n / 1000},,,,"
        for n in range(1000)
    ]
    (out / "demo" / "trials.csv").write_text("\n".join([TRIALS.splitlines()[0], *rows]))
    assert "1,000 trials (the first 10 shown): 1000 done, 0 stopped, 0 failed" in shown(out, 200)
    for form in leaderboard.FORMATS:
        leaderboard.write(out, [], form)
        text = capsys.readouterr().out
        assert text.count("0.123") in (1, 2), form


def test_a_study_without_trials(out, capsys):
    (out / "demo" / "trials.csv").unlink()
    leaderboard.write(out, [], "json")
    assert json.loads(capsys.readouterr().out) == []
    terminal.show(out, [])
    assert "0 of 6 trials: 0 done, 0 stopped, 0 failed" in capsys.readouterr().out


def test_no_studies(tmp_path, capsys):
    terminal.show(tmp_path, [])
    assert capsys.readouterr().out.startswith("no studies in")


def test_a_folder_that_is_no_study(tmp_path):
    with pytest.raises(UserError, match="is not a study folder"):
        hypersearch.load(tmp_path)
    with pytest.raises(UserError, match="^unknown study 'nope' in .*, there are: none yet$"):
        hypersearch.load(tmp_path / "nope")
    (tmp_path / "study.json").write_text("{}")
    with pytest.raises(UserError, match="its study.json lacks name, searches, dataset or started$"):
        hypersearch.load(tmp_path)
