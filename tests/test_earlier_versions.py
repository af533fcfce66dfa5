"""A study folder of version 0.1 (tests/fixtures/study-0.1) is read and continued."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import pytest

import hypersearch
from hypersearch.search.cli.main import main
from hypersearch.search.storage.journal import JOURNAL, replay_journal

pytestmark = pytest.mark.timeout(240)
FIXTURE = Path(__file__).parent / "fixtures" / "study-0.1"
FORMATS = ("table", "csv", "md", "latex", "json", "html")
FAMILIES = ("toy", "random_forest", "kmeans")


@pytest.fixture
def earlier(here: Path) -> Path:
    """A copy of the study, as `runs/earlier` under the working directory."""
    shutil.copytree(FIXTURE / "exported", here / "exported")
    shutil.copytree(FIXTURE / "studies", here / "runs")
    folder = here / "runs" / "earlier"
    for model in (here / "exported").glob("*/model.skops"):  # kept once in the fixture
        shutil.copy2(model, folder / "best" / model.parent.name)
    return folder


def test_the_fixture_is_of_the_earlier_version() -> None:
    first = (FIXTURE / "studies" / "earlier" / JOURNAL).read_text().splitlines()[0]
    facts = json.loads((FIXTURE / "studies" / "earlier" / "study.json").read_text())
    assert json.loads(first)["limit"] == 3
    assert facts["config"]["limit"] == 200
    assert "code_dir" not in facts["config"]
    assert facts["versions"]["hypersearch"] == "0.1.0"
    files = (path for path in FIXTURE.rglob("*") if path.is_file())
    assert sum(path.stat().st_size for path in files) < 300_000


def test_it_is_loaded(earlier: Path) -> None:
    study = hypersearch.load(earlier)
    assert study.name == "earlier"
    assert study.facts["config"]["max_samples"] == 200
    assert set(study.trials["state"]) == {"COMPLETE", "PRUNED", "FAIL"}
    assert sorted(study.best["family"]) == sorted(FAMILIES)
    assert study.best["test.loss"].notna().sum() >= 1
    trials = replay_journal(earlier / JOURNAL)
    assert len(trials) == len(study.trials)
    assert {trial.max_resource for trial in trials.values()} == {3}


@pytest.mark.parametrize("best", [(), ("--best",)])
@pytest.mark.parametrize("form", FORMATS)
def test_its_leaderboard(
    earlier: Path, capsys: pytest.CaptureFixture[str], form: str, best: tuple[str, ...]
) -> None:
    assert main(["leaderboard", "earlier", "--format", form, *best]) == 0
    shown = capsys.readouterr().out
    plain = shown.replace("\\_", "_").replace("&#95;", "_")
    assert all(family in plain for family in FAMILIES)
    trials = hypersearch.load(earlier).trials
    rows = len(FAMILIES) if best else len(trials)
    if form == "json":
        assert len(json.loads(shown)) == rows
    if form == "csv":
        assert len(list(csv.DictReader(io.StringIO(shown)))) == rows


def test_its_report_and_figures(earlier: Path) -> None:
    assert main(["report", "earlier"]) == 0
    page = (earlier / "report.html").read_text()
    assert "200" in page
    assert all(family in page for family in FAMILIES)
    assert main(["figure", "earlier", "history", "--to", "figures"]) == 0
    assert len(list(Path("figures").iterdir())) == len(FAMILIES)


def test_its_exported_models_predict(earlier: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for family in ("random_forest", "kmeans"):
        assert main(["predict", f"exported/{family}", "digits"]) == 0
        rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
        names = hypersearch.load_dataset("digits").class_names
        right = hypersearch.load_dataset("digits").y_test
        hits = [row["name"] == names[label] for row, label in zip(rows, right, strict=True)]
        assert sum(hits) / len(hits) > 0.5


def test_it_is_exported_anew(earlier: Path) -> None:
    assert main(["export", "earlier", "again"]) == 0
    for family in ("random_forest", "kmeans"):
        before, now = (Path(each) / family for each in ("exported", "again"))
        assert (now / "model.skops").read_bytes() == (before / "model.skops").read_bytes()


def test_it_is_continued_confirmed_and_compared(earlier: Path, ray_session: None) -> None:
    before = hypersearch.load(earlier).trials
    assert main(["resume", "earlier"]) == 0
    assert main(["extend", "earlier", "--trials", "1", "--concurrency", "1"]) == 0
    study = hypersearch.load(earlier)
    assert len(study.trials) == len(before) + len(FAMILIES)
    merged = before.merge(study.trials, on=["family", "trial"], suffixes=("", "_now"))
    assert len(merged) == len(before)
    assert merged["objective"].equals(merged["objective_now"])
    assert merged["test.loss"].equals(merged["test.loss_now"])
    assert {t.max_resource for t in replay_journal(earlier / JOURNAL).values()} == {3}

    assert main(["confirm", "earlier"]) == 2  # its test images have been read
    assert main(["confirm", "earlier", "--force"]) == 0
    facts = hypersearch.load(earlier).facts
    assert facts["test_reads"] == 2

    options = {"max_resource": 3, "max_samples": 200, "trials": 2, "concurrency": 1}
    hypersearch.run("random_forest", data="digits", name="newer", **options)
    assert main(["compare", "earlier", "newer", "--family", "random_forest"]) == 0
    assert main(["leaderboard", "earlier", "newer"]) == 0
    assert main(["report", "earlier", "newer"]) == 0
