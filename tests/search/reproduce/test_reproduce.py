"""`hypersearch reproduce`: what it runs, what it takes as it is, and what it prints."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from optuna.study import StudyDirection

import hypersearch
from hypersearch.analysis.reproduced.reports import TABLES
from hypersearch.analysis.reproduced.schema import Column, Row, Table
from hypersearch.search.cli.main import main
from hypersearch.search.config.study_files import build
from hypersearch.search.engine.runner import run_study
from hypersearch.search.families import find
from hypersearch.search.optuna_storage.connection import storage_at
from hypersearch.search.reproduce import report_studies
from hypersearch.search.reproduce.report_studies import (
    CONFIRMED,
    ReportStudy,
    _ended,
    reduced,
    targets_of,
    unconfirmed,
)
from hypersearch.search.reproduce.reproduce import STUDIES, named_reports
from hypersearch.search.storage.files import write_json
from tests.analysis.reproduced.written import search, study

TINY = """
dataset = "digits"
limit = 240
trials = 0
[[search]]
family = "kmeans"
only_baselines = ["R4-10", "R4-16"]
"""
ROWS = tuple(Row(str(k), "kmeans", f"R4-{k}", "on {all}") for k in (10, 16))
TABLE = Table(
    "K-means", "k", (Column("accuracy", "val.accuracy"), Column("test", "test.accuracy")), ROWS
)


@pytest.fixture
def tiny(here, monkeypatch, ray_session):
    """A report of two K-means on 240 digits."""
    Path("tiny.toml").write_text(TINY)
    monkeypatch.setitem(STUDIES, "TINY", ("tiny.toml",))
    monkeypatch.setitem(TABLES, "TINY", (TABLE,))


def printed(capfd):
    assert main(["reproduce", "tiny"]) == 0
    return capfd.readouterr().out


def test_from_nothing_and_again_and_under_another_name(tiny, capfd):
    assert main(["reproduce", "tiny", "--format", "md"]) == 0
    out, err = capfd.readouterr()
    assert out.startswith("## TINY · TINY\n\n**K-means**\n\n| k ")
    assert "tiny: kmeans in a new study, tiny" in err
    text = printed(capfd)
    ours = hypersearch.load("runs/tiny")
    accuracies = ours.trials.set_index("name")["val.accuracy"]
    lines = [line.split() for line in text.splitlines()]
    assert [line[1] for line in lines if line[:1] == ["ours"]] == [
        f"{accuracies[name]:.4f}" for name in ("R4-10", "R4-16")
    ]
    assert "on 240; study tiny; seed 0" in text
    assert ours.facts["test_reads"] == 1
    files = {path: path.read_bytes() for path in Path("runs/tiny").glob("*.*")}
    assert printed(capfd) == text
    assert {path: path.read_bytes() for path in Path("runs/tiny").glob("*.*")} == files
    shutil.move(ours.folder, "runs/mine")
    write_json(Path("runs/mine/study.json"), {**ours.facts, "name": "mine"})
    assert printed(capfd) == text.replace("study tiny", "study mine")
    assert [path.name for path in Path("runs").iterdir() if path.is_dir()] == ["mine"]
    folder = shutil.move("runs/mine", "runs/tiny")
    untested = [name for name in ours.trials if not name.startswith("test.")]
    ours.trials[untested].to_csv(Path(folder) / "trials.csv", index=False)
    write_json(Path(folder) / "study.json", ours.facts)
    assert unconfirmed(ReportStudy("tiny.toml"), Path("runs")) == [
        "tiny"
    ]  # cut short as it was confirmed
    write_json(Path(folder) / "study.json", {**ours.facts, "confirmed": {**CONFIRMED, "seeds": 5}})
    assert unconfirmed(ReportStudy("tiny.toml"), Path("runs")) == []  # the user's own


@pytest.mark.slow
def test_a_study_that_was_cut_short_goes_on(tiny, capfd):
    text = printed(capfd)
    folder = Path("runs/tiny")
    events = [json.loads(line) for line in (folder / "journal.jsonl").read_text().splitlines()]
    first = next(place for place, event in enumerate(events) if event["event"] == "end")
    kept = [event for event in events[: first + 1] if event["trial"] == events[first]["trial"]]
    (folder / "journal.jsonl").write_text("".join(f"{json.dumps(event)}\n" for event in kept))
    facts = json.loads((folder / "study.json").read_text())
    (folder / "study.json").write_text(json.dumps({**facts, "test_reads": 0, "ended": None}))
    lines = (folder / "trials.csv").read_text().splitlines(keepends=True)
    (folder / "trials.csv").write_text("".join(lines[:1]))
    shutil.rmtree(folder / "best")
    assert printed(capfd) == text
    again = (folder / "journal.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in again[: len(kept)]] == kept
    assert hypersearch.load(folder).facts["test_reads"] == 1
    assert not Path("runs/tiny-2").exists()


@pytest.mark.slow
def test_what_is_missing_runs_under_the_next_free_name(tiny, capfd):
    run_study(build(["tiny.toml"], {"name": "tiny", "seed": "1"}))
    text = printed(capfd)
    assert "study tiny-2; seed 0" in text
    assert hypersearch.load("runs/tiny").facts["test_reads"] == 0


def test_reports_in_their_order():
    assert named_reports(["r4", "R1", "R4"]) == ["R1", "R4"]
    assert named_reports(["all"]) == ["R1", "R2", "R3", "R4", "R5"]


def test_quick_shortens_networks_alone():
    cnn, kmeans, _ = ReportStudy("r3", quick=True).config().searches
    assert (cnn.family, cnn.max_resource, kmeans.max_resource) == (
        "cnn",
        report_studies.QUICK_EPOCHS,
        None,
    )
    assert ReportStudy("r3", quick=True).config().max_samples == report_studies.QUICK_IMAGES
    assert ReportStudy("r3", quick=True).config().name == "r3-quick"
    short = {
        each.name: (each.resource, each.shortened)
        for each in targets_of(ReportStudy("r3", quick=True).config())
    }
    assert short["R3-own"] == (report_studies.QUICK_EPOCHS, True)
    assert short["R3-5"] == (300, False)


@pytest.mark.parametrize("report", STUDIES)
def test_a_reports_rows_are_what_its_studies_run(report):
    """And every figure that a baseline carries stands in a table; R3's share of noise as a count of
    images.
    """
    wanted = {
        (each.family, each.name): each
        for file in STUDIES[report]
        for each in targets_of(ReportStudy(file).config())
    }
    rows = [(table, row) for table in TABLES[report] for row in table.rows]
    assert {(row.family, row.baseline) for _, row in rows} == set(wanted)
    for key, each in wanted.items():
        shown = {
            row.key(column)
            for table, row in rows
            for column in table.columns
            if (row.family, row.baseline) == key
        }
        assert set(each.figures) - {"test.noise_fraction"} <= shown


def test_the_forest_of_a_thousand_trees_is_wholly_fixed():
    forest = next(
        each
        for each in targets_of(ReportStudy("r5").config())
        if each.family == "random_forest" and not each.name
    )
    published = find("random_forest").baselines[0].config
    assert forest.config == {**published, "n_estimators": 1000}
    assert forest.resource == 1000


def test_clusterings_take_the_network_of_the_study_that_kept_it(tmp_path, monkeypatch):
    part = ReportStudy("r3", options={"out": tmp_path})
    baselines = {each.name: each for each in find("cnn").baselines}
    rows = [
        {"family": "cnn", "trial": number, "name": name, "test.accuracy": 0.9}
        | {f"param.{key}": value for key, value in baselines[name].config.items()}
        for number, name in enumerate(("R3-default", "R3-own"))
    ]
    study(
        tmp_path,
        "old",
        [search("cnn", {"R3-default": 15, "R3-own": 15})],
        rows,
        dataset="fashion-mnist-5",
    )
    kept = []
    monkeypatch.setattr(
        "hypersearch.search.features.network_export.kept_models", lambda study, family: iter(kept)
    )
    assert [each.family for each in reduced(part, part.config()).searches] == [
        "cnn",
        "kmeans",
        "dbscan",
    ]
    kept.append((type("Trial", (), {"number": 1}), None))
    rest = reduced(part, part.config())
    assert [(each.family, each.features) for each in rest.searches] == [
        ("kmeans", "cnn@flatten:old,standard"),
        ("dbscan", "cnn@flatten:old,standard"),
    ]
    assert rest.name == "r3"
    with storage_at(f"sqlite:///{tmp_path}/hypersearch.db") as storage:
        storage.create_new_study([StudyDirection.MAXIMIZE], "r3/cnn")  # its folder is gone
    assert reduced(part, part.config()).name == "r3-2"


@pytest.mark.parametrize(
    ("change", "ended"),
    [
        ({}, True),
        ({"ended": None}, False),
        ({"interrupted": True}, False),
        ({"searches": [search("cnn", {"a": 1, "b": 1})]}, False),
    ],
)
def test_what_has_come_to_its_end(tmp_path, change, ended):
    there = study(tmp_path, "s", [search("cnn", {"a": 1})], [{"family": "cnn", "name": "a"}])
    there.facts.update(change)
    assert _ended(there) is ended


@pytest.mark.slow
@pytest.mark.real_data
@pytest.mark.timeout(1200)
def test_all_reports_quick(here):
    if not os.environ.get("HYPERSEARCH_DATA"):
        pytest.skip("HYPERSEARCH_DATA is not set")
    command = [sys.executable, "-m", "hypersearch", "reproduce", "all", "--quick"]
    environment = {
        **os.environ,
        "COLUMNS": "80",
    }
    ran = subprocess.run(
        command, cwd=here, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert max(map(len, ran.stdout.splitlines())) <= 80
    assert "did not run" not in ran.stdout
    assert "not confirmed" not in ran.stdout
    assert not [line for line in ran.stdout.splitlines() if re.search(r"ours(\s+–)+$", line)], (
        "a row without a figure"
    )
    reports = [f"R{number}" for number in range(1, 6)]
    starts = [line.partition(" ")[0] for line in ran.stdout.splitlines()]
    assert [start for start in starts if start in reports] == reports
