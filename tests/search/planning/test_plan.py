"""What planning refuses, before anything starts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hypersearch.models.api import Baseline
from hypersearch.models.errors import UserError
from hypersearch.models.families import toy
from hypersearch.models.metrics import METRICS
from hypersearch.search.config.study_files import build
from hypersearch.search.families import find
from hypersearch.search.planning.plan import plan_study
from hypersearch.search.planning.study_json import describe_search


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"x": 2.0, "shape": "valley"}, "x = 2.0 is out of range, allowed: 0.0 to 1.0"),
        ({"x": 0.5, "shape": "bowl"}, "y is missing, allowed: 0.0 to 1.0"),
        ({"x": 0.5, "shape": "valley", "y": 0.5}, "y does not apply where shape is 'valley'"),
        ({"x": 0.5, "shape": "valley", "z": 1}, "unknown parameter 'z', allowed: x, shape, y"),
    ],
)
@pytest.mark.parametrize("baselines", [True, False])
def test_a_baseline_outside_of_its_familys_space_is_refused(
    here, monkeypatch, config, words, baselines
):
    broken = Baseline("theirs", config, resource=1, source="a test")
    family = replace(toy.FAMILY, name="own", baselines=(*toy.FAMILY.baselines, broken))
    monkeypatch.setattr("hypersearch.search.planning.plan.find", lambda *_: family)
    with pytest.raises(UserError) as error:
        plan_study(build(["own:FAMILY"], {"baselines": baselines}))
    assert str(error.value) == f"own: baseline theirs: {words}"


def test_a_search_of_several_metrics_has_no_rungs(here):
    (search,), _ = plan_study(build(["toy"], {"metric": "loss,accuracy"}))
    assert (search.metrics, search.modes, search.ladder) == (
        ("loss", "accuracy"),
        ["min", "max"],
        [],
    )


def test_baselines_are_chosen_by_name(here, monkeypatch):
    others = [replace(toy.FAMILY.baselines[0], name=name) for name in ("left", "right")]
    family = replace(toy.FAMILY, baselines=(*toy.FAMILY.baselines, *others))
    monkeypatch.setattr("hypersearch.search.planning.plan.find", lambda *_: family)
    (search,), _ = plan_study(build(["toy"], {"only_baselines": "right,centre"}))
    assert [baseline.name for baseline, _ in search.baselines] == ["centre", "right"]


def test_each_family_takes_those_of_the_names_that_it_has(here):
    options = {"dataset": "digits", "limit": "100", "only_baselines": "R5,R4-16"}
    searches, _ = plan_study(build(["linear_svm", "random_forest", "kmeans", "toy"], options))
    assert [[baseline.name for baseline, _ in search.baselines] for search in searches] == [
        ["R5"],
        ["R5"],
        ["R4-16"],
        [],
    ]


def test_a_baseline_that_no_family_has(here):
    words = (
        "^unknown baseline of linear_svm, random_forest 'R3', allowed: R5; did you mean 'R5'\\?$"
    )
    with pytest.raises(UserError, match=words):
        plan_study(
            build(["linear_svm", "random_forest"], {"dataset": "digits", "only_baselines": "R3"})
        )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"only_baselines": "center"},
            "unknown baseline of toy 'center', allowed: centre; did you mean 'centre'?",
        ),
        (
            {"only_baselines": "centre", "baselines": False},
            "--only-baselines centre contradicts --no-baselines",
        ),
    ],
)
def test_baselines_that_cannot_be_chosen(here, options, words):
    with pytest.raises(UserError) as error:
        plan_study(build(["toy"], options))
    assert str(error.value) == words


DIGITS = {"dataset": "digits", "limit": 1000, "metric": "inertia"}


@pytest.mark.parametrize(
    "options",
    [{}, {"trials": 0}, {"space": {"k": "10..11"}}, {"set": {"init": "random"}}],
)
def test_inertia_does_not_choose_the_number_of_clusters(here, options):
    with pytest.raises(UserError) as error:
        plan_study(build(["kmeans"], {**DIGITS, **options}))
    others = ", ".join(
        metric for metric in find("kmeans").metrics if metric not in ("inertia", "clusters")
    )
    assert (
        str(error.value)
        == f"inertia cannot be compared between values of k: --set k=N, or rank by {others}"
    )


@pytest.mark.parametrize("options", [{"set": {"k": "16"}}, {"space": {"k": "16..16"}}])
def test_inertia_ranks_only_what_is_of_one_number_of_clusters_and_images(here, options):
    (search,), _ = plan_study(build(["kmeans"], {**DIGITS, **options}))
    assert search.metrics == ("inertia",)
    assert search.baselines == []
    assert (
        search.left_out["R4-16"]
        == "the objective cannot be compared: fit_on = train+validation, not train"
    )
    on_all = {**options.get("set", {}), "fit_on": "train+validation"}
    (search,), _ = plan_study(build(["kmeans"], {**DIGITS, **options, "set": on_all}))
    assert [baseline.name for baseline, _ in search.baselines] == ["R4-16"]
    assert search.left_out["R4-10"] == "the objective cannot be compared: k = 10, not 16"


def test_the_number_of_clusters_alone_is_no_objective(here):
    with pytest.raises(
        UserError, match="^clusters alone is no objective of kmeans, allowed: silhouette, "
    ):
        plan_study(build(["kmeans"], {**DIGITS, "metric": "clusters"}))


def test_other_metrics_leave_no_baseline_out(here):
    (search,), _ = plan_study(build(["kmeans"], {**DIGITS, "metric": "nmi", "set": {"k": "16"}}))
    assert len(search.baselines) == 6


def test_inertia_may_stand_beside_another_objective(here):
    (search,), _ = plan_study(
        build(["kmeans"], {**DIGITS, "metric": "inertia,clusters", "searcher": "nsga2"})
    )
    assert search.metrics == ("inertia", "clusters")
    assert len(search.baselines) == 6


def test_the_record_says_which_parameter_ends_a_trial(here):
    searches, _ = plan_study(build(["random_forest", "linear_svm"], {"dataset": "digits"}))
    parameters = [describe_search(search).get("resource_parameter") for search in searches]
    assert parameters == ["n_estimators", None]


@pytest.mark.parametrize(
    ("options", "high"), [({}, 80), ({"set": {"fit_on": "train+validation"}}, 100)]
)
def test_no_more_clusters_are_proposed_than_there_are_images(here, options, high):
    few = {"dataset": "digits", "limit": "100", **options}
    searches, _ = plan_study(build(["kmeans", "gaussian_mixture"], few))
    assert searches[0].space["k"] == replace(find("kmeans").space["k"], high=high)
    assert searches[1].space["components"] == replace(
        find("gaussian_mixture").space["components"], high=40
    )
    with pytest.raises(UserError, match="^k = 101: these images admit (80|100) at most$"):
        plan_study(build(["kmeans"], {**few, "space": {"k": "101..200"}}))


def test_a_metric_that_is_not_registered_is_no_objective(here, monkeypatch):
    own = replace(toy.FAMILY, metrics=("loss", "acuracy"))
    monkeypatch.setattr(toy, "FAMILY", own)
    (search,), _ = plan_study(build(["toy"], {}))
    assert search.metrics == ("loss",)
    with pytest.raises(UserError) as error:
        plan_study(build(["toy"], {"metric": "acuracy"}))
    assert str(error.value) == (
        f"metric 'acuracy' has no registered direction, allowed: {', '.join(METRICS)}; did you mean"
        " 'accuracy'?"
    )
