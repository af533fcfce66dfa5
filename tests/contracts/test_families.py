"""What every registered family must do. A new family is tested by being registered."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import optuna
import pytest

from hypersearch.models.api import Config, Evaluation, Family, Int, Options, Run
from hypersearch.models.data.dataset import Dataset
from hypersearch.models.metrics import METRICS
from hypersearch.search.families import FAMILIES, find
from hypersearch.search.space import narrowing, proposals

STEPS = 3


@pytest.fixture(params=FAMILIES, scope="module")
def family(request: pytest.FixtureRequest) -> Family:
    return find(request.param)


@pytest.fixture(scope="module")
def config(family: Family) -> Config:
    """A configuration that a search would propose, small enough for a test."""
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    networks = {"depth": "1..2", "filters": "16..16", "nodes": "16..32", "blocks": "1..2"}
    small = {**networks, "k": "10..20", "components": "10..20", "dual": "True"}
    return proposals.propose(
        narrowing.narrow(family, {}, {k: v for k, v in small.items() if k in family.space}),
        study.ask(),
    )


def start(family: Family, config: Config, digits: Dataset, seed: int = 0) -> Run:
    return family.start(config, family.prepare(digits, Options(limit=STEPS)), seed)


def curve(run: Run, steps: int = STEPS) -> list[dict[str, float]]:
    return [dict(run.step()) for _ in range(steps)]


def test_proposals_are_in_the_space(family: Family) -> None:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    for _ in range(50):
        config = proposals.propose(family.space, study.ask())
        proposals.check(family.space, config)
        assert proposals.is_searched(family.space, config)


def test_baselines_are_in_the_space(family: Family) -> None:
    assert family.baselines
    for baseline in family.baselines:
        proposals.check(family.space, baseline.config)
        assert baseline.resource >= 1


def test_starts_can_be_proposed(family: Family) -> None:
    for config in family.initial_points:
        proposals.check(family.space, config)
        assert proposals.is_searched(family.space, config)


def test_what_ends_a_trial_is_a_whole_parameter(family: Family) -> None:
    assert not family.resource_parameter or isinstance(family.space[family.resource_parameter], Int)


def test_the_objective_is_reported(family: Family) -> None:
    assert family.metric in family.metrics


def test_names_of_baselines_are_unique(family: Family) -> None:
    names = [baseline.name for baseline in family.baselines]
    assert len(set(names)) == len(names)


@dataclass(frozen=True)
class Told:
    """What a run with the seed 7 has told: at its first steps, on test, and after it was saved to
    `folder`.
    """

    curve: list[dict[str, float]]
    evaluation: Evaluation
    onward: list[dict[str, float]]
    folder: Path


@pytest.fixture(scope="module")
def seven(
    family: Family, config: Config, digits: Dataset, tmp_path_factory: pytest.TempPathFactory
) -> Told:
    run, folder = start(family, config, digits, 7), tmp_path_factory.mktemp("seven")
    begun = curve(run)
    run.save(folder)
    return Told(begun, family.evaluate(run, digits), curve(run), folder)


def test_metrics_are_finite_and_have_known_names(family: Family, seven: Told) -> None:
    for metrics in seven.curve:
        assert {name for name in metrics if not name.startswith("train.")} == set(family.metrics)
        assert all(math.isfinite(value) for value in metrics.values())
        assert {name.removeprefix("train.") for name in metrics} <= set(METRICS)


def test_same_seed_gives_the_same_metrics(
    family: Family, config: Config, digits: Dataset, seven: Told
) -> None:
    assert curve(start(family, config, digits, 7)) == seven.curve


def test_another_seed_gives_other_metrics_unless_it_plays_no_part(
    family: Family, config: Config, digits: Dataset, seven: Told
) -> None:
    assert (curve(start(family, config, digits, 8)) == seven.curve) == family.deterministic


def test_a_loaded_run_is_judged_and_continues_identically(
    family: Family, config: Config, digits: Dataset, seven: Told
) -> None:
    loaded = start(family, config, digits, 7)
    loaded.load(seven.folder)
    again = family.evaluate(loaded, digits)
    assert again.metrics == seven.evaluation.metrics
    assert set(again.artifacts) == set(seven.evaluation.artifacts)
    for name, array in seven.evaluation.artifacts.items():
        np.testing.assert_array_equal(again.artifacts[name], array)
    assert curve(loaded) == seven.onward


def test_what_is_measured_on_test_images_is_registered(family: Family, seven: Told) -> None:
    beside = set(seven.evaluation.metrics) - set(family.metrics)
    assert all(METRICS[name].test_only for name in beside)


def test_evaluation_is_finite(seven: Told) -> None:
    assert seven.evaluation.metrics
    assert all(math.isfinite(value) for value in seven.evaluation.metrics.values())
    assert all(np.isfinite(array).all() for array in seven.evaluation.artifacts.values())
