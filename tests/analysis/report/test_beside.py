"""Published figures beside ours, by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

import hypersearch
from hypersearch.analysis.report import published_figures
from hypersearch.analysis.study.ranking import rank
from tests.analysis.report.test_tables import CLUSTERS, TRIALS, confirmed
from tests.analysis.studies import CNN, FACTS, make


@pytest.fixture
def study(tmp_path):
    return make(tmp_path, TRIALS)


@pytest.fixture
def ranked(study):
    return rank(study, "cnn")


def test_published_figures(study, ranked):
    table = published_figures.baselines(study, "cnn", confirmed(ranked))
    assert table is not None
    assert table.columns == (
        "baseline",
        "figure",
        "theirs",
        "ours",
        "difference",
        "best found",
        "source",
    )
    assert table.rows == (
        ("R5", "accuracy on validation", "0.9067", "0.8500", "−0.0567", "0.9000", "R5, CNN"),
        (
            "R5",
            "accuracy on test",
            "0.8997",
            "0.8400 ± 0.0020",
            "−0.0597",
            "0.8800 ± 0.0100",
            "R5, CNN",
        ),
    )


def test_figures_that_were_published_on_other_data_are_not_compared(tmp_path, study):
    other = {**study.facts["dataset"], "name": "fashion-mnist"}
    elsewhere = replace(study, facts={**study.facts, "dataset": other})
    assert published_figures.baselines(elsewhere, "cnn", rank(elsewhere, "cnn")) is None


def test_published_figures_of_a_baseline_that_has_not_run(tmp_path):
    study = make(tmp_path, TRIALS[1:])
    table = published_figures.baselines(study, "cnn", rank(study, "cnn"))
    assert table is not None
    assert [row[2:6] for row in table.rows] == [
        ("0.9067", "–", "–", "0.9000"),
        ("0.8997", "–", "–", "–"),
    ]


def test_a_clustering_is_compared_with_those_of_as_few_clusters(tmp_path):
    published = {"dataset": "digits", "source": "R4", "resource": 9, "config": {}}
    baselines = [
        {**published, "name": "R4-64", "figures": {"val.inertia": 900.0, "val.accuracy": 0.7}},
        {**published, "name": "R4-9", "figures": {"val.accuracy": 0.5}},
    ]
    kmeans = {**CNN, "family": "kmeans", "metric": "v_measure", "objectives": {"v_measure": "max"}}
    study = make(tmp_path, searches=({**kmeans, "baselines": baselines},))
    (study.folder / "trials.csv").write_text(CLUSTERS.replace("val.bic", "val.inertia") + MORE)
    study = hypersearch.load(study.folder)
    table = published_figures.baselines(study, "kmeans", rank(study, "kmeans"))
    assert table is not None
    assert [row[1:6] for row in table.rows] == [
        ("inertia on validation", "900", "123,456", "+122,556", "–"),
        ("accuracy on validation", "0.7000", "0.7226", "+0.0226", "0.6900"),
        ("accuracy on validation", "0.5000", "0.5100", "+0.0100", "–"),
    ]


def test_a_figure_on_test_beside_one_on_validation(tmp_path):
    baseline = {**CNN["baselines"][0], "figures": {"test.accuracy": 0.8997}}
    study = make(tmp_path, TRIALS, searches=({**CNN, "baselines": [baseline]},))
    table = published_figures.baselines(study, "cnn", rank(study, "cnn"))
    assert table is not None
    assert table.rows == (
        (
            "R5",
            "accuracy on test",
            "0.8997",
            "0.8500 (validation)",
            "−0.0497",
            "0.9000 (validation)",
            "R5, CNN",
        ),
    )


FASHION = {**FACTS["dataset"], "name": "fashion-mnist"}


def test_peers_of_a_classifier(tmp_path):
    study = make(tmp_path, TRIALS, dataset=FASHION)
    table = published_figures.peers(study, "cnn", confirmed(rank(study, "cnn")))
    assert table is not None
    assert table.columns == (
        "published",
        "theirs",
        "ours",
        "difference",
        "our trial",
        "figure",
        "source",
    )
    assert table.rows[0] == (
        *("Wide ResNet 40-4", "0.9670", "0.8800 ± 0.0100", "−0.0870", "1", "accuracy on test"),
        "dataset README, community table",
    )
    assert (
        table.rows[-1][0] == "random forest, 100 trees, entropy, depth 100"
    )  # another sort of model, the worst


def test_peers_before_test_was_read(tmp_path):
    study = make(tmp_path, TRIALS, dataset=FASHION)
    table = published_figures.peers(study, "cnn", rank(study, "cnn"))
    assert table is not None
    assert table.rows[0][2:5] == ("0.9000 (validation)", "−0.0670", "1")


def test_peers_of_a_clustering_are_those_of_as_many_clusters(tmp_path):
    kmeans = {
        **CNN,
        "family": "kmeans",
        "metric": "v_measure",
        "objectives": {"v_measure": "max"},
        "baselines": [],
    }
    study = make(tmp_path, searches=(kmeans,), dataset=FASHION)
    (study.folder / "trials.csv").write_text(CLUSTERS)
    study = hypersearch.load(study.folder)
    table = published_figures.peers(study, "kmeans", rank(study, "kmeans"))
    assert table is not None
    assert {row[0]: row[2:5] for row in table.rows if row[5] == "hungarian_accuracy on test"} == {
        "N2D, k = 10": ("0.5000 (validation)", "−0.1720", "1"),
        "DECS, k = 10": ("0.5000 (validation)", "−0.1420", "1"),
    }
    assert {row[2:5] for row in table.rows if row[5] == "nmi on test"} == {
        ("0.5000 (validation)", "−0.1840", "1"),
        ("0.5000 (validation)", "−0.2160", "1"),
    }


def test_no_peers_on_other_data_or_for_other_values(tmp_path, study, ranked):
    assert published_figures.peers(study, "cnn", ranked) is None
    many = {
        **CNN,
        "family": "kmeans",
        "metric": "v_measure",
        "objectives": {"v_measure": "max"},
        "baselines": [],
    }
    there = make(tmp_path, searches=(many,), name="many", dataset=FASHION)
    (there.folder / "trials.csv").write_text(CLUSTERS.replace("0.56,0.5,10,", "0.56,0.5,11,"))
    there = hypersearch.load(there.folder)
    table = published_figures.peers(there, "kmeans", rank(there, "kmeans"))
    assert table is not None
    assert {row[2:5] for row in table.rows} == {("–", "–", "–")}


MORE = """\
demo,kmeans,3,R4-9,COMPLETE,0.51,9,1.0,9,0.51,0.51,0.3,9,0.09,5.5
demo,kmeans,4,,COMPLETE,0.99,9,1.0,99,0.99,0.99,0.3,99,0.09,4.5
"""
