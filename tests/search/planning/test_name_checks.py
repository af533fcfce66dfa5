"""Names that are not known are refused before anything that is slow to load."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
HEAVY = {
    "ray",
    "optuna",
    "sqlalchemy",
    "keras",
    "tensorflow",
    "sklearn",
    "scipy",
    "pandas",
    "numba",
    "umap",
}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("run cnnn", "unknown target 'cnnn', allowed: "),
        (
            "run cnn --metric accuracyy",
            "unknown metric of cnn 'accuracyy', allowed: accuracy, loss, parameters; did",
        ),
        ("run cnn toy --set dept=3", "unknown parameter 'dept', allowed: "),
        ("run cnn --set depth=30", "--set depth=30: not allowed, allowed: 1 to 4"),
        ("run cnn --space depth=a..b", "--space depth=a..b: expected low..high, as in depth=1..4"),
        (
            "run cnn --only-baselines R6",
            "unknown baseline of cnn 'R6', allowed: R3-default, R3-own, R5; did you mean",
        ),
        (
            "run cnn --dataset fashon-mnist",
            "unknown dataset 'fashon-mnist', allowed: fashion-mnist, ",
        ),
        ("run cnn --trails 3", "unknown option '--trails'; did you mean '--trials'?; see --help"),
        (
            "run cnn --searcher tpi",
            "unknown searcher 'tpi', allowed: tpe, random, gp, qmc, grid, nsga2; did you mean",
        ),
        (
            "list familes",
            (
                "unknown list 'familes', allowed: families, metrics, datasets, studies; did you"
                " mean"
                " 'families'?"
            ),
        ),
    ],
)
def test_what_is_refused_at_once(arguments: str, message: str, tmp_path: Path) -> None:
    refused(arguments, message, HEAVY, tmp_path)


@pytest.mark.parametrize("arguments", ["resume nobody", "extend nobody --trials 3"])
def test_a_study_that_is_not_there(arguments: str, tmp_path: Path) -> None:
    refused(
        arguments,
        "unknown study 'nobody' in runs, there are: none yet",
        HEAVY - {"pandas"},
        tmp_path,
    )


def refused(arguments: str, message: str, unloaded: set[str], here: Path) -> None:
    """A command ends with the exit code 2 and one line, and none of the libraries is loaded."""
    code = (
        "import sys; from hypersearch.search.cli.main import main; code = main(sys.argv[1:]);"
        f"assert not (there := {unloaded} & set(sys.modules)), there; sys.exit(code)"
    )
    command = [sys.executable, "-c", code, *arguments.split()]
    ended = subprocess.run(command, cwd=here, env=dict(os.environ), capture_output=True, text=True)
    assert ended.returncode == 2, ended.stderr
    assert ended.stderr.startswith(f"error: {message}")
    assert ended.stdout == ""
