"""How the winners of a search of clusterings are told in each format."""

from __future__ import annotations

import csv
import io
import json

import pandas as pd
import pytest
from rich.console import Console

import hypersearch
from hypersearch.analysis.leaderboard import leaderboard, terminal
from hypersearch.analysis.leaderboard.footnotes import filled
from hypersearch.analysis.study.cluster_choices import remarks, winners
from hypersearch.analysis.study.ranking import rank
from hypersearch.models.api import TRIAL_COLUMNS
from hypersearch.search.storage.files import write_json
from tests.analysis import clustered
from tests.analysis.clustered import FACTS

LINES = """\
chosen by labels (v_measure): trial 2, v_measure 0.5300, accuracy 0.6900,
  hungarian_accuracy 0.3000, clusters 36
chosen without labels (silhouette): trial 1, silhouette 0.1500,
  v_measure 0.5000, accuracy 0.5600, hungarian_accuracy 0.4800, clusters 10
Pareto front over clusters (accuracy): 10: 0.5600, 36: 0.6900, 64: 0.7226
"""
CONFIRMED = """\
chosen by labels (v_measure): trial 2, v_measure 0.5300, accuracy 0.6900,
  hungarian_accuracy 0.3000, clusters 36
  on test: accuracy 0.6812 ± 0.0040, hungarian_accuracy 0.3111 ± 0.0100,
    nmi 0.5204 ± 0.0030
chosen without labels (silhouette): trial 1, silhouette 0.1500,
  v_measure 0.5000, accuracy 0.5600, hungarian_accuracy 0.4800, clusters 10
  on test: accuracy 0.5500, nmi 0.4900
"""


@pytest.fixture
def out(tmp_path):
    return clustered.write(tmp_path)


def confirm(out):
    """Put the figures of a confirmation into trials.csv: of trial 2 of several seeds, of trial 1 of
    one.
    """
    path = out / "demo" / "trials.csv"
    table = pd.read_csv(path, keep_default_na=False)
    tested = {
        "accuracy": (0.6812, 0.004),
        "hungarian_accuracy": (0.3111, 0.01),
        "nmi": (0.5204, 0.003),
    }
    for name, (mean, spread) in tested.items():
        table[f"test.{name}"] = ["", "", mean, "", "", "", ""]
        table[f"test.{name}_std"] = ["", "", spread, "", "", "", ""]
    table.loc[1, ["test.accuracy", "test.nmi"]] = [0.55, 0.49]
    table.to_csv(path, index=False)


def test_confirmed_winners_say_their_figures_on_test(out):
    confirm(out)
    ranked = rank(hypersearch.load(out / "demo"), "kmeans")
    by_labels, without = winners(ranked, ["v_measure"])
    assert by_labels.tested == {
        "accuracy": (0.6812, 0.004),
        "hungarian_accuracy": (0.3111, 0.01),
        "nmi": (0.5204, 0.003),
    }
    assert without.tested == {"accuracy": (0.55, None), "nmi": (0.49, None)}
    text = filled(remarks(ranked, ["v_measure"]), 80)
    assert text.startswith(CONFIRMED)
    assert all(len(line) <= 80 for line in text.splitlines())
    assert "\N{NO-BREAK SPACE}" not in text


def test_a_winner_that_is_not_confirmed_says_nothing_of_test(out):
    confirm(out)
    ranked = rank(hypersearch.load(out / "demo"), "kmeans")
    ranked.loc[ranked["trial"] == 0, "val.v_measure"] = 0.6  # a better one has come since
    first, second = remarks(ranked, ["v_measure"])[:2]
    assert len(first) == 1
    assert second[1].startswith("on test: accuracy")


