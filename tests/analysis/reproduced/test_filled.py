"""The reports' tables from studies written by hand: theirs, ours, best, and what is said of
them.
"""

from __future__ import annotations

import numpy as np
import pytest

from hypersearch.analysis.projections.separation import pca
from hypersearch.analysis.reproduced import planes
from hypersearch.analysis.reproduced.formats import to_markdown, to_text
from hypersearch.analysis.reproduced.matching import Match, Target
from hypersearch.analysis.reproduced.reports import TABLES
from hypersearch.analysis.reproduced.schema import Best, Column, Row, Table
from hypersearch.analysis.reproduced.tables import fill
from tests.analysis.reproduced.written import evidence, kmeans_row, search, study

FIGURES = {"val.inertia": 1_914_601.2, "val.homogeneity": 0.5039, "val.accuracy": 0.5748}
KMEANS = {"init": "k-means++", "fit_on": "train+validation"}
TASK = Best(("kmeans",), "accuracy", equal={"val.clusters": 10}, hidden=("val.inertia",))
COLUMNS = (
    Column("inertia", "val.inertia", "large"),
    Column("homogeneity", "val.homogeneity"),
    Column("accuracy", "val.accuracy"),
)
TABLE = Table(
    "K-means",
    "k",
    COLUMNS,
    (
        Row("10", "kmeans", "R4-10", "fitted on all {all}, judged on {test}", best=TASK),
        Row("16", "kmeans", "R4-16", "as above", {"val.accuracy": 0.6581}, says="at half past six"),
    ),
)


def wanted(**more):
    standard = {"dataset": "fashion-mnist", "features": "raw", "unit": "passes", **more}
    return [
        Target("kmeans", "R4-10", {"k": 10, **KMEANS}, 300, figures=FIGURES, **standard),
        Target("kmeans", "R4-16", {"k": 16, **KMEANS}, 300, **standard),
    ]


def studies(out, **config):
    asked = search("kmeans", {"R4-10": 300, "R4-16": 300}, features="raw")
    yield study(
        out, "r4", [asked], [kmeans_row(10, "R4-10", 1_906_659.62, 0.50016, 0.55286)], **config
    )
    found = kmeans_row(10, "", 9.0, 0.6, 0.65, trial=7, **{"test.homogeneity": 0.58})
    yield study(out, "searched", [search("kmeans", {}, features="umap:10")], [found], **config)


def filled(out, **config):
    return fill(TABLE, list(studies(out, **config)), wanted(**config), lambda name: False)


def test_theirs_ours_and_the_best(tmp_path):
    lines = filled(tmp_path).lines
    assert [(line.label, line.whose) for line in lines] == [
        ("10", "theirs"), ("10", "ours"), ("10", "best"), ("16", "theirs"), ("16", "ours"),
    ]  # fmt: skip
    assert lines[0].values == (1_914_601.2, 0.5039, 0.5748)
    assert lines[1].values == (1_906_659.62, 0.50016, 0.55286)
    assert lines[1].words == "fitted on all 60,000, judged on 10,000; study r4; seed 0"
    assert lines[2].values == (None, 0.58, pytest.approx(0.64))  # as judged on test, where it was
    assert lines[2].words == "study searched, kmeans trial 7, test images"
    assert (lines[3].values, lines[3].words) == ((None, None, 0.6581), "at half past six")
    assert (lines[4].values, lines[4].words) == ((None, None, None), "did not run")


@pytest.mark.parametrize(
    ("confirmed", "fit_on", "words"),
    [
        ({"seeds": 1, "fit_on": "train+validation"}, None, "all; study mine; seed 0"),
        (
            {"seeds": 1, "fit_on": "train"},
            None,
            "all; on test: fitted on training images alone; study mine; seed 0",
        ),
        (
            {"seeds": 1, "fit_on": "train"},
            "train+validation",
            "all; study mine; seed 0",
        ),  # it keeps to its own
        (
            {"seeds": 3, "fit_on": "train+validation"},
            None,
            "all; on test: the mean over 3 seeds; study mine; seed 0",
        ),
    ],
)
def test_a_confirmation_of_another_kind_is_told(tmp_path, confirmed, fit_on, words):
    row = {"family": "linear_svm", "name": "R5", "param.fit_on": fit_on, "test.accuracy": 0.7}
    there = study(tmp_path, "mine", [search("linear_svm", {"R5": 1})], [row])
    there.facts["confirmed"] = confirmed
    asked = Target("linear_svm", "R5", {}, 1, "fashion-mnist")
    table = Table(
        "SVM", "", (Column("test", "test.accuracy"),), (Row("SVM", "linear_svm", "R5", "all"),)
    )
    assert fill(table, [there], [asked], lambda name: False).lines[1].words == words


def test_nothing_found_leaves_dashes(tmp_path):
    asked = search("kmeans", {"R4-10": 300}, features="raw")
    alone = study(tmp_path, "r4", [asked], [kmeans_row(10, "R4-10", 1.0, 0.5, 0.6)])
    line = fill(TABLE, [alone], wanted(), lambda name: False).lines[2]
    assert (line.values, line.words) == ((None, None, None), "")


