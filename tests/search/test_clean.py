"""What `hypersearch clean` removes, and what it leaves."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import numpy as np
import optuna
import pandas as pd
import pytest

import hypersearch
from hypersearch.clustering.features import feature_cache
from hypersearch.models.errors import UserError
from hypersearch.search.clean import clean, format_bytes
from hypersearch.search.cli.main import main
from hypersearch.search.confirm.confirm import confirm_study
from hypersearch.search.confirm.selection import Confirmation
from hypersearch.search.engine.runner import resume_study
from hypersearch.search.storage.record import locked
from tests.running import run

pytestmark = [pytest.mark.usefixtures("ray_session"), pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory, ray_session):
    """A folder, and one that holds what a search has left there: studies know where they were
    run.
    """
    place, kept = tmp_path_factory.mktemp("place"), tmp_path_factory.mktemp("kept") / "runs"
    with contextlib.chdir(place):
        run("toy", trials="1", max_resource="2")
    shutil.move(place / "runs", kept)
    return place, kept


@pytest.fixture
def ran(snapshot, monkeypatch):
    """The working directory, in which a study was run."""
    place, kept = snapshot
    for path in place.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copytree(kept, place / "runs")
    monkeypatch.chdir(place)
    return place


def names(storage):
    return set(optuna.get_all_study_names(storage))


def figures(study):
    return study.trials.drop(columns=["seconds"]).sort_values("trial", ignore_index=True)


def test_checkpoints_go_and_figures_stay(here, capsys):
    study, _ = run("toy", trials="2", max_resource="3")
    before = (study.folder / "trials.csv").read_bytes()
    assert (study.folder / "checkpoints" / "toy").is_dir()
    assert main(["clean", "study"]) == 0
    assert capsys.readouterr().out.startswith("study: ")
    assert not (study.folder / "checkpoints").exists()
    assert not (study.folder / "logs" / "tune").exists()
    assert (study.folder / "trials.csv").read_bytes() == before
    assert main(["export", "study", "to"]) == 2
    lost = (
        "study 'study' has no model to export: no trial is complete, or it ran with --keep-models 0"
        " or was cleaned"
    )
    assert capsys.readouterr().err == f"error: {lost}\n"
    resume_study(here / "runs", "study", more=1)
    assert len(hypersearch.load(study.folder).trials) == 4


def test_a_cleaned_study_is_resumed_and_confirmed(here):
    study, _ = run("toy", trials="2", max_resource="3")
    torn = (
        (study.folder / "journal.jsonl").read_text().splitlines()[:-2]
    )  # the last trial has not ended
    (study.folder / "journal.jsonl").write_text("".join(f"{line}\n" for line in torn))
    list(clean(here / "runs", ["study"]))
    resume_study(here / "runs", "study")
    resumed = hypersearch.load(study.folder)
    pd.testing.assert_frame_equal(figures(resumed), figures(study))
    list(clean(here / "runs", ["study"]))
    confirm_study(here / "runs", "study", Confirmation(fit_on="train"))
    assert hypersearch.load(study.folder).trials["test.loss"].notna().any()


def test_what_is_left_out_of_an_export_is_said(here, capfd):
    run("toy", "tests.few:FAMILY", trials="1", max_resource="2")
    shutil.rmtree(here / "runs" / "study" / "checkpoints" / "few")
    capfd.readouterr()
    assert main(["export", "study", "to"]) == 0
    shown = capfd.readouterr()
    assert shown.out == f"{Path('to') / 'toy'}\n"
    assert shown.err.startswith("toy: trial 0 centre, not confirmed, of seed ")
    assert shown.err.endswith("\nleft out: no model of few is kept\n")


def test_a_name_that_is_given_twice(ran):
    for whole in (False, True):
        (line,) = clean(ran / "runs", ["study", "study"], whole=whole)
        assert line.startswith("study: ")


def test_all_of_a_study_goes_and_no_other(ran):
    run("toy", name="other", trials="1", max_resource="2")
    storage = f"sqlite:///{ran / 'runs' / 'hypersearch.db'}"
    assert names(storage) == {"study/toy", "other/toy"}
    (line,) = clean(ran / "runs", ["study"], whole=True)
    assert line.startswith("study: ")
    assert line.endswith(" freed, its folder, and 1 search in the storage")
    assert names(storage) == {"other/toy"}
    assert not (ran / "runs" / "study").exists()
    assert (ran / "runs" / "other").is_dir()


def test_the_storage_goes_with_a_folder_that_was_moved(ran):
    shutil.move(ran / "runs", ran / "moved")
    list(clean(ran / "moved", ["study"], whole=True))
    assert names(f"sqlite:///{ran / 'moved' / 'hypersearch.db'}") == set()


def test_a_storage_that_is_gone_is_not_made(ran):
    (ran / "runs" / "hypersearch.db").unlink()
    (line,) = clean(ran / "runs", ["study"], whole=True)
    assert line.endswith(" freed, its folder")
    assert not (ran / "runs" / "study").exists()
    assert not (ran / "runs" / "hypersearch.db").exists()


def test_a_copy_leaves_the_trials_of_the_original_in_a_storage_of_its_own(here):
    storage = f"sqlite:///{here / 'team.db'}"
    study, _ = run("toy", trials="1", max_resource="2", storage=storage)
    shutil.copytree(study.folder, here / "elsewhere" / "study")
    (line,) = clean(here / "elsewhere", ["study"], whole=True)
    ran_in = here / "runs" / "study"
    left = (
        f"the storage is left as it is: the study was run in {ran_in}, of which this may be a copy"
    )
    assert line.endswith(f" freed, its folder; {left}")
    assert names(storage) == {"study/toy"}
    assert not (here / "elsewhere" / "study").exists()
    (line,) = clean(here / "runs", ["study"], whole=True)
    assert line.endswith(" freed, its folder, and 1 search in the storage")
    assert names(storage) == set()


def test_a_copy_of_everything_under_the_same_relative_path_leaves_the_original_alone(
    here, monkeypatch
):
    storage = f"sqlite:///{here / 'team.db'}"
    run("toy", trials="1", max_resource="2", storage=storage)
    shutil.copytree(here / "runs", here / "other" / "runs")
    monkeypatch.chdir(here / "other")
    (line,) = clean(Path("runs"), ["study"], whole=True)
    assert "the storage is left as it is" in line
    assert names(storage) == {"study/toy"}


def test_a_copy_beside_the_original_leaves_its_trials(ran):
    storage = f"sqlite:///{ran / 'runs' / 'hypersearch.db'}"
    for given in (None, storage):
        shutil.copytree(ran / "runs" / "study", ran / "runs" / "copy")
        (line,) = clean(ran / "runs", ["copy"], whole=True, storage=given)
        assert line.startswith("copy: ")
        assert "; the storage is left as it is" in line
    assert names(storage) == {"study/toy"}


def test_a_storage_that_is_named_is_not_taken_from_under_the_original(ran):
    shutil.copytree(ran / "runs" / "study", ran / "elsewhere" / "study")
    storage = f"sqlite:///{ran / 'runs' / 'hypersearch.db'}"
    (line,) = clean(ran / "elsewhere", ["study"], whole=True, storage=storage)
    assert "; the storage is left as it is" in line
    assert names(storage) == {"study/toy"}


def test_trials_of_the_same_name_in_another_storage_are_left_alone(ran):
    team = f"sqlite:///{ran / 'team.db'}"
    optuna.create_study(storage=team, study_name="study/toy")
    (line,) = clean(ran / "runs", ["study"], whole=True, storage=team)
    own = f"sqlite:///{ran / 'runs' / 'hypersearch.db'}"
    assert line.endswith(f"; the storage is left as it is: the study's trials are in {own}")
    assert names(team) == {"study/toy"}


def test_a_study_that_is_being_run_is_left_alone(ran):
    for whole in (False, True):
        with (
            locked(ran / "runs" / "study"),
            pytest.raises(UserError, match="^study 'study' is being run by another process$"),
        ):
            list(clean(ran / "runs", ["study"], whole=whole))
    assert (ran / "runs" / "study" / "study.json").exists()


def test_the_features_in_the_cache(here, monkeypatch, capsys):
    monkeypatch.setenv("XDG_CACHE_HOME", str(here / "cache"))
    feature_cache.kept("key", 2, lambda: {"rows": np.ones((2, 3), np.float32)})
    other = here / "cache" / "hypersearch" / "judges"
    other.mkdir()
    assert main(["clean", "--features"]) == 0
    assert "freed, 1 file in " in capsys.readouterr().out
    assert not feature_cache.folder().exists()
    assert other.is_dir()
    assert main(["clean", "--features"]) == 0
    assert capsys.readouterr().out.startswith("features: 0 bytes freed, 0 files in ")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            [],
            (
                "nothing to clean: name a study, or give --features for the features in the user's"
                " cache"
            ),
        ),
        (
            ["--all"],
            (
                "nothing to clean: name a study, or give --features for the features in the user's"
                " cache"
            ),
        ),
        (["--all", "--features"], "--all needs the name of a study"),
        (["nobody"], "unknown study 'nobody' in runs, there are: none yet"),
    ],
)
def test_what_cannot_be_cleaned(here, capsys, arguments, words):
    assert main(["clean", *arguments]) == 2
    assert capsys.readouterr().err.startswith(f"error: {words}")


def test_sizes_in_words():
    assert [format_bytes(n) for n in (0, 1, 1_500, 2_000_000, 3_210_000_000)] == [
        "0 bytes",
        "1 byte",
        "1.5 kB",
        "2.0 MB",
        "3.2 GB",
    ]
