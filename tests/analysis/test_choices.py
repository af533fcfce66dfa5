"""Who wins a search of clusterings with labels and without, and the front over the number of clusters, by hand."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

import analysis
from analysis import leaderboard, terminal
from analysis.choices import (
    choices,
    chosen_by,
    degenerate,
    front_over_clusters,
    in_words,
    marked,
    remarks,
    winners,
)
from clustering.scores import external_scores, guarded
from models.api import TRIAL_COLUMNS
from search.trials import write_json

FACTS = {
    "name": "demo",
    "started": "2026-01-31T10:00:00+00:00",
    "dataset": {"name": "digits"},
    "searches": [
        {
            "family": "kmeans",
            "metric": "v_measure",
            "mode": "max",
            "resource": "passes",
            "trials": 5,
            "baselines": [{"name": "R4-64"}],
            "space": {"k": {"low": 10}},
        },
    ],
}
HEAD = "study,family,trial,name,state,objective,resource,seconds,param.k"
TRIALS = f"""\
{HEAD},val.v_measure,val.accuracy,val.hungarian_accuracy,val.clusters,val.silhouette,val.inertia
demo,kmeans,0,R4-64,COMPLETE,0.52,9,1.0,64,0.52,0.7226,0.2,64,0.08,900.5
demo,kmeans,1,,COMPLETE,0.50,9,1.0,10,0.50,0.56,0.48,10,0.15,1500.5
demo,kmeans,2,,COMPLETE,0.53,9,1.0,36,0.53,0.69,0.3,36,0.09,1200.5
demo,kmeans,3,,COMPLETE,0.40,9,1.0,50,0.40,0.60,0.22,50,0.15,1100.5
demo,kmeans,4,,COMPLETE,0.48,9,1.0,10,0.48,0.55,0.47,10,0.10,1600.5
demo,kmeans,5,,PRUNED,0.99,1,1.0,11,0.99,0.99,0.99,11,0.99,1400.5
demo,kmeans,6,,COMPLETE,0.0,9,1.0,12,0.0,0.0,0.0,1,-1,1300.5
"""
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
    (tmp_path / "demo").mkdir()
    write_json(tmp_path / "demo" / "study.json", FACTS)
    (tmp_path / "demo" / "trials.csv").write_text(TRIALS)
    return tmp_path


@pytest.fixture
def ranked(out):
    return leaderboard.rank(analysis.load(out / "demo"), "kmeans")


def test_both_winners(ranked):
    by_labels, without = winners(ranked, ["v_measure"])
    assert (by_labels.criterion, by_labels.trial, by_labels.labelled) == ("v_measure", 2, True)
    assert by_labels.scores == {"v_measure": 0.53, "accuracy": 0.69, "hungarian_accuracy": 0.3, "clusters": 36}
    assert by_labels.tested == {}
    assert (without.criterion, without.trial, without.labelled) == ("silhouette", 1, False)  # the earlier of two


def test_a_search_without_labels_shows_its_own_criterion_first(ranked):
    ranked["val.davies_bouldin"] = [3.0, 2.0, 9.0, 1.5, 4.0, 0.1, 8.0]
    ranked["val.bic"] = 1e6 + ranked["trial"]
    found = {winner.criterion: winner.trial for winner in winners(ranked, ["davies_bouldin"])}
    sound = ranked[(ranked["state"] == "COMPLETE") & (ranked["val.accuracy"] > 0)]  # trial 6 has one cluster
    lowest = sound.sort_values("val.davies_bouldin").iloc[0]["trial"]
    assert list(found) == ["v_measure", "davies_bouldin", "silhouette", "bic"]
    assert (found["davies_bouldin"], found["bic"]) == (lowest, 0)


def test_inertia_chooses_only_among_clusterings_of_one_k(ranked):
    assert [winner.criterion for winner in winners(ranked, ["inertia"])] == ["v_measure", "silhouette"]
    of_ten = ranked[ranked["param.k"] == 10]
    assert [(w.criterion, w.trial) for w in winners(of_ten, ["inertia"])] == [
        ("v_measure", 1),
        ("inertia", 1),
        ("silhouette", 1),
    ]


def test_several_objectives_choose_each_for_itself(ranked):
    ranked["val.davies_bouldin"] = 1.0 + ranked["trial"]
    found = winners(ranked, ["clusters", "silhouette", "accuracy", "davies_bouldin"])
    assert [(winner.criterion, winner.trial) for winner in found] == [
        ("accuracy", 0),
        ("silhouette", 1),
        ("davies_bouldin", 0),
    ]  # the fewest clusters are no achievement


def test_another_objective_that_looks_at_labels(ranked):
    assert [winner.trial for winner in winners(ranked, ["accuracy"])] == [0, 1]


def test_the_front_leaves_out_what_is_beaten_stopped_or_one_cluster(ranked):
    assert front_over_clusters(ranked) == [(10, 0.56), (36, 0.69), (64, 0.7226)]


def test_other_families_have_no_choices(ranked):
    assert choices(ranked.drop(columns="val.v_measure"), ["accuracy"], 80) == ""


def test_large_figures_are_whole(ranked):
    ranked["val.bic"] = -123456.7
    assert "trial 0 R4-64, bic -123,457, v_measure 0.5200" in choices(ranked, ["v_measure"], 200)


def test_without_a_complete_trial_nothing_is_chosen(ranked):
    for states in (["PRUNED"], ["PRUNED", "FAIL"], []):
        ranked.loc[ranked["trial"] == 4, "state"] = "FAIL"
        left = ranked[ranked["state"].isin(states)]
        assert choices(left, ["v_measure"], 80) == ""
        assert marked(left, ["v_measure"])["chosen_by"].tolist() == [[]] * len(left)


def test_a_failed_trial_wins_nothing_though_it_had_come_far(ranked):
    ranked.loc[ranked["trial"].isin([1, 2]), "state"] = "FAIL"
    assert [winner.trial for winner in winners(ranked, ["v_measure"])] == [0, 3]
    assert front_over_clusters(ranked) == [(10, 0.55), (50, 0.6), (64, 0.7226)]


def test_a_single_trial_wins_by_everything(ranked):
    only = ranked[ranked["trial"] == 4]
    assert chosen_by(only, ["v_measure"]) == {4: ["v_measure", "silhouette"]}
    words = "chosen by labels (v_measure) and without labels (silhouette): trial 4, v_measure 0.4800, "
    assert choices(only, ["v_measure"], 200).startswith(f"{words}silhouette 0.1000, accuracy 0.5500, ")
    assert len(remarks(only, ["v_measure"])) == 2
    assert front_over_clusters(only) == [(10, 0.55)]


def test_a_baseline_may_win(ranked):
    ranked.loc[ranked["trial"] == 0, "val.silhouette"] = 0.5
    assert "chosen without labels (silhouette): trial 0 R4-64, silhouette" in choices(ranked, ["v_measure"], 200)


def test_one_whose_clusters_are_all_named_wrongly_is_no_degenerate_one(ranked):
    """The names of clusters are learnt from other images: of a few images all may be wrong."""
    labels_n, y_n = np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1])
    found = guarded(external_scores(labels_n, y_n, np.array([1, 0])), labels_n)
    assert found["accuracy"] == 0.0
    trials = pd.DataFrame([{f"val.{name}": value for name, value in found.items()}])
    assert degenerate(trials).tolist() == [False]


@pytest.mark.parametrize("labels", [[0, 0, 0, 0], [-1, -1, -1, -1], [0, 1, -1, -1, -1], [0] * 99 + [1]])
def test_a_clustering_that_was_put_at_its_worst_is_recognised(labels):
    labels_n, y_n = np.array(labels), np.arange(len(labels)) % 3
    found = guarded(external_scores(labels_n, y_n, np.array([0, 1])), labels_n)
    trials = pd.DataFrame([{f"val.{name}": value for name, value in found.items()}])
    assert degenerate(trials).tolist() == [True]


def test_a_single_cluster_cannot_win_though_it_scores(ranked):
    """As of one's own family that does not guard its scores."""
    ranked.loc[ranked["trial"] == 2, "val.clusters"] = 1
    assert [winner.trial for winner in winners(ranked, ["v_measure"])] == [0, 1]
    assert front_over_clusters(ranked) == [(10, 0.56), (50, 0.6), (64, 0.7226)]


