"""A user's folder with a search.py, a models/ and so on of their own, and nothing gets mixed up."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hypersearch
from hypersearch.models.data import datasets, idx
from hypersearch.models.data.download import Remote
from hypersearch.search.config.study_files import build
from hypersearch.search.engine.runner import resume_study
from tests.models.written import numbered, write_idx
from tests.project import COMMAND, CONSOLE_SCRIPT, DATA, TARGET, call, make_project

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The user's folder, with a study `own` that was run there."""
    folder = make_project(tmp_path_factory.mktemp("clash") / "project")
    few = ("--trials", "2", "--max-resource", "1", "--only-baselines", "five,centre")
    ended = call(
        folder, "run", TARGET, "toy", "kmeans", *DATA, *few, "--name", "own", command=CONSOLE_SCRIPT
    )
    assert ended.returncode == 0, ended.stderr
    return folder


def trials(folder: Path, name: str) -> pd.DataFrame:
    """The trials of a study in `folder`."""
    return hypersearch.load(folder / "runs" / name).trials


def test_every_trial_is_complete(project: Path) -> None:
    found = trials(project, "own")
    assert found["state"].tolist() == ["COMPLETE"] * len(found)
    assert found.groupby("family").size().to_dict() == {"knn": 3, "toy": 3, "kmeans": 2}


@pytest.mark.slow
def test_the_module_is_a_command_there(project: Path) -> None:
    few = ("--trials", "1", "--max-resource", "1", "--no-baselines")
    ended = call(project, "run", "toy", TARGET, *DATA, *few, "--name", "module", command=COMMAND)
    assert ended.returncode == 0, ended.stderr
    assert trials(project, "module")["state"].tolist() == ["COMPLETE", "COMPLETE"]


def test_a_notebook_there(project: Path) -> None:
    code = f"""
import hypersearch
earlier = hypersearch.load("runs/own")
assert len(earlier.best) == 3, earlier.best
options = dict(trials=1, max_resource=1, max_samples=200, name="notebook")
study = hypersearch.run(["toy", "{TARGET}"], data="digits", **options)
assert set(study.trials["state"]) == {{"COMPLETE"}}, study.trials
"""
    ended = call(project, code, command=(sys.executable, "-c"))
    assert ended.returncode == 0, ended.stderr
    assert len(trials(project, "notebook")) == 4


def test_importing_the_package_there_takes_no_file_of_the_user(project: Path) -> None:
    code = """
import sys, hypersearch, hypersearch.search.cli.main, hypersearch.search.engine.runner
[getattr(hypersearch, name) for name in hypersearch.__all__]
assert not {"search", "models", "analysis", "clustering", "config", "utils"} & set(sys.modules)
"""
    ended = call(project, code, command=(sys.executable, "-c"))
    assert ended.returncode == 0, ended.stderr


@pytest.mark.slow
def test_a_study_goes_on_from_another_folder(project: Path, tmp_path: Path) -> None:
    shutil.copytree(project / "runs", tmp_path / "runs")
    out, elsewhere = ("--out", str(tmp_path / "runs")), tmp_path / "elsewhere"
    elsewhere.mkdir()
    for words in (
        ["extend", "own", "--trials", "1", *out],
        ["resume", "own", *out],
        ["confirm", "own", *out],
        ["export", "own", "exported", *out],
        ["leaderboard", "own", *out],
    ):
        ended = call(elsewhere, *words, command=CONSOLE_SCRIPT)
        assert ended.returncode == 0, (words, ended.stderr)
    found = hypersearch.load(tmp_path / "runs" / "own").trials
    knn = found[found["family"] == "knn"]
    assert knn["state"].tolist() == ["COMPLETE"] * 4
    assert knn["test.accuracy"].notna().any()
    assert (elsewhere / "exported" / "knn" / "knn.joblib").is_file()
    assert not (elsewhere / "runs").exists()


def test_an_export_of_an_own_family_that_has_no_portable_model_is_refused_in_a_line(
    project: Path, tmp_path: Path
) -> None:
    out = ("--out", str(project / "runs"))
    assert call(tmp_path, "export", "own", "exported", *out).returncode == 0
    ended = call(tmp_path, "predict", "exported/knn", "digits")
    assert ended.returncode == 2
    assert len(ended.stderr.splitlines()) == 1
    ended = call(tmp_path, "predict", "exported/kmeans", "digits")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.count("\n") > 100


