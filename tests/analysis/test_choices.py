"""Who wins a search of clusterings with labels and without, and the front over the number of clusters, by hand."""

from __future__ import annotations

import io

import pandas as pd
import pytest
from rich.console import Console

import analysis
from analysis import leaderboard, terminal
from analysis.choices import choices, front_over_clusters, winners
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
HEAD = "study,family,trial,name,state,objective,resource,seconds,param.k,val.v_measure,val.accuracy,val.clusters"
TRIALS = f"""\
{HEAD},val.silhouette,val.inertia
demo,kmeans,0,R4-64,COMPLETE,0.52,9,1.0,64,0.52,0.7226,64,0.08,900.5
demo,kmeans,1,,COMPLETE,0.50,9,1.0,10,0.50,0.56,10,0.15,1500.5
demo,kmeans,2,,COMPLETE,0.53,9,1.0,36,0.53,0.69,36,0.09,1200.5
demo,kmeans,3,,COMPLETE,0.40,9,1.0,50,0.40,0.60,50,0.15,1100.5
demo,kmeans,4,,COMPLETE,0.48,9,1.0,10,0.48,0.55,10,0.10,1600.5
demo,kmeans,5,,PRUNED,0.99,1,1.0,11,0.99,0.99,11,0.99,1400.5
demo,kmeans,6,,COMPLETE,0.0,9,1.0,12,0.0,0.0,1,-1,1300.5
"""
LINES = """\
chosen by labels (v_measure): trial 2, v_measure 0.5300, accuracy 0.6900,
  clusters 36
chosen without labels (silhouette): trial 1, silhouette 0.1500, v_measure
  0.5000, accuracy 0.5600, clusters 10
Pareto front over clusters (accuracy): 10: 0.5600, 36: 0.6900, 64: 0.7226
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
    by_labels, without = winners(ranked, "v_measure")
    assert (by_labels.criterion, by_labels.trial, by_labels.labelled) == ("v_measure", 2, True)
    assert by_labels.scores == {"v_measure": 0.53, "accuracy": 0.69, "clusters": 36}
    assert (without.criterion, without.trial, without.labelled) == ("silhouette", 1, False)  # the earlier of two


def test_a_search_without_labels_shows_its_own_criterion_first(ranked):
    ranked["val.davies_bouldin"] = [3.0, 2.0, 9.0, 1.5, 4.0, 0.1, 8.0]
    ranked["val.bic"] = 1e6 + ranked["trial"]
    found = {winner.criterion: winner.trial for winner in winners(ranked, "davies_bouldin")}
    sound = ranked[(ranked["state"] == "COMPLETE") & (ranked["val.accuracy"] > 0)]  # trial 6 has one cluster
    lowest = sound.sort_values("val.davies_bouldin").iloc[0]["trial"]
    assert list(found) == ["v_measure", "davies_bouldin", "silhouette", "bic"]
    assert (found["davies_bouldin"], found["bic"]) == (lowest, 0)


def test_inertia_chooses_nobody(ranked):
    assert [winner.criterion for winner in winners(ranked, "inertia")] == ["v_measure", "silhouette"]


def test_another_objective_that_looks_at_labels(ranked):
    assert [winner.trial for winner in winners(ranked, "accuracy")] == [0, 1]


def test_the_front_leaves_out_what_is_beaten_stopped_or_one_cluster(ranked):
    assert front_over_clusters(ranked) == [(10, 0.56), (36, 0.69), (64, 0.7226)]


def test_other_families_have_no_choices(ranked):
    assert choices(ranked.drop(columns="val.v_measure"), "accuracy", 80) == ""


def test_large_figures_are_whole(ranked):
    ranked["val.bic"] = -123456.7
    assert "trial 0 R4-64, bic -123,457, v_measure 0.5200" in choices(ranked, "v_measure", 200)


def test_without_a_complete_trial_nothing_is_chosen(ranked):
    assert choices(ranked[ranked["state"] == "PRUNED"], "v_measure", 80) == ""


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