def test_markdown_tells_them_below_the_table(out, capsys):
    confirm(out)
    leaderboard.write(out, [], "md")
    lines = capsys.readouterr().out.splitlines()
    assert not any("chosen_by" in line or "front_over_clusters" in line for line in lines)
    assert [line[:1] for line in lines] == ["#", "", *"|" * 9, "", *"-" * 4]
    assert lines[-4:-1] == [
        (
            "- chosen by labels (v_measure): trial 2, v_measure 0.5300, accuracy 0.6900,"
            " hungarian_accuracy 0.3000, clusters 36; on test: accuracy 0.6812 ± 0.0040,"
            " hungarian_accuracy 0.3111 ± 0.0100, nmi 0.5204 ± 0.0030"
        ),
        (
            "- chosen without labels (silhouette): trial 1, silhouette 0.1500, v_measure 0.5000,"
            " accuracy 0.5600, hungarian_accuracy 0.4800, clusters 10; on test: accuracy 0.5500,"
            " nmi 0.4900"
        ),
        "- Pareto front over clusters (accuracy): 10: 0.5600, 36: 0.6900, 64: 0.7226",
    ]


def test_json_says_of_each_row_what_chooses_it(out, capsys):
    leaderboard.write(out, [], "json")
    rows = {row["trial"]: row for row in json.loads(capsys.readouterr().out)}
    assert {trial: row["chosen_by"] for trial, row in rows.items() if row["chosen_by"]} == {
        2: ["v_measure"],
        1: ["silhouette"],
    }
    assert {trial for trial, row in rows.items() if row["front_over_clusters"] is True} == {0, 1, 2}
    assert all(row["front_over_clusters"] in (True, False) for row in rows.values())
    assert list(rows[0])[:10] == [*TRIAL_COLUMNS, "chosen_by", "front_over_clusters"]


def test_csv_beside_a_family_that_is_no_clustering(out, capsys):
    table = pd.read_csv(out / "demo" / "trials.csv", keep_default_na=False)
    table.loc[1, "val.v_measure"] = 0.6
    plain = {
        "study": "demo",
        "family": "toy",
        "trial": 0,
        "state": "COMPLETE",
        "objective": 0.5,
        "val.loss": 0.5,
    }
    pd.concat([table, pd.DataFrame([plain])]).to_csv(out / "demo" / "trials.csv", index=False)
    toy = {**FACTS["searches"][0], "family": "toy", "metric": "loss", "mode": "min", "space": {}}
    write_json(out / "demo" / "study.json", {**FACTS, "searches": [*FACTS["searches"], toy]})
    leaderboard.write(out, [], "csv")
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    marks = {
        (row["family"], row["trial"]): (row["chosen_by"], row["front_over_clusters"])
        for row in rows
    }
    assert marks["kmeans", "1"] == ("v_measure silhouette", "True")
    assert marks["kmeans", "3"] == ("", "False")
    assert marks["toy", "0"] == ("", "")
    leaderboard.write(out, [], "json")
    assert "chosen_by" not in json.loads(capsys.readouterr().out)[-1]


def test_terminal_at_80_columns(out):
    console = Console(width=80, file=io.StringIO(), highlight=False)
    terminal.show(out, [], console=console)
    text = console.file.getvalue()
    assert (
        f"#1 in full: k=36\n{LINES}7 trials: 6 done, 1 stopped, 0 failed; higher v_measure is"
        " better\n" in text
    )
    assert all(len(line) <= 80 for line in text.splitlines())


def test_inertia_is_ranked_within_each_k(out):
    study = hypersearch.load(out / "demo")
    by_inertia = rank(study, "kmeans", "val.inertia")
    assert by_inertia[["param.k", "trial"]].to_numpy().tolist() == [
        [10, 1],
        [10, 4],
        [11, 5],
        [12, 6],
        [36, 2],
        [50, 3],
        [64, 0],
    ]
    console = Console(width=120, file=io.StringIO())
    terminal.show(out, ["demo"], "val.inertia", console)
    assert "ranked by val.inertia, the lowest first of each k" in console.file.getvalue()


def test_inertia_of_a_family_without_that_parameter_is_ranked_plainly(out):
    table = out / "demo" / "trials.csv"
    pd.read_csv(table).drop(columns="param.k").to_csv(table, index=False)
    ranked = rank(hypersearch.load(out / "demo"), "kmeans", "val.inertia")
    assert ranked["trial"].tolist() == [0, 3, 2, 6, 5, 1, 4]
