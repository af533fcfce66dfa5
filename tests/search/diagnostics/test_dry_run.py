"""What a dry run says, counted by hand, and that it leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from hypersearch.models.api import Choice, Float, Int
from hypersearch.models.errors import UserError
from hypersearch.models.text import duration
from hypersearch.search.cli.main import main
from hypersearch.search.config.settings import StudyConfig
from hypersearch.search.diagnostics import dry_run
from hypersearch.search.diagnostics.probe import Middle, Probe, middling
from hypersearch.search.planning.plan import plan_study, slots
from hypersearch.search.schedulers.rungs import expected
from hypersearch.search.space.proposals import propose

ROOT = Path(__file__).parents[3]


def study(**settings):
    searches = [settings.pop("search", {"family": "toy"})]
    return StudyConfig.model_validate(
        {"name": "s", "dataset": "digits", "searches": searches, **settings}
    )


def planned(**search):
    (found,), dataset = plan_study(study(search={"family": "toy", **search}))
    return found, dataset


@pytest.mark.parametrize(
    ("full", "ladder", "factor", "steps"),
    [
        (1, [], 3, 1),
        (5, [], 3, 5),
        (9, [1, 3], 3, 1 + 2 / 3 + 6 / 9),
        (15, [1, 3, 9], 3, 1 + 2 / 3 + 6 / 9 + 6 / 27),
        (16, [1, 4], 4, 1 + 3 / 4 + 12 / 16),
        (4, [1, 2], 2, 1 + 1 / 2 + 2 / 4),
    ],
)
def test_expected_steps_of_a_trial(full, ladder, factor, steps):
    assert expected(full, ladder, factor) == pytest.approx(steps)


@pytest.mark.parametrize(
    ("search", "most", "likely"),
    [
        (
            {"trials": 10, "max_resource": 9},
            9 + 90,
            9 + 10 * 7 / 3,
        ),  # the baseline is cut to 9 steps
        ({"trials": 10, "max_resource": 9, "baselines": False}, 90, 10 * 7 / 3),
        ({"trials": 10, "max_resource": 9, "scheduler": "none"}, 9 + 90, 9 + 90),
        ({"trials": 4, "max_resource": 40}, 27 + 160, 27 + 4 * (3 + 6 / 3 + 18 / 9 + 13 / 27)),
        ({"trials": 0}, 27, 27),
    ],
)
def test_steps_of_a_search(search, most, likely):
    found, _ = planned(**search)
    assert dry_run.most_steps(found) == most
    assert dry_run.expected_steps(found) == pytest.approx(likely)


def test_time_by_hand():
    search, _ = planned(trials=3)  # and one baseline
    tried = Probe(
        start=1.0, steps=(5.0, 2.0)
    )  # a step takes 2 s; 1 s and 3 s more at the start of each trial
    assert dry_run.seconds(search, tried, 10, at_once=1) == 10 * 2 + 4 * (1 + 3)
    assert dry_run.seconds(search, tried, 10, at_once=2) == (10 * 2 + 4 * 4) / 2
    assert dry_run.seconds(search, tried, 10, at_once=99) == (10 * 2 + 4 * 4) / 4


@pytest.mark.parametrize(
    ("settings", "cores", "gpus", "at_once"),
    [
        ({}, 8, 0, 8),
        ({"cpus_per_trial": 3}, 8, 0, 2),
        ({"concurrency": 3}, 8, 0, 3),
        ({"concurrency": 30}, 8, 0, 8),
        ({"gpus_per_trial": 0.5}, 8, 1, 2),
        ({"gpus_per_trial": 0.25}, 16, 1, 4),
        ({"gpus_per_trial": 1}, 16, float("inf"), 16),
    ],
)
def test_trials_at_once(settings, cores, gpus, at_once):
    assert slots(study(**settings), cores, gpus) == at_once


def test_more_cores_than_there_are():
    with pytest.raises(UserError, match="--cpus-per-trial 3: there are 2 cores"):
        slots(study(cpus_per_trial=3), 2, 0)


def test_a_gpu_where_there_is_none():
    with pytest.raises(UserError, match="^--gpus-per-trial 0.5: there are 0 GPUs$"):
        slots(study(gpus_per_trial=0.5), 2, 0)


@pytest.mark.parametrize(
    ("time", "words"),
    [
        (0.0002, "under 1 ms"),
        (0.02, "20 ms"),
        (4.21, "4.2 s"),
        (59.4, "59 s"),
        (59.5, "1 min"),
        (700, "12 min"),
        (3590, "1 h 0 min"),
        (7499, "2 h 5 min"),
    ],
)
def test_durations(time, words):
    assert duration(time, "rough") == words


def test_the_middle_of_a_space():
    space = {
        "a": Int(1, 100, log=True),
        "b": Float(0.0, 1.0),
        "c": Choice(("x", "y", "z")),
        "d": Int(2, 4, when={"c": "y"}),
        "e": Int(2, 4, when={"c": "x"}),
    }
    assert propose(space, Middle()) == {"a": 10, "b": 0.5, "c": "y", "d": 3}


def test_what_is_timed():
    search, dataset = planned()
    assert middling(search, dataset)[0] == "centre"
    search, dataset = planned(baselines=False)
    assert middling(search, dataset) == ("", {"x": 0.5, "shape": "valley"})


def test_a_middle_that_the_data_do_not_admit():
    search, dataset = planned(baselines=False)
    small = replace(
        search.family,
        infeasible_reason=lambda config, data: "too large" if config["x"] >= 0.5 else None,
    )
    name, config = middling(replace(search, family=small), dataset)
    assert name == ""
    assert config["x"] < 0.5


def test_what_is_said_of_a_search():
    rows = dict(
        dry_run.plan_rows(planned(family="cnn", trials=7, max_resource=9, set={"depth": "3"})[0])
    )
    assert rows["objective"] == "accuracy, higher is better; also loss, parameters"
    assert rows["searched"].startswith("filters 16 to 64 (log)\ngrowth 1.5, 2.0\n")
    assert rows["fixed"].startswith("network blocks\ndepth 3\n")
    assert rows["trials"] == "7 of up to 9 epochs, proposed by tpe"
    assert rows["baselines"] == "R3-default (9 epochs), R3-own (9 epochs)"
    assert rows["left out"].startswith("R5: images of 8×8 are too small")
    assert rows["rungs"] == "1, 3: at each, one in 3 goes on"


def test_a_condition_is_said_where_it_matters():
    assert "y 0.0 to 1.0 where shape = bowl" in dict(dry_run.plan_rows(planned()[0]))["searched"]
    assert "where" not in dict(dry_run.plan_rows(planned(set={"shape": "bowl"})[0]))["searched"]


def test_what_can_never_apply_is_not_said():
    rows = dict(
        dry_run.plan_rows(planned(family="cnn", set={"optimizer": "adam", "convolutions": "1"})[0])
    )
    both = rows["searched"] + rows["fixed"]
    assert "learning_rate 0.0001 to 0.02 (log)" in both
    assert not any(name in both for name in ("sgd_learning_rate", "adadelta", "residual"))


def test_the_plan_and_nothing_else(here, capsys):
    secret = ["--storage", "postgresql://me:secret@nowhere/base", "--time-budget", "10m"]
    command = [
        "run",
        "toy",
        "kmeans",
        "--dataset",
        "digits",
        "--limit",
        "240",
        "--name",
        "mine",
        *secret,
    ]
    assert main([*command, "--trials", "4", "--dry-run"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "mine: a dry run, nothing is searched or written" in shown
    assert "192 training and 48 validation images, 8 × 8, 10 classes" in shown
    assert (
        "about 55 steps, at most 135" in shown
    )  # the baseline's 27, and 4 · (3 + 6/3 + 18/9) or 4 · 27
    assert "the time budget is 10 min" in shown
    assert "postgresql://me:***@nowhere/base" in shown
    assert "runs/mine/logs" in shown
    assert not list(here.iterdir())


def test_a_family_that_fails(here, capsys):
    (here / "mine.py").write_text(
        "from dataclasses import replace\nfrom hypersearch.models.api import Baseline\nfrom"
        " tests.broken import FAMILY\nFAMILY = replace(FAMILY, space={**FAMILY.space},"
        " baselines=(\n    Baseline(name='bad', config={'way': 'raise', 'x': 0.5}, resource=3,"
        " source='a test'),))\n"
    )
    before = set(here.rglob("*"))
    assert main(["run", "mine:FAMILY", "--dataset", "digits", "--dry-run"]) == 1
    shown = capsys.readouterr().out
    assert "time not known: ValueError: this configuration is broken" in " ".join(shown.split())
    assert "Traceback (most recent call last):" in shown
    assert {
        path for path in set(here.rglob("*")) - before if "__pycache__" not in str(path)
    } == set()


def test_wrong_input_is_one_line(here, capsys):
    assert main(["run", "toi", "--dry-run"]) == 2
    assert capsys.readouterr().err.startswith("error: unknown target 'toi', allowed: ")
    assert main(["run", "toy", "--dataset", "digits", "--storage", "nonsense", "--dry-run"]) == 2
    assert capsys.readouterr().err.startswith("error: cannot open --storage nonsense: ")
    (here / "runs" / "taken").mkdir(parents=True)
    assert main(["run", "toy", "--dataset", "digits", "--name", "taken", "--dry-run"]) == 2
    refusal = (
        "study 'taken' exists already in runs; choose another --name, or hypersearch resume it"
    )
    assert capsys.readouterr().err == f"error: {refusal}\n"


@pytest.mark.slow
def test_a_network_is_timed_outside_of_the_driver(here):
    code = (
        "import sys; from hypersearch.search.cli.main import main; code = main(sys.argv[1:]);"
        "assert not {'tensorflow', 'keras', 'torch', 'jax'} & set(sys.modules); sys.exit(code)"
    )
    command = [sys.executable, "-c", code, "run", "cnn", "--dataset", "digits", "--dry-run"]
    environment = {**os.environ, "COLUMNS": "80"}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert "from one step of R3-default" in ended.stdout
    assert max(map(len, ended.stdout.splitlines())) <= 80
    assert not list(here.iterdir())