def test_where_all_are_degenerate_nobody_wins(ranked):
    ranked["val.hungarian_accuracy"] = 0.0
    assert choices(ranked, ["v_measure"], 80) == ""
    assert chosen_by(ranked, ["v_measure"]) == {}
    assert not marked(ranked, ["v_measure"])["front_over_clusters"].any()


def confirm(out):
    """Put the figures of a confirmation into trials.csv: of trial 2 of several seeds, of trial 1 of one."""
    path = out / "demo" / "trials.csv"
    table = pd.read_csv(path, keep_default_na=False)
    tested = {"accuracy": (0.6812, 0.004), "hungarian_accuracy": (0.3111, 0.01), "nmi": (0.5204, 0.003)}
    for name, (mean, spread) in tested.items():
        table[f"test.{name}"] = ["", "", mean, "", "", "", ""]
        table[f"test.{name}_std"] = ["", "", spread, "", "", "", ""]
    table.loc[1, ["test.accuracy", "test.nmi"]] = [0.55, 0.49]
    table.to_csv(path, index=False)


def test_confirmed_winners_say_their_figures_on_test(out):
    confirm(out)
    ranked = leaderboard.rank(analysis.load(out / "demo"), "kmeans")
    by_labels, without = winners(ranked, ["v_measure"])
    assert by_labels.tested == {
        "accuracy": (0.6812, 0.004),
        "hungarian_accuracy": (0.3111, 0.01),
        "nmi": (0.5204, 0.003),
    }
    assert without.tested == {"accuracy": (0.55, None), "nmi": (0.49, None)}
    text = choices(ranked, ["v_measure"], 80)
    assert text.startswith(CONFIRMED)
    assert all(len(line) <= 80 for line in text.splitlines())
    assert "\N{NO-BREAK SPACE}" not in text


