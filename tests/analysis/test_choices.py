"""Who wins a search of clusterings with labels and without, and the front over the number of
clusters, by hand.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import hypersearch
from hypersearch.analysis.leaderboard.footnotes import filled
from hypersearch.analysis.study.cluster_choices import (
    chosen_by,
    degenerate,
    describe_choice,
    front_over_clusters,
    marked,
    remarks,
    winners,
    with_clusters,
)
from hypersearch.analysis.study.ranking import rank
from hypersearch.clustering.scores.agreement import external_scores, guarded
from tests.analysis import clustered


@pytest.fixture
def ranked(tmp_path):
    return rank(hypersearch.load(clustered.write(tmp_path) / "demo"), "kmeans")


def choices(ranked, goals, width):
    """The remarks, as a terminal shows them."""
    return filled(remarks(ranked, goals), width)


def test_both_winners(ranked):
    by_labels, without = winners(ranked, ["v_measure"])
    assert (by_labels.criterion, by_labels.trial, by_labels.labelled) == ("v_measure", 2, True)
    assert by_labels.scores == {
        "v_measure": 0.53,
        "accuracy": 0.69,
        "hungarian_accuracy": 0.3,
        "clusters": 36,
    }
    assert by_labels.tested == {}
    assert (without.criterion, without.trial, without.labelled) == (
        "silhouette",
        1,
        False,
    )  # the earlier of two


def test_a_search_without_labels_shows_its_own_criterion_first(ranked):
    ranked["val.davies_bouldin"] = [3.0, 2.0, 9.0, 1.5, 4.0, 0.1, 8.0]
    ranked["val.bic"] = 1e6 + ranked["trial"]
    found = {winner.criterion: winner.trial for winner in winners(ranked, ["davies_bouldin"])}
    sound = ranked[
        (ranked["state"] == "COMPLETE") & (ranked["val.accuracy"] > 0)
    ]  # trial 6 has one cluster
    lowest = sound.sort_values("val.davies_bouldin").iloc[0]["trial"]
    assert list(found) == ["v_measure", "davies_bouldin", "silhouette", "bic"]
    assert (found["davies_bouldin"], found["bic"]) == (lowest, 0)


def test_inertia_chooses_only_among_clusterings_of_one_k(ranked):
    assert [winner.criterion for winner in winners(ranked, ["inertia"])] == [
        "v_measure",
        "silhouette",
    ]
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


def front(ranked):
    return [(point.clusters, point.accuracy) for point in front_over_clusters(ranked)]


def test_the_front_says_who_was_judged_on_what_it_was_fitted_on(ranked):
    ranked["param.fit_on"] = [
        "train" if name == "" else "train+validation" for name in ranked["name"]
    ]
    assert [point.fitted for point in front_over_clusters(ranked)] == [False, False, True]
    assert choices(ranked, ["v_measure"], 200).splitlines()[-1] == (
        "Pareto front over clusters (accuracy): 10: 0.5600, 36: 0.6900, 64: 0.7226*; "
        "* judged on the images it was fitted on"
    )
    ranked["param.fit_on"] = None  # of a family that does not say
    assert not any(point.fitted for point in front_over_clusters(ranked))


def test_what_rises_with_the_number_of_clusters(ranked):
    assert (
        with_clusters(ranked, "val.accuracy")
        == "it rises with the number of clusters, here 10 to 64"
    )
    assert with_clusters(ranked, "val.v_measure") == with_clusters(ranked, None) == ""
    assert with_clusters(ranked[ranked["val.clusters"] == 64], "val.accuracy") == ""
    assert (
        with_clusters(ranked.drop(columns="val.v_measure"), "val.accuracy") == ""
    )  # no clustering


def test_the_front_leaves_out_what_is_beaten_stopped_or_one_cluster(ranked):
    assert front(ranked) == [(10, 0.56), (36, 0.69), (64, 0.7226)]


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
    assert front(ranked) == [(10, 0.55), (50, 0.6), (64, 0.7226)]


def test_a_single_trial_wins_by_everything(ranked):
    only = ranked[ranked["trial"] == 4]
    assert chosen_by(only, ["v_measure"]) == {4: ["v_measure", "silhouette"]}
    words = (
        "chosen by labels (v_measure) and without labels (silhouette): trial 4, v_measure 0.4800, "
    )
    assert choices(only, ["v_measure"], 200).startswith(
        f"{words}silhouette 0.1000, accuracy 0.5500, "
    )
    assert len(remarks(only, ["v_measure"])) == 2
    assert front(only) == [(10, 0.55)]


def test_a_baseline_may_win(ranked):
    ranked.loc[ranked["trial"] == 0, "val.silhouette"] = 0.5
    assert "chosen without labels (silhouette): trial 0 R4-64, silhouette" in choices(
        ranked, ["v_measure"], 200
    )


def test_one_whose_clusters_are_all_named_wrongly_is_no_degenerate_one(ranked):
    """The names of clusters are learnt from other images: of a few images all may be wrong."""
    labels_n, y_n = np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1])
    found = guarded(external_scores(labels_n, y_n, np.array([1, 0])), labels_n)
    assert found["accuracy"] == 0.0
    trials = pd.DataFrame([{f"val.{name}": value for name, value in found.items()}])
    assert degenerate(trials).tolist() == [False]


@pytest.mark.parametrize(
    "labels", [[0, 0, 0, 0], [-1, -1, -1, -1], [0, 1, -1, -1, -1], [0] * 99 + [1]]
)
def test_a_clustering_that_was_put_at_its_worst_is_recognised(labels):
    labels_n, y_n = np.array(labels), np.arange(len(labels)) % 3
    found = guarded(external_scores(labels_n, y_n, np.array([0, 1])), labels_n)
    trials = pd.DataFrame([{f"val.{name}": value for name, value in found.items()}])
    assert degenerate(trials).tolist() == [True]


def test_a_single_cluster_cannot_win_though_it_scores(ranked):
    """As of one's own family that does not guard its scores."""
    ranked.loc[ranked["trial"] == 2, "val.clusters"] = 1
    assert [winner.trial for winner in winners(ranked, ["v_measure"])] == [0, 1]
    assert front(ranked) == [(10, 0.56), (50, 0.6), (64, 0.7226)]


def test_where_all_are_degenerate_nobody_wins(ranked):
    ranked["val.hungarian_accuracy"] = 0.0
    assert choices(ranked, ["v_measure"], 80) == ""
    assert chosen_by(ranked, ["v_measure"]) == {}
    assert not marked(ranked, ["v_measure"])["front_over_clusters"].any()


def test_criteria_in_words():
    assert describe_choice(["v_measure"]) == "by labels (v_measure)"
    assert (
        describe_choice(["accuracy", "bic", "silhouette"])
        == "by labels (accuracy) and without labels (bic, silhouette)"
    )
