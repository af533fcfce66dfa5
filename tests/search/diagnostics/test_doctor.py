"""The doctor's verdicts, on what is really there and on what is really broken."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import optuna
import pytest
from rich.console import Console

from hypersearch.models.data import idx
from hypersearch.models.data.datasets import load_dataset
from hypersearch.search.cli.main import main
from hypersearch.search.config.settings import StudyConfig
from hypersearch.search.diagnostics import doctor, machine_checks
from hypersearch.search.diagnostics.probe import probe

ROOT = Path(__file__).parents[3]

BROKEN = """
import os
from dataclasses import replace
from hypersearch.models.api import Baseline
from tests.broken import FAMILY as BROKEN

BAD = Baseline(name="bad", config={"way": "start", "x": 0.5}, resource=1, source="a test")
STARTS_NOT = replace(BROKEN, baselines=(BAD,))
DIES = replace(BROKEN, start=lambda config, shared, seed: os._exit(9))
PRINTS = replace(BROKEN, prepare=lambda dataset, options: print('{"not": "the answer"}'))
"""


@pytest.fixture
def broken(here):
    (here / "mine.py").write_text(BROKEN)
    return here


def studies(*targets):
    searches = [{"family": target, "trials": 1} for target in targets]
    return StudyConfig.model_validate(
        {"name": "s", "dataset": "digits", "max_samples": 240, "searches": searches}
    )


@pytest.mark.slow  # it loads TensorFlow, to see what it sees
def test_the_whole_table_without_trials(here):
    code = (
        "import sys; from hypersearch.search.cli.main import main; code = main(['doctor',"
        " '--no-trials']);assert not {'tensorflow', 'keras', 'torch', 'jax'} & set(sys.modules);"
        " sys.exit(code)"
    )
    environment = {**os.environ, "COLUMNS": "80"}
    ended = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr
    assert max(map(len, ended.stdout.splitlines())) <= 80
    names = [line.split("  ")[0] for line in ended.stdout.splitlines()]
    assert names[:3] == ["check", "python", "hypersearch"]
    assert {"cores", "memory", "disk", "keras backend", "GPU", "digits", "storage"} <= set(names)
    assert not list(here.iterdir()), "nothing is created"


def test_a_broken_family_is_a_problem(broken, monkeypatch):
    monkeypatch.setattr(doctor, "accelerators", list)  # tested above
    shown = io.StringIO()
    arguments = {
        "out": Path("runs"),
        "storage": None,
        "data_dir": None,
        "trials": True,
        "verbose": True,
    }
    targets = ["mine:STARTS_NOT", "nowhere:FAMILY"]
    assert doctor.examine(**arguments, targets=targets, console=Console(file=shown, width=100)) == 1
    lines = {line.split("  ")[0]: line.rstrip() for line in reversed(shown.getvalue().splitlines())}
    assert lines["trial mine:STARTS_NOT"].endswith("problem")
    assert "RuntimeError: cannot start" in lines["trial mine:STARTS_NOT"]
    assert lines["trial nowhere:FAMILY"].endswith("problem")
    assert "Traceback (most recent call last):" in lines
    assert '  File "' in shown.getvalue()
    assert "2 problems" in shown.getvalue()


def test_a_family_that_kills_its_process(broken):
    tried = probe(studies("mine:DIES"))
    assert tried.reason == "the process ended with exit code 9"
    assert not tried.late


def test_what_a_family_prints_is_no_answer(broken):
    assert probe(studies("mine:PRINTS")).metrics == {"loss": 1.0}


def test_a_process_that_takes_too_long(here):
    tried = probe(studies("toy"), limit=0.1)
    assert (tried.late, tried.reason) == (True, "not done within 0.1 s")


@pytest.mark.slow
def test_every_family_takes_a_step(here, capsys):
    assert main(["doctor"]) == 0
    shown = capsys.readouterr().out
    for family in ("cnn", "random_forest", "kmeans", "toy"):
        assert f"trial {family} " in shown
    assert not list(here.iterdir())


def test_a_package_that_is_not_there(monkeypatch):
    monkeypatch.setattr(machine_checks, "NEEDED", ("numpy", "no-such-package"))
    checks = {check.what: check for check in machine_checks.software()}
    assert checks["numpy"].verdict == "ok"
    assert checks["no-such-package"] == machine_checks.Check(
        "no-such-package", "not installed", "problem"
    )


def test_an_out_that_is_a_file(here):
    (here / "file").touch()
    assert machine_checks.disk(Path("file")).verdict == "problem"
    assert machine_checks.disk(Path("file/below")).verdict == "problem"


def test_an_out_that_will_be_created(here):
    assert machine_checks.disk(Path("a/b")).found.startswith("a/b will be created, ")
    assert not list(here.iterdir())


def test_data(here, monkeypatch):
    monkeypatch.setenv("HYPERSEARCH_DATA", str(here / "none"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(here / "cache"))
    assert [check.verdict for check in doctor.data(None)] == ["note", "note", "ok"]
    folder = here / "there" / "fashion-mnist"
    folder.mkdir(parents=True)
    for stem in idx.STEMS:
        (folder / f"{stem}.gz").touch()
    found = list(doctor.data(here / "there"))
    assert [check.verdict for check in found] == ["ok", "ok", "ok"]
    assert found[0].found == str(folder)


def storage(url):
    return doctor.database(url, Path("runs"))


def test_a_storage_that_is_not_there_is_not_created(here):
    assert storage("sqlite:///runs/hypersearch.db").found == "runs/hypersearch.db will be created"
    assert storage("sqlite:///s.db").verdict == "ok"
    assert storage("sqlite:///elsewhere/s.db").verdict == "problem"
    assert not list(here.iterdir())


def test_a_storage_with_studies(here):
    optuna.create_study(storage="sqlite:///s.db", study_name="a/toy")
    assert storage("sqlite:///s.db").found == "sqlite:///s.db is reachable, 1 search"


def test_an_empty_database_stays_empty(here):
    (here / "s.db").touch()
    assert storage("sqlite:///s.db").found == "sqlite:///s.db is reachable and empty"
    assert not (here / "s.db").read_bytes()


def test_a_file_that_is_no_database(here):
    (here / "s.db").write_text("not a database, though long enough to be taken for one" * 9)
    assert storage("sqlite:///s.db").verdict == "problem"


@pytest.mark.parametrize("url", ["nonsense", "nonsense://user:secret@nowhere/base"])
def test_a_url_that_does_not_open(here, url):
    check = storage(url)
    assert check.verdict == "problem"
    assert check.found.startswith("cannot open --storage nonsense")
    assert "secret" not in check.found


def test_own_data_are_looked_at_and_tried(here, monkeypatch):
    monkeypatch.setattr(doctor, "accelerators", list)
    x_nhw, y_n = np.zeros((300, 4, 3), dtype=np.uint8), np.arange(300) % 3
    np.savez(here / "mine.npz", x_train=x_nhw, y_train=y_n, x_test=x_nhw[:30], y_test=y_n[:30])
    shown = io.StringIO()
    arguments = {
        "out": Path("runs"),
        "storage": None,
        "data_dir": None,
        "trials": True,
        "verbose": True,
    }
    console = Console(file=shown, width=100)
    assert doctor.examine(**arguments, targets=["kmeans"], dataset="mine.npz", console=console) == 0
    lines = {line.split("  ")[0]: " ".join(line.split()) for line in shown.getvalue().splitlines()}
    assert lines["mine.npz"].endswith(
        "240 training, 60 validation, 30 test images of 4×3, 3 classes ok"
    )
    assert "one step in" in lines["trial kmeans"]
    assert main(["doctor", "kmeans", "--dataset", "mine.npy"]) == 2


def test_where_a_named_data_set_is_not_at_hand_digits_do(here, monkeypatch):
    monkeypatch.setenv("HYPERSEARCH_DATA", str(here / "none"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(here / "cache"))
    assert doctor.images_of("fashion-mnist", None, None)["dataset"] == "digits"


def test_of_a_rare_class_enough_images_are_taken(here):
    x_nhw, y_n = np.zeros((2_000, 4, 3), dtype=np.uint8), np.zeros(2_000, dtype=int)
    y_n[:1_000], y_n[-4:] = 1, 2
    np.savez(here / "rare.npz", x_train=x_nhw, y_train=y_n, x_test=x_nhw[:9], y_test=y_n[:9])
    images = doctor.images_of("rare.npz", load_dataset("rare.npz"), None)
    assert (
        len(load_dataset("rare.npz", limit=images["max_samples"]).class_names) == 3
    )  # and it can be split
