"""Which trials stand for a report's configuration."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hypersearch.analysis.reproduced.matching import Match, Target, best, find
from hypersearch.analysis.reproduced.schema import Best
from tests.analysis.reproduced.written import evidence, kmeans_row, search, study

CONFIG = {"k": 10, "init": "k-means++", "fit_on": "train+validation"}
WANTED = Target("kmeans", "R4-10", CONFIG, 300, "fashion-mnist", features="raw")
R4_10 = kmeans_row(10, "R4-10", 1.9e6, 0.5, 0.55)
SEARCH = search("kmeans", {"R4-10": 300}, features="raw")


def test_the_same_configuration_is_found_whatever_the_study_is_called(tmp_path):
    found = find([study(tmp_path, "mine", [SEARCH], [R4_10])], WANTED)
    assert found is not None
    assert found.where == ("mine", "kmeans", 0)
    assert (
        found.figure("val.accuracy"),
        found.figure("test.accuracy"),
        found.figure("val.nothing"),
    ) == (
        0.55,
        0.54,
        None,
    )


@pytest.mark.parametrize(
    "other",
    [
        {"config": {**CONFIG, "init": "random"}},
        {"resource": 20},
        {"dataset": "fashion-mnist-5"},
        {"max_samples": 2000},
        {"seed": 1},
        {"features": "autoencoder"},
        {"network": "R4"},
        {"name": "R4-16"},
        {"family": "gaussian_mixture"},
    ],
)
def test_what_differs_does_not_stand_for_it(tmp_path, other):
    there = study(tmp_path, "mine", [SEARCH], [R4_10])
    assert find([there], replace(WANTED, **other), own=lambda name: True) is None


def test_a_trial_that_did_not_end_does_not(tmp_path):
    assert find([study(tmp_path, "mine", [SEARCH], [{**R4_10, "state": "PRUNED"}])], WANTED) is None


def test_other_peoples_studies_only_once_they_are_confirmed(tmp_path):
    unread = {key: value for key, value in R4_10.items() if key != "test.accuracy"}
    theirs, ours = (
        study(tmp_path, "theirs", [SEARCH], [unread]),
        study(tmp_path, "r4", [SEARCH], [unread]),
    )
    assert find([theirs], WANTED) is None
    found = find([theirs, ours], WANTED, own="r4".__eq__)
    assert found is not None
    assert found.where[0] == "r4"
    confirmed = find([ours, study(tmp_path, "theirs", [SEARCH], [R4_10])], WANTED, own="r4".__eq__)
    assert confirmed is not None
    assert confirmed.where[0] == "theirs"


def test_features_of_another_studys_network(tmp_path):
    asked = search("kmeans", {"R4-10": 300}, features="cnn@flatten:old,umap:10", network="R3-own")
    there = [study(tmp_path, "mine", [asked], [R4_10])]
    assert (
        find(there, replace(WANTED, features="cnn@flatten,umap:10", network="R3-own")) is not None
    )
    assert (
        find(there, replace(WANTED, features="cnn@flatten,umap:10", network="R3-default")) is None
    )
    assert find(there, replace(WANTED, features="cnn@flatten")) is None


def test_a_configuration_without_a_name_is_one_that_was_searched(tmp_path):
    row = {
        "family": "random_forest",
        "resource": 1000,
        "param.n_estimators": 1000,
        "param.max_depth": "None",
    }
    rows = [
        {**row, "trial": 0, "name": "R5", "test.accuracy": 0.1},
        {**row, "trial": 1, "test.accuracy": 0.2},
    ]
    there = [study(tmp_path, "mine", [search("random_forest", {"R5": 1000})], rows)]
    wanted = Target(
        "random_forest", "", {"n_estimators": 1000, "max_depth": None}, 1000, "fashion-mnist"
    )
    found = find(there, wanted)
    assert found is not None
    assert found.where[2] == 1
    assert find(there, replace(wanted, resource=300)) is None


def test_figures_after_a_step_and_at_last(tmp_path):
    steps = [
        {"family": "cnn", "step": step, "val.loss": 1 / step, "train.loss": 2 / step}
        for step in (2, 1)
    ]
    steps.append({"family": "vae", "step": 3, "val.loss": 9.0, "train.loss": 9.0})
    there = study(
        tmp_path, "mine", [search("cnn", {})], [{"family": "cnn", "val.loss": 0.25}], steps
    )
    found = Match(there, there.trials.iloc[0].to_dict())
    asked = ("val.loss", "val.loss@1", "train.loss", "train.loss@2", "train.loss@3", "")
    assert [found.figure(key) for key in asked] == [0.25, 1.0, 1.0, 1.0, None, None]


def test_what_a_clustering_left_on_the_test_images(tmp_path):
    row = {"family": "dbscan", "name": "R3-45", "trial": 1, "test.clusters": 2.0}
    there = study(tmp_path, "mine", [search("dbscan", {"R3-45": 1})], [row])
    evidence(tmp_path / "mine/best/dbscan", "best.json", {"trial": 0}, labels=[0], sizes=[1])
    place = tmp_path / "mine/baselines/dbscan/R3-45"
    evidence(
        place,
        "baseline.json",
        {"trial": 1},
        labels=[-1, 0, 1, 1, -1],
        sizes=[1, 2_000, 0],
        elbow=50.46,
    )
    found = Match(there, row)
    assert [found.figure(key) for key in ("sizes", "noise", "elbow", "test.clusters")] == [
        "2,000 / 1",
        2,
        "50.5",
        2.0,
    ]
    evidence(place, "baseline.json", {"trial": 1}, sizes=[1, 2_000, 0, 7, 6, 5, 4, 3])
    assert Match(there, row).figure("sizes") == "2,000 / 7 / 6 / 5 / 4 and 2 more"
    winner = Match(there, {**row, "trial": 0, "name": ""})
    assert [winner.figure(key) for key in ("sizes", "noise", "elbow")] == ["1", 0, None]


def test_the_best_is_chosen_on_validation_and_confirmed_ones_come_first(tmp_path):
    rows = [
        kmeans_row(10, "", 1.0, 0.5, 0.60, trial=1),
        kmeans_row(10, "", 1.0, 0.5, 0.61, trial=2, **{"test.accuracy": 0.2}),
        kmeans_row(10, "", 1.0, 0.5, 0.70, trial=3, **{"test.accuracy": None}),
        kmeans_row(16, "", 1.0, 0.5, 0.80, trial=4),
        kmeans_row(10, "R4-10", 1.0, 0.5, 0.90, trial=5),
        kmeans_row(10, "", 1.0, 0.5, 0.95, trial=6, state="PRUNED"),
    ]
    studies = [
        study(tmp_path, "a", [SEARCH], rows),
        study(tmp_path, "b", [SEARCH], rows, max_samples=2_000),
    ]
    task = Best(("kmeans",), "accuracy", equal={"val.clusters": 10})

    def chosen(*ours):
        found = best(studies, task, WANTED, ours)
        return found and found.where

    assert chosen() == ("a", "kmeans", 2)
    taken = [Match(studies[0], {"family": "kmeans", "trial": number}) for number in (1, 2, 3)]
    assert chosen(taken[1]) == ("a", "kmeans", 1)
    assert chosen(*taken[:2]) == ("a", "kmeans", 3)
    assert chosen(*taken) is None
    smaller = Best(("kmeans",), "inertia", at_most={"param.k": 9})
    assert best(studies, smaller, WANTED, ()) is None
