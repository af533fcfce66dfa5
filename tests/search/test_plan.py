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
    words = "^unknown baseline of linear_svm, random_forest 'R3', allowed: R5; did you mean 'R5'\\?$"
    with pytest.raises(UserError, match=words):
        plan_study(build(["linear_svm", "random_forest"], {"dataset": "digits", "only_baselines": "R3"}))


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