def test_a_winner_that_is_not_confirmed_says_nothing_of_test(out):
    confirm(out)
    ranked = leaderboard.rank(analysis.load(out / "demo"), "kmeans")
    ranked.loc[ranked["trial"] == 0, "val.v_measure"] = 0.6  # a better one has come since
    first, second = remarks(ranked, ["v_measure"])[:2]
    assert len(first) == 1
    assert second[1].startswith("on test: accuracy")


def test_markdown_tells_them_below_the_table(out, capsys):
    confirm(out)
    leaderboard.write(out, [], "md")
    lines = capsys.readouterr().out.splitlines()
    assert not any("chosen_by" in line or "front_over_clusters" in line for line in lines)
    assert [line[:1] for line in lines] == ["#", "", *"|" * 9, "", *"-" * 3]
    assert lines[-3:] == [
        "- chosen by labels (v_measure): trial 2, v_measure 0.5300, accuracy 0.6900, hungarian_accuracy 0.3000, "
        "clusters 36; on test: accuracy 0.6812 ± 0.0040, hungarian_accuracy 0.3111 ± 0.0100, nmi 0.5204 ± 0.0030",
        "- chosen without labels (silhouette): trial 1, silhouette 0.1500, v_measure 0.5000, accuracy 0.5600, "
        "hungarian_accuracy 0.4800, clusters 10; on test: accuracy 0.5500, nmi 0.4900",
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
    plain = {"study": "demo", "family": "toy", "trial": 0, "state": "COMPLETE", "objective": 0.5, "val.loss": 0.5}
    pd.concat([table, pd.DataFrame([plain])]).to_csv(out / "demo" / "trials.csv", index=False)
    toy = {**FACTS["searches"][0], "family": "toy", "metric": "loss", "mode": "min", "space": {}}
    write_json(out / "demo" / "study.json", {**FACTS, "searches": [*FACTS["searches"], toy]})
    leaderboard.write(out, [], "csv")
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    marks = {(row["family"], row["trial"]): (row["chosen_by"], row["front_over_clusters"]) for row in rows}
    assert marks["kmeans", "1"] == ("v_measure silhouette", "True")
    assert marks["kmeans", "3"] == ("", "False")
    assert marks["toy", "0"] == ("", "")
    leaderboard.write(out, [], "json")
    assert "chosen_by" not in json.loads(capsys.readouterr().out)[-1]


def test_criteria_in_words():
    assert in_words(["v_measure"]) == "by labels (v_measure)"
    assert in_words(["accuracy", "bic", "silhouette"]) == "by labels (accuracy) and without labels (bic, silhouette)"


def test_terminal_at_80_columns(out):
    console = Console(width=80, file=io.StringIO(), highlight=False)
    terminal.show(out, [], console=console)
    text = console.file.getvalue()
    assert f"#1 in full: k=36\n{LINES}7 trials: 6 done, 1 stopped, 0 failed; higher v_measure is better\n" in text
    assert all(len(line) <= 80 for line in text.splitlines())


def test_inertia_is_ranked_within_each_k(out):
    study = analysis.load(out / "demo")
    by_inertia = leaderboard.rank(study, "kmeans", "val.inertia")
    assert by_inertia[["param.k", "trial"]].to_numpy().tolist() == [
        [10, 1],
        [10, 4],
        [11, 5],
        [12, 6],
        [36, 2],
        [50, 3],
        [64, 0],
    ]
    console = Console(width=110, file=io.StringIO())
    terminal.show(out, ["demo"], "val.inertia", console)
    assert "ranked by val.inertia, the lowest first of each k" in console.file.getvalue()


def test_inertia_of_a_family_without_that_parameter_is_ranked_plainly(out):
    table = out / "demo" / "trials.csv"
    pd.read_csv(table).drop(columns="param.k").to_csv(table, index=False)
    ranked = leaderboard.rank(analysis.load(out / "demo"), "kmeans", "val.inertia")
    assert ranked["trial"].tolist() == [0, 3, 2, 6, 5, 1, 4]
