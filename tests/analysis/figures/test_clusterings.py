"""Scores over k and over DBSCAN's settings, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from hypersearch.analysis.figures.clusterings import dbscan_grid, scores_over_k
from tests.analysis.figures.made import check, study

R4 = {10: (1_914_601.2, 0.5039, 0.5748), 256: (1_053_537.5, 0.7546, 0.7830)}
BASELINES = [
    {
        "name": f"R4-{k}",
        "config": {"k": k},
        "dataset": "fashion-mnist",
        "figures": dict(zip(("val.inertia", "val.homogeneity", "val.accuracy"), said, strict=True)),
    }
    for k, said in R4.items()
]
SEARCH = {
    "family": "kmeans",
    "metric": "v_measure",
    "resource": "passes",
    "rungs": [],
    "baselines": BASELINES,
}
ROWS = [
    {
        "name": "R4-10",
        "param.k": 10,
        "val.inertia": 1.92e6,
        "val.homogeneity": 0.50,
        "val.accuracy": 0.58,
    },
    {
        "name": "R4-256",
        "param.k": 256,
        "val.inertia": 1.05e6,
        "val.homogeneity": 0.76,
        "val.accuracy": 0.79,
    },
    {"param.k": 64, "val.inertia": 1.3e6, "val.homogeneity": 0.69, "val.accuracy": 0.72},
    {"param.k": 32, "val.inertia": 1.5e6, "val.homogeneity": 0.64, "val.accuracy": 0.68},
    {
        "state": "PRUNED",
        "param.k": 99,
        "val.inertia": 1.1e6,
        "val.homogeneity": 0.7,
        "val.accuracy": 0.7,
    },
]
MORE = {"objective": 0.5, "val.v_measure": 0.5, "val.hungarian_accuracy": 0.4}
ROWS = [{**MORE, "val.clusters": row["param.k"], **row} for row in ROWS]
FASHION = {"dataset": {"name": "fashion-mnist"}}


def test_curves_over_k():
    record = scores_over_k.SCORES_OVER_K.compute(study(ROWS, facts=FASHION, **SEARCH), "kmeans")
    assert (record.size, record.low, record.high) == ("k", 10, 256)
    assert [scores.metric for scores in record.scores] == ["inertia", "homogeneity", "accuracy"]
    accuracy = record.scores[2]
    assert (accuracy.k_n.tolist(), accuracy.value_n.tolist()) == ([32, 64], [0.68, 0.72])
    assert (accuracy.k_b.tolist(), accuracy.value_b.tolist()) == ([10, 256], [0.58, 0.79])
    assert (accuracy.names_r, accuracy.k_r.tolist()) == (("R4-10", "R4-256"), [10, 256])
    assert accuracy.value_r.tolist() == [0.5748, 0.7830]
    check(scores_over_k.SCORES_OVER_K.draw(record))
    assert (
        scores_over_k.SCORES_OVER_K.describe(record)
        == "kmeans: inertia 1,920,000 to 1,050,000, homogeneity 0.5000 to 0.7600, accuracy 0.5800"
        " to 0.7900 as k goes from 10 to 256. Ours against the reported figures: inertia within"
        " 0.3%, homogeneity within 0.8%, accuracy within 0.9%."
    )


def test_the_images_that_only_baselines_were_fitted_on_are_said():
    rows = [
        {**row, "param.fit_on": "train+validation" if "name" in row else "train"} for row in ROWS
    ]
    record = scores_over_k.SCORES_OVER_K.compute(study(rows, **SEARCH), "kmeans")
    assert record.fit_on == "train+validation"
    assert scores_over_k.SCORES_OVER_K.describe(record).endswith(
        "Baselines are fitted on train+validation, searched trials are not."
    )
    same = [{**row, "param.fit_on": "train"} for row in ROWS]
    assert scores_over_k.SCORES_OVER_K.compute(study(same, **SEARCH), "kmeans").fit_on == ""


def test_reported_figures_of_other_images_are_not_shown():
    record = scores_over_k.SCORES_OVER_K.compute(study(ROWS, **SEARCH), "kmeans")
    assert all(len(scores.k_r) == 0 for scores in record.scores)
    assert "reported" not in scores_over_k.SCORES_OVER_K.describe(record)
    check(scores_over_k.SCORES_OVER_K.draw(record))


def test_the_inertia_of_fewer_images_does_not_compare():
    facts = {**FASHION, "config": {"max_samples": 2000}}
    record = scores_over_k.SCORES_OVER_K.compute(study(ROWS, facts=facts, **SEARCH), "kmeans")
    assert [len(scores.k_r) for scores in record.scores] == [0, 2, 2]


def test_mixtures_have_components_and_no_inertia():
    rows = [{**ROWS[0], "param.components": n, "val.accuracy": 0.5 + n / 100} for n in (10, 20)]
    rows = [
        {
            name: row[name]
            for name in row
            if name not in ("param.k", "val.inertia", "val.homogeneity")
        }
        for row in rows
    ]
    record = scores_over_k.SCORES_OVER_K.compute(
        study(rows, **{**SEARCH, "baselines": []}), "kmeans"
    )
    assert (record.size, [scores.metric for scores in record.scores]) == (
        "components",
        ["accuracy"],
    )
    check(scores_over_k.SCORES_OVER_K.draw(record))


NEIGHBOURS = [
    {"objective": 0.5, "val.accuracy": 0.5, "param.k": k} for k in (1, 3)
]  # a k of another kind


@pytest.mark.parametrize("rows", [ROWS[:1], ROWS[-1:], NEIGHBOURS])
def test_no_curve_over_one_k_or_none(rows):
    assert scores_over_k.SCORES_OVER_K.compute(study(rows, **SEARCH), "kmeans") is None


GRID = [
    {
        "objective": 0.4,
        "param.eps_quantile": 0.9,
        "param.min_samples": 5,
        "val.eps": 3.5,
        "val.noise_fraction": 0.1,
    },
    {
        "objective": 0.6,
        "param.eps_quantile": 0.5,
        "param.min_samples": 50,
        "val.eps": 2.5,
        "val.noise_fraction": 0.25,
    },
    {
        "objective": 0.0,
        "param.eps_quantile": 0.1,
        "param.min_samples": 15,
        "val.eps": 1.5,
        "val.noise_fraction": 0.9,
    },
    {
        "name": "R3-45",
        "objective": 0.5,
        "param.min_samples": 15,
        "val.eps": 45.0,
        "val.noise_fraction": 0.1655,
    },
    {"state": "FAIL", "param.eps_quantile": 0.2, "param.min_samples": 15},
]


def test_density_grid():
    record = dbscan_grid.DBSCAN_GRID.compute(study(GRID, metric="v_measure"), "cnn")
    assert record.quantile_n.tolist() == [0.9, 0.5, 0.1]
    assert record.eps_n.tolist() == [3.5, 2.5, 1.5]
    assert record.min_samples_n.tolist() == [5, 50, 15]
    assert (record.objective_n.tolist(), record.noise_n.tolist()) == (
        [0.4, 0.6, 0.0],
        [0.1, 0.25, 0.9],
    )
    figure = dbscan_grid.DBSCAN_GRID.draw(record)
    check(figure, labels=False)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["5", "15", "50"]
    assert (
        dbscan_grid.DBSCAN_GRID.describe(record)
        == "cnn: v_measure (higher is better) of 3 settings of eps and min_samples. The best,"
        " 0.6000, is at quantile 0.50 (eps 2.5) and min_samples 50, with 25.0% noise."
    )


def test_density_grid_without_noise_fractions():
    rows = [
        {key: value for key, value in row.items() if not key.startswith("val.")} for row in GRID
    ]
    record = dbscan_grid.DBSCAN_GRID.compute(study(rows), "cnn")
    assert np.isnan(record.noise_n).all()
    check(dbscan_grid.DBSCAN_GRID.draw(record), labels=False)
    assert dbscan_grid.DBSCAN_GRID.describe(record).endswith(
        "is at quantile 0.50 and min_samples 50."
    )


def test_no_density_grid_of_baselines_alone_or_other_families():
    assert dbscan_grid.DBSCAN_GRID.compute(study(GRID[3:]), "cnn") is None
    assert dbscan_grid.DBSCAN_GRID.compute(study(ROWS, **SEARCH), "kmeans") is None