@pytest.mark.slow
def test_where_the_code_has_gone_the_line_says_where_it_was(project: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    home = tmp_path / "home"
    shutil.copytree(project, home)
    few = ("--trials", "1", "--max-resource", "1", "--no-baselines")
    ended = call(home, "run", TARGET, *DATA, *few, "--name", "mine")
    assert ended.returncode == 0, ended.stderr
    home.rename(moved)
    out = ("--out", str(moved / "runs"))
    for words in (
        ["resume", "mine", *out],
        ["extend", "mine", "--trials", "1", *out],
        ["confirm", "mine", *out],
        ["export", "mine", "exported", *out],
    ):
        ended = call(tmp_path, *words, command=CONSOLE_SCRIPT)
        assert ended.returncode == 2, (words, ended.stdout)
        (line,) = ended.stderr.splitlines()
        assert f"expected in {home}, which is not there any more" in line
        assert "run the command in the folder that holds models" in line
    ended = call(moved, "extend", "mine", "--trials", "1", command=CONSOLE_SCRIPT)
    assert ended.returncode == 0, ended.stderr
    assert trials(moved, "mine")["state"].tolist() == ["COMPLETE", "COMPLETE"]


def test_a_module_that_hides_the_folder_of_its_name_is_named(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "project")
    (folder / "models" / "__init__.py").unlink()
    (folder / "models.py").write_text("")
    ended = call(folder, "run", TARGET, *DATA, "--name", "hidden")
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    assert line == (
        f"error: cannot import the family 'models.knn:FAMILY': models is the file"
        f" {folder.resolve()}/models.py, not the folder models beside it; put an __init__.py into"
        " the folder, or rename one of the two"
    )
    assert not (folder / "runs").exists()


def test_a_module_that_ends_the_program_is_named(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "project")
    ended = call(folder, "run", "config:FAMILY", *DATA)
    assert ended.returncode == 2
    assert ended.stderr == (
        "error: cannot import the family 'config:FAMILY': SystemExit: config.py was imported\n"
    )


@pytest.mark.slow
def test_relative_paths_of_data_lead_there_from_elsewhere(tmp_path: Path) -> None:
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    home.mkdir()
    elsewhere.mkdir()
    digits = hypersearch.load_dataset("digits", limit=200)
    arrays = {name: getattr(digits, name) for name in ("x_train", "y_train", "x_test", "y_test")}
    np.savez(home / "mine.npz", **arrays)
    few = ("--trials", "1", "--max-resource", "1", "--no-baselines")
    ended = call(home, "run", "random_forest", "--dataset", "mine.npz", *few, "--name", "rows")
    assert ended.returncode == 0, ended.stderr
    out = ("--out", str(home / "runs"))
    ended = call(elsewhere, "extend", "rows", "--trials", "1", *out)
    assert ended.returncode == 0, ended.stderr
    ended = call(elsewhere, "confirm", "rows", *out)
    assert ended.returncode == 0, ended.stderr
    assert trials(home, "rows")["test.accuracy"].notna().any()


def test_relative_paths_are_kept_absolute(here: Path) -> None:
    for folder in ("data", "rows"):
        (here / folder).mkdir()
    given = {"dataset": "rows", "data_dir": "data", "storage": "sqlite:///trials.db"}
    config = build(["toy"], given)
    assert config.dataset == str(here / "rows")
    assert config.data_dir == here / "data"
    assert config.storage == f"sqlite:///{here}/trials.db"
    assert config.home == here


@pytest.mark.slow
def test_a_study_with_a_relative_folder_of_data_goes_on_from_elsewhere(
    here: Path, monkeypatch: pytest.MonkeyPatch, ray_session: None
) -> None:
    arrays = [*numbered([20] * 10), *numbered([2] * 10)]
    published = [
        Remote(stem, 0, idx.sha256(array)) for stem, array in zip(idx.STEMS, arrays, strict=True)
    ]
    monkeypatch.setattr(datasets.download, "FASHION_MNIST", tuple(published))
    write_idx(here / "data", arrays)
    few = {"trials": 1, "max_resource": 1, "baselines": False, "concurrency": 1}
    study = hypersearch.run(
        "random_forest", data="fashion-mnist", data_dir="data", name="study", **few
    )
    assert study.trials["state"].tolist() == ["COMPLETE"]
    (here / "elsewhere").mkdir()
    monkeypatch.chdir(here / "elsewhere")
    resume_study(here / "runs", "study", 1)
    assert hypersearch.load(here / "runs" / "study").trials["state"].tolist() == ["COMPLETE"] * 2
