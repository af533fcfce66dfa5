"""Published figures beside trials, on studies written by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from hypersearch.analysis.leaderboard.published import (
    COLUMNS,
    PUBLISHED,
    beside,
    for_search,
    with_published,
)
from hypersearch.analysis.study.ranking import rank
from hypersearch.models.metrics import METRICS, mode_of
from hypersearch.search.families import FAMILIES, find
from hypersearch.search.storage.study import Study, load
from tests.analysis import ranked

R5 = {
    "name": "R5",
    "dataset": "fashion-mnist",
    "source": "R5, CNN",
    "figures": {"val.accuracy": 0.9067, "test.accuracy": 0.8997, "test.loss": 0.2891},
}


def study(family, metric, columns, dataset="fashion-mnist", baselines=()):
    """A study of one search, whose trials have these columns."""
    search = {
        "family": family,
        "metric": metric,
        "mode": mode_of(metric),
        "baselines": list(baselines),
    }
    rows = {"family": [family], "name": [""], "trial": [0], "state": ["COMPLETE"]}
    trials = pd.DataFrame({**rows, **{column: [value] for column, value in columns.items()}})
    return Study(
        "study", None, {"dataset": {"name": dataset}, "searches": [search]}, trials, pd.DataFrame()
    )


def of(made, metric=None, **changed):
    """What stands beside the study's only trial."""
    row = {**made.trials.iloc[0].to_dict(), **changed}
    return beside(made, made.facts["searches"][0]["family"], row, metric)


CNN = study("cnn", "accuracy", {"val.accuracy": 0.93, "val.loss": 0.2}, baselines=[R5])
KMEANS = {
    "val.v_measure": 0.7,
    "val.hungarian_accuracy": 0.7,
    "val.accuracy": 0.8,
    "val.clusters": 10.0,
}


def test_all_figures_have_metrics_and_families_that_there_are():
    for each in PUBLISHED:
        assert each.metric.partition(".")[2] in METRICS
        assert set(each.families) <= set(FAMILIES)
        assert each.source


@pytest.mark.parametrize("family", [name for name in FAMILIES if name != "toy"])
def test_each_family_is_of_a_known_task(family):
    metrics = find(family).metrics
    made = study(family, find(family).metric, {f"val.{metric}": 0.5 for metric in metrics})
    assert for_search(made, family)


def test_of_the_same_task_the_same_sort_of_model_comes_first():
    tasks = [
        each.task
        for each in for_search(
            study("random_forest", "accuracy", {"val.accuracy": 0.9}), "random_forest"
        )
    ]
    assert tasks[:2] == ["random forest, 100 trees, entropy, depth 100", "Wide ResNet 40-4"]
    assert len(tasks) == 10


def test_clusterings_are_not_held_against_classifiers():
    made = study("kmeans", "v_measure", KMEANS)
    assert {each.metric for each in for_search(made, "kmeans")} == {
        "test.nmi",
        "test.hungarian_accuracy",
    }
    assert of(made, "accuracy") is None


def test_other_data_and_other_tasks_have_none():
    assert (
        for_search(study("cnn", "accuracy", {"val.accuracy": 0.9}, dataset="digits"), "cnn") == []
    )
    assert for_search(study("toy", "loss", {"val.loss": 0.9}), "toy") == []


def test_a_search_without_trials_is_known_by_its_objective():
    made = study("vae", "elbo", {})
    assert [each.task for each in for_search(made, "vae")] == ["VAE, 32 latent dimensions"]


def test_a_baseline_has_its_own_report():
    value, difference, column, source = of(CNN, name="R5")
    assert (value, column, source) == (0.9067, "val.accuracy", "R5, CNN")
    assert difference == pytest.approx(0.93 - 0.9067)
    assert of(CNN, name="R5", **{"test.accuracy": 0.9020})[:3] == (
        0.8997,
        pytest.approx(0.0023),
        "test.accuracy",
    )
    assert of(CNN, "loss", name="R5")[:3] == (0.2891, pytest.approx(-0.0891), "val.loss")


def test_a_report_on_other_data_says_nothing():
    made = study("cnn", "accuracy", {"val.accuracy": 0.93}, dataset="digits", baselines=[R5])
    assert of(made, name="R5") is None


def test_any_other_trial_has_the_best_of_its_task():
    assert of(CNN) == (
        0.967,
        pytest.approx(-0.037),
        "val.accuracy",
        "Wide ResNet 40-4: dataset README, community table",
    )
    assert of(CNN, **{"test.accuracy": 0.95})[:3] == (0.967, pytest.approx(-0.017), "test.accuracy")
    assert of(CNN, "loss") is None


def test_a_failed_trial_has_nothing_to_compare():
    assert of(CNN, **{"val.accuracy": float("nan")}) is None


def test_v_measure_is_nmi_and_only_at_ten_clusters():
    made = study("kmeans", "v_measure", KMEANS)
    assert of(made)[:3] == (0.716, pytest.approx(-0.016), "val.v_measure")
    assert of(made, "hungarian_accuracy").value == 0.672
    assert of(made, **{"val.clusters": 11.0}) is None


@pytest.mark.parametrize(
    ("code", "value"), [(10, 0.0244), (32.0, 0.0152), (16, None), (float("nan"), None)]
)
def test_a_code_is_held_against_as_many_components(code, value):
    made = study("autoencoder", "mse", {"val.mse": 0.02, "param.code": code})
    found = of(made)
    assert (found and found.value) == value


def test_the_best_bound_is_the_highest():
    made = study("vae", "elbo", {"val.elbo": -236.0, "val.mse": 0.01, "param.latent": 32})
    assert of(made)[:2] == (-247.2, pytest.approx(11.2))


@pytest.fixture
def whole(tmp_path):
    ranked.whole(tmp_path)
    return load(tmp_path / "whole")


def test_complete_trials_have_their_columns(whole):
    table = with_published(whole, "cnn", rank(whole, "cnn")).set_index("trial")
    assert list(table)[7:10] == list(COLUMNS)
    assert table["published"].dropna().to_dict() == {
        1: 0.967,
        0: 0.8997,
    }  # one was stopped, one has failed
    assert table["difference"].dropna().to_dict() == pytest.approx(
        {1: 0.9412 - 0.967, 0: 0.902 - 0.8997}
    )
    assert table.loc[0, "published_source"] == "R5, CNN"


def test_only_those_of_the_same_size_have_figures(whole):
    table = with_published(whole, "autoencoder", rank(whole, "autoencoder"))
    assert dict(zip(table["param.code"], table["published"], strict=True)) == {
        10: 0.0244,
        32: 0.0152,
        2: 0.0461,
    }
    table = with_published(whole, "kmeans", rank(whole, "kmeans"))
    assert table.dropna(subset="published")["val.clusters"].tolist() == [10]


def test_without_any_figure_there_are_no_columns(tmp_path):
    ranked.one(tmp_path)
    one = load(tmp_path / "one")
    assert "published" not in with_published(one, "random_forest", rank(one, "random_forest"))