def test_validation_and_test_in_columns_of_their_own(tmp_path):
    columns = (
        Column("train", "train.accuracy"),
        Column("val", "val.accuracy"),
        Column("test", "test.accuracy"),
    )
    table = Table(
        "CNN", "CNN", columns, (Row("own", "cnn", "R5", "", best=Best(("cnn",), "accuracy")),)
    )
    row = {"family": "cnn", "val.accuracy": 0.9, "test.accuracy": None}
    steps = [{"family": "cnn", "step": 1, "train.accuracy": 0.95}]
    asked = Target("cnn", "R5", {}, 30, "fashion-mnist")
    there = study(tmp_path, "mine", [search("cnn", {})], [row], steps)
    assert fill(table, [there], [asked], lambda name: False).lines[2].values == (0.95, 0.9, None)


def test_a_quick_one_says_so(tmp_path):
    quick = filled(tmp_path, max_samples=2_000)
    assert quick.lines[1].words.startswith(
        "quick, no reproduction: 2,000 images; fitted on all 60,000"
    )
    short = Target(
        "cnn", "R5", {}, 2, "fashion-mnist", max_samples=500, unit="epochs", shortened=True
    )
    table = Table(
        "CNN", "CNN", (Column("val", "val.accuracy"),), (Row("own", "cnn", "R5", "protocol"),)
    )
    row = {"family": "cnn", "name": "R5", "val.accuracy": 0.5}
    there = study(tmp_path, "r5-quick", [search("cnn", {"R5": 2})], [row], max_samples=500)
    line = fill(table, [there], [short], "r5-quick".__eq__).lines[1]
    assert line.values == (0.5,)
    words = (
        "quick, no reproduction: 500 images, 2 epochs; protocol; not confirmed; study r5-quick;"
        " seed 0"
    )
    assert line.words == words


def test_markdown(tmp_path):
    lines = to_markdown({"R4": [filled(tmp_path)]}).splitlines()
    assert lines[:3] == [
        "## R4 · Cluster analysis on fashion MNIST dataset using unsupervised learning",
        "",
        "**K-means**",
    ]
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in lines
        if line.startswith("|")
    ]
    assert cells[0] == ["k", "", "inertia", "homogeneity", "accuracy", "how"]
    assert cells[2] == ["10", "theirs", "1,914,601.2", "0.5039", "0.5748", ""]
    assert cells[3][:5] == ["", "ours", "1,906,659.6", "0.5002", "0.5529"]
    assert cells[4][:5] == ["", "best", "–", "0.5800", "0.6400"]


def test_eighty_columns(tmp_path):
    text = to_text({"R4": [filled(tmp_path)]}, 80)
    assert max(map(len, text.splitlines())) <= 80
    assert (
        "10  theirs  1,914,601.2       0.5039    0.5748\n    ours    1,906,659.6       0.5002   "
        " 0.5529\n" in text
    )
    assert "    fitted on all 60,000, judged on 10,000; study r4; seed 0\n    best" in text


@pytest.mark.parametrize("report", TABLES)
def test_every_table_fits_eighty_columns_with_its_reports_figures(report):
    for table in TABLES[report]:
        asked = [Target(row.family, row.baseline, {}, 1, "fashion-mnist") for row in table.rows]
        text = to_text({report: [fill(table, [], asked, lambda name: False)]}, 80)
        assert max(map(len, text.splitlines())) <= 80


def test_the_three_pictures_are_ranked_by_what_tells_the_classes_apart(
    tmp_path, monkeypatch, digits
):
    """t-SNE stands for the pixels' principal plane here, UMAP for one that knows the classes."""
    there = study(tmp_path, "r1", [search("autoencoder", {"R1": 5})], [{"family": "autoencoder"}])
    evidence(
        tmp_path / "r1/best/autoencoder",
        "best.json",
        {"trial": 0},
        codes=np.zeros((len(digits.y_test), 3)),
    )
    shown = planes.sample(len(digits.y_test), planes.MOST)
    methods = {
        "t-SNE": pca,
        "UMAP": lambda x_md: digits.y_test[shown, None] * np.array([[1.0, 0.0]]),
    }
    monkeypatch.setattr("hypersearch.analysis.projections.stored_planes.METHODS", methods)
    monkeypatch.setattr(planes, "images_of", lambda study: digits)
    found = Match(there, {"family": "autoencoder", "trial": 0, "name": "R1"})
    assert [found.figure(f"{name}:place") for name in ("UMAP", "t-SNE", "code")] == [1, 2, 3]
    assert found.figure("UMAP:knn_accuracy") == 1.0
    assert 0.3 < found.figure("t-SNE:knn_accuracy") < 0.9
    assert found.figure("code_knn") == found.figure("code:knn_accuracy") < 0.3
    monkeypatch.setattr(planes, "images_of", lambda study: None)
    assert Match(there, found.row).figure("UMAP:place") is None
