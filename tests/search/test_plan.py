"""What planning refuses, before anything starts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models import toy
from models.api import Baseline
from models.errors import UserError
from search.config import build
from search.plan import plan_study


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
def test_a_baseline_outside_of_its_familys_space_is_refused(here, monkeypatch, config, words, baselines):
    broken = Baseline("theirs", config, resource=1, source="a test")
    family = replace(toy.FAMILY, name="own", baselines=(*toy.FAMILY.baselines, broken))
    monkeypatch.setattr("search.plan.find", lambda target: family)
    with pytest.raises(UserError) as error:
        plan_study(build(["own:FAMILY"], {"baselines": baselines}))
    assert str(error.value) == f"own: baseline theirs: {words}"


def test_a_search_of_several_metrics_has_no_rungs(here):
    (search,), _ = plan_study(build(["toy"], {"metric": "loss,accuracy"}))
    assert (search.metrics, search.modes, search.ladder) == (("loss", "accuracy"), ["min", "max"], [])


def test_baselines_are_chosen_by_name(here, monkeypatch):
    others = [replace(toy.FAMILY.baselines[0], name=name) for name in ("left", "right")]
    family = replace(toy.FAMILY, baselines=(*toy.FAMILY.baselines, *others))
    monkeypatch.setattr("search.plan.find", lambda target: family)
    (search,), _ = plan_study(build(["toy"], {"only_baselines": "right,centre"}))
    assert [baseline.name for baseline, _ in search.baselines] == ["centre", "right"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"only_baselines": "center"}, "unknown baseline of toy 'center', allowed: centre; did you mean 'centre'?"),
        ({"only_baselines": "centre", "baselines": False}, "--only-baselines centre contradicts --no-baselines"),
    ],
)
def test_baselines_that_cannot_be_chosen(here, options, words):
    with pytest.raises(UserError) as error:
        plan_study(build(["toy"], options))
    assert str(error.value) == words


@pytest.mark.parametrize(
    ("settings", "admitted"),
    [
        ({}, False),
        ({"baselines": False}, False),
        ({"set": {"k": "10"}}, False),  # the baselines have others
        ({"set": {"k": "10"}, "baselines": False}, True),
        ({"set": {"k": "10"}, "only_baselines": "R4-10"}, True),
        ({"set": {"k": "16"}, "only_baselines": "R4-10"}, False),
        ({"metric": "inertia,clusters", "searcher": "nsga2"}, True),
    ],
)
def test_inertia_is_no_objective_among_several_k(here, settings, admitted):
    config = build(["kmeans"], {"dataset": "digits", "metric": "inertia", **settings})
    if admitted:
        assert plan_study(config)[0][0].metric == "inertia"
        return
    with pytest.raises(UserError) as error:
        plan_study(config)
    assert str(error.value) == (
        "--metric inertia falls as k rises, so it compares only trials of one k: "
        "fix it (--set k=10) and leave out other baselines (--no-baselines)"
    )
