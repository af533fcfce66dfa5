"""The command line: exit codes and the exact words of what is refused."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

# its log handler keeps the standard error of the first import, so not a captured one
import ray  # noqa: F401

from hypersearch.analysis.figures import KINDS
from hypersearch.models.data import idx
from hypersearch.search.cli.main import main
from hypersearch.search.families import FAMILIES
from hypersearch.search.planning import environment
from tests.analysis.studies import Made, make

COMMANDS = [
    "run",
    "doctor",
    "confirm",
    "leaderboard",
    "report",
    "figure",
    "compare",
    "reproduce",
    "list",
]


def refused(capsys, *arguments):
    """The one line on standard error of a command that exits with 2."""
    assert main([str(argument) for argument in arguments]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("error: ")
    assert shown.err.count("\n") == 1
    return shown.err.removeprefix("error: ").rstrip("\n")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(capsys, command):
    assert main([command, "--help"]) == 0
    assert f"hypersearch {command}" in capsys.readouterr().out


def test_no_command_shows_help(capsys):
    assert main([]) == 2
    shown = capsys.readouterr()
    assert "Usage" in shown.out + shown.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["rum", "cnn"],
            (
                "unknown command 'rum', allowed: clean, compare, confirm, doctor, export, extend,"
                " figure, leaderboard, list, predict, report, reproduce, resume, run; did you mean"
                " 'run'?"
            ),
        ),
        (["run"], "Missing argument 'TARGET...' of hypersearch run; see --help"),
        (
            ["run", "cnn", "--trails", "3"],
            "unknown option '--trails'; did you mean '--trials'?; see --help",
        ),
        (["run", "cnn", "--trials", "-1"], "--trials: got '-1', expected 0 or more"),
        (["run", "cnn", "--set", "depth"], "--set: expected NAME=VALUE, got 'depth'"),
        (
            ["run", "cnn", "--dataset", "fashon-mnist"],
            (
                "unknown dataset 'fashon-mnist', allowed: fashion-mnist, fashion-mnist-5, digits,"
                " or the path of a folder of IDX or CSV files or of an .npz file; did you mean"
                " 'fashion-mnist'?"
            ),
        ),
        (
            ["run", "random_forest", "--dataset", "digits", "--set", "max_dept=3"],
            (
                "unknown parameter 'max_dept', allowed: bootstrap, criterion, inputs, kind,"
                " max_depth, max_features, max_samples, min_samples_leaf, n_estimators; did you"
                " mean 'max_depth'?"
            ),
        ),
        (
            ["run", "nowhere.module:F"],
            (
                "cannot import the family 'nowhere.module:F': ModuleNotFoundError: No module named"
                " 'nowhere'"
            ),
        ),
        (
            ["run", "toy", "--seed", "99999999999"],
            "--seed: got '99999999999', expected 4294967295 at most",
        ),
        (
            ["run", "cnn", "--dataset", "digits", "--metric", "nmi"],
            "unknown metric of cnn 'nmi', allowed: accuracy, loss, parameters",
        ),
        (
            ["run", "cnn", "--dataset", "digits", "--metric", "loss,acuracy"],
            (
                "unknown metric of cnn 'acuracy', allowed: accuracy, loss, parameters; did you mean"
                " 'accuracy'?"
            ),
        ),
        (
            ["run", "hypersearch.models.families.toy:FAMLY"],
            (
                "unknown family in hypersearch.models.families.toy 'FAMLY', allowed: FAMILY; did"
                " you mean 'FAMILY'?"
            ),
        ),
        (
            ["run", "cnn", "--dataset", "digits", "--set", "network=R5"],
            (
                "cnn cannot be searched on digits: images of 8×8 are too small: nothing is left at"
                " layer 5 of 12"
            ),
        ),
        (["doctor", "--data-dir", "nowhere"], "--data-dir nowhere: there is no such folder"),
        (
            ["doctor", "tou"],
            (
                f"unknown family 'tou', allowed: {', '.join(FAMILIES)}, package.module:NAME; did"
                " you mean 'toy'?"
            ),
        ),
        (
            ["run", "toy", "--metric", "loss,loss"],
            "--metric: got 'loss,loss', expected each name once",
        ),
        (
            ["run", "toy", "--address", "127.0.0.1:1"],
            "--address 127.0.0.1:1: nothing answers there, [Errno 111] Connection refused",
        ),
        (
            ["run", "toy", "--out", "a?b"],
            "--out a?b: no SQLite URL can name a folder with '?'; give another, or a --storage",
        ),
        (["run", "cnn", "--data-dir", "nowhere"], "--data-dir nowhere: there is no such folder"),
        (
            ["run", "hypersearch.models.families.toy:NOISE"],
            ("'hypersearch.models.families.toy:NOISE' is a float, expected a hypersearch.Family"),
        ),
        (["leaderboard", "none"], "unknown study 'none' in runs, there are: none yet"),
        (
            ["leaderboard", "--format", "tabel"],
            (
                "unknown format 'tabel', allowed: table, csv, md, latex, json, html; did you mean"
                " 'table'?"
            ),
        ),
        (
            ["list", "familys"],
            (
                "unknown list 'familys', allowed: families, metrics, datasets, studies; did you"
                " mean"
                " 'families'?"
            ),
        ),
        (
            ["reproduce", "R9"],
            "unknown report 'R9', allowed: R1, R2, R3, R4, R5, all; did you mean 'R5'?",
        ),
        (
            ["reproduce", "R4", "--format", "tabel"],
            "unknown format 'tabel', allowed: table, md; did you mean 'table'?",
        ),
        (["reproduce", "R4", "--seed", "x"], "--seed: got 'x', expected a whole number"),
        (
            ["reproduce", "R4", "--data-dir", "nowhere"],
            "--data-dir nowhere: there is no such folder",
        ),
        (["reproduce"], "Missing argument 'REPORT...' of hypersearch reproduce; see --help"),
        (
            ["confirm", "none", "--seeds", "0"],
            "--seeds: got '0', expected a whole number, 1 or more",
        ),
        (
            ["extend", "none", "--trials", "x"],
            "--trials: got 'x', expected a whole number, 1 or more",
        ),
        (["compare", "none", "--target", "x"], "--target: 'x' is not a valid float"),
        (
            ["run", "cnn", "--only-baselines", "R3"],
            (
                "unknown baseline of cnn 'R3', allowed: R3-default, R3-own, R5; did you mean"
                " 'R3-default' or 'R3-own'?"
            ),
        ),
        (["confirm", "none"], "unknown study 'none' in runs, there are: none yet"),
        (["report"], "no studies in runs yet; `hypersearch run quick` makes one"),
        (["figure", "none", "history"], "unknown study 'none' in runs, there are: none yet"),
        (
            ["figure", "none", "historie"],
            (
                f"unknown kind of figure 'historie', allowed: {', '.join(KINDS)}; did you mean"
                " 'history'?"
            ),
        ),
        (
            ["figure", "none"],
            "Missing argument 'KIND' of hypersearch figure; see --help",
        ),
    ],
)
def test_wrong_input_is_one_line(here, capsys, arguments, message):
    assert refused(capsys, *arguments) == message
    assert not list(here.glob("runs/*/"))


def test_a_module_that_raises(here, capsys):
    (here / "bad_module.py").write_text("def (:\n")
    message = refused(capsys, "run", "bad_module:FAMILY")
    assert (
        message == "cannot import the family 'bad_module:FAMILY': SyntaxError: invalid syntax"
        " (bad_module.py, line 1)"
    )


@pytest.mark.slow
def test_an_address_without_a_cluster(here):
    """In a process of its own: in this one Ray may be running already."""
    command = [
        sys.executable,
        "-m",
        "hypersearch",
        "run",
        "toy",
        "--dataset",
        "digits",
        "--address",
        "nonsense",
    ]
    environment = dict(os.environ)
    ran = subprocess.run(
        command, cwd=here, env=environment, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("error: --address nonsense: ")
    assert not list(here.glob("runs/*/"))


def test_a_family_in_a_file_here_is_suggested(here, capsys):
    (here / "knn.py").touch()
    (here / "mine").mkdir()
    (here / "mine" / "knn.py").touch()
    for target in ("knn", "knn.py", "./knn.py"):
        assert refused(capsys, "run", target).endswith(
            "; to search a family in knn.py, name it: knn:FAMILY"
        )
    for target in ("mine/knn.py", "mine.knn"):
        assert refused(capsys, "run", target).endswith("in mine/knn.py, name it: mine.knn:FAMILY")
    assert "name it" not in refused(capsys, "run", "mine/other.py")


def test_a_study_file_that_is_not_there(here, capsys):
    shipped = "fashion, n2d, quick, r1, r2, r3, r4-ae, r4, r5"
    message = f"there is no study file 'mine.toml'; those that come with hypersearch: {shipped}"
    assert refused(capsys, "run", "mine.toml") == message


def test_libraries_add_no_line_to_an_error(here):
    (here / "runs" / "taken").mkdir(parents=True)
    command = [
        sys.executable,
        "-m",
        "hypersearch",
        "run",
        "kmeans",
        "--dataset",
        "digits",
        "--name",
        "taken",
    ]
    environment = dict(os.environ)
    ended = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert (
        ended.stderr
        == "error: study 'taken' exists already in runs; choose another --name, or hypersearch"
        " resume it\n"
    )


def test_even_a_family_without_data_has_its_dataset_checked(here, capsys):
    assert "did you mean 'fashion-mnist'?" in refused(
        capsys, "run", "toy", "--dataset", "fashon-mnist"
    )


@pytest.fixture
def idx_folder(here):
    """Ten training and ten test images, 4 × 3."""
    folder = here / "data"
    folder.mkdir()
    arrays = [np.zeros((60, 4, 3)), np.arange(60) % 2, np.zeros((10, 4, 3)), np.arange(10) % 2]
    for stem, array in zip(idx.STEMS, arrays, strict=True):
        raw = idx.header(array.shape) + array.astype(np.uint8).tobytes()
        (folder / f"{stem}.gz").write_bytes(gzip.compress(raw))
    return folder


def test_a_truncated_idx_file(idx_folder, capsys):
    path = idx_folder / "train-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes())[:-5]))
    assert (
        refused(capsys, "run", "cnn", "--dataset", idx_folder)
        == f"{path}: truncated, 715 bytes of data; its header promises 720 bytes (60 x 4 x 3)"
    )


def test_a_label_file_of_another_length(idx_folder, capsys):
    shutil.copy(idx_folder / "t10k-labels-idx1-ubyte.gz", idx_folder / "train-labels-idx1-ubyte.gz")
    message = refused(capsys, "run", "cnn", "--dataset", idx_folder)
    assert "60 images" in message
    assert "10 labels" in message


def test_an_unknown_key_in_a_study_file(here, capsys):
    (here / "s.toml").write_text("[[search]]\nfamily = 'cnn'\ntrails = 3\n")
    message = refused(capsys, "run", "s.toml")
    assert message.startswith("s.toml: [[search]]: unknown key 'trails', allowed: family, trials, ")
    assert message.endswith("; did you mean 'trials'?")


def test_an_unwritable_out(here, capsys):
    (here / "file").touch()
    message = refused(capsys, "run", "toy", "--dataset", "digits", "--out", "file")
    assert message == "cannot write to --out file: Not a directory"


def test_an_unusable_storage_leaves_nothing_behind(here, capsys):
    message = refused(
        capsys, "run", "toy", "--dataset", "digits", "--storage", "nonsense", "--name", "s"
    )
    assert message.startswith("cannot open --storage nonsense: ")
    assert not (here / "runs" / "s").exists()


def test_nothing_to_run(here, capsys):
    message = refused(
        capsys, "run", "toy", "--dataset", "digits", "--trials", "0", "--no-baselines"
    )
    assert (
        message == "nothing to run: --trials is 0 and there are no baselines; ask for one of them"
    )


def test_lists(here, capsys):
    for what, word in (
        ("families", "R3-default, R3-own, R5"),
        ("datasets", "digits: "),
        ("studies", "quick"),
    ):
        assert main(["list", what]) == 0
        assert word in capsys.readouterr().out


def test_git_revision_outside_a_checkout(here):
    assert environment.git_revision() is None


def test_a_reader_that_has_gone_is_no_failure():
    asked = [sys.executable, "-m", "hypersearch", "list", "families"]
    with subprocess.Popen(asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as listing:
        listing.stdout.close()
        assert listing.stderr.read() == b""
    assert listing.returncode == 0


def test_report_and_figure(here, capsys, monkeypatch):
    monkeypatch.setattr(
        "hypersearch.analysis.report.images.KINDS", {}
    )  # drawn in the report's own tests
    make(Path("runs"), [Made(0), Made(1)])
    assert main(["report", "demo"]) == 0
    assert capsys.readouterr() == ("report: runs/demo/report.html\n", "")
    assert Path("runs/demo/report.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert main(["report", "--to", "all.html"]) == 0
    assert capsys.readouterr().out == "report: all.html\n"
    assert main(["figure", "demo", "history", "--format", "png", "--to", "pictures"]) == 0
    assert capsys.readouterr() == ("pictures/cnn-history.png\n", "")
    assert Path("pictures/cnn-history.png").read_bytes().startswith(b"\x89PNG")


def test_a_figure_that_fails_is_a_word_on_standard_error(here, capsys, monkeypatch):
    def fail(study, family):
        raise ValueError("no ink")

    make(Path("runs"), [Made(0)])
    monkeypatch.setattr(
        "hypersearch.analysis.report.images.KINDS",
        {"history": replace(KINDS["history"], compute=fail)},
    )
    assert main(["report"]) == 0
    shown = capsys.readouterr()
    assert shown.out == "report: runs/demo/report.html\n"
    assert shown.err == "demo: the figure history of cnn could not be made: ValueError: no ink\n"
