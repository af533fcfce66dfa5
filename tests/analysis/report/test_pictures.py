"""Figures drawn by several processes: the same ones, and a process that dies costs none."""

from __future__ import annotations

import os
import subprocess
import sys
from types import ModuleType

import pandas as pd
import pytest

from hypersearch.analysis.figures import KINDS
from hypersearch.analysis.figures.base import FigureKind
from hypersearch.analysis.report import images, page
from hypersearch.analysis.study.evaluation_artifacts import ModelArtifacts
from tests.analysis.studies import Made, make

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="forks only on Linux")
TRIALS = [Made(n, (0.1 * n,) * n) for n in range(1, 9)]
UNSEEN = """
import sys
from hypersearch.analysis.figures.search.importances import _importance
assert _importance().PedAnovaImportanceEvaluator()
assert not [name for name in sys.modules if name.startswith(("sklearn", "optuna.importance"))]
import optuna
assert optuna.importance is not _importance()
"""


def test_two_processes_draw_the_same_page(tmp_path, monkeypatch):
    monkeypatch.setattr(images, "KINDS", {name: KINDS[name] for name in ("timeline", "history")})
    studies = [make(tmp_path, TRIALS, name) for name in ("a", "b")]
    counts = []
    assert page(
        studies, strict=True, workers=2, drawn_of=lambda *told: counts.append(told)
    ) == page(studies, strict=True)
    assert counts == [(count, 4) for count in range(5)]


def failing(monkeypatch, compute):
    kind = FigureKind("history", "History", compute, lambda record: None, str)
    monkeypatch.setattr(images, "KINDS", {"history": kind})


def test_a_figure_that_fails_in_another_process_is_told_here(tmp_path, monkeypatch):
    failing(monkeypatch, lambda study, family: {}[family])
    study, said = make(tmp_path, TRIALS), []
    assert "could not be made: KeyError" in page([study], say=said.append, workers=2)
    assert said == ["demo: the figure history of cnn could not be made: KeyError: 'cnn'"]
    with pytest.raises(KeyError):
        page([study], strict=True, workers=2)


def test_what_a_killed_process_left_is_drawn_here(tmp_path, monkeypatch):
    own = os.getpid()
    failing(monkeypatch, lambda study, family: None if os.getpid() == own else os._exit(9))
    assert "could not be made" not in page([make(tmp_path, TRIALS)], strict=True, workers=2)


def test_nothing_is_forked_where_ray_is_loaded(tmp_path, monkeypatch):
    """Its connections do not survive a fork: the next call to Ray would wait for ever."""
    drawn_by = []
    failing(monkeypatch, lambda study, family: drawn_by.append(os.getpid()))
    monkeypatch.setitem(sys.modules, "ray", ModuleType("ray"))
    page([make(tmp_path, TRIALS)], strict=True, workers=2)
    assert drawn_by == [os.getpid()]


def test_the_forks_above_in_a_process_without_ray():
    """Here another test may have loaded it; then one process has drawn all."""
    options = ["-q", "-p", "no:xdist", "-p", "no:cacheprovider", __file__]
    options += ["-k", "two_processes or another or killed"]
    code = f"""
import sys, pytest
from hypersearch.analysis.report import images
assert images.can_fork()
sys.exit(pytest.main({options!r}))
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=100)
    assert ran.returncode == 0, ran.stdout
    assert ran.stdout.startswith("...")


def test_the_trial_in_the_pictures_is_named_and_a_better_one_since():
    trials = {"trial": [4, 0], "name": ["", "R5"], "state": ["COMPLETE", "COMPLETE"]}
    shown = images._whose(pd.DataFrame(trials), ModelArtifacts({"trial": 0}, {}))
    assert shown.startswith("Pictures of test images are of trial 0 R5, ")
    assert shown.endswith(" The best now is trial 4, which has not been judged on them.")
    assert "now" not in images._whose(pd.DataFrame(trials), ModelArtifacts({"trial": 4}, {}))


def test_importances_do_without_scikit_learn_and_leave_optuna_whole():
    subprocess.run([sys.executable, "-c", UNSEEN], check=True, timeout=100)
