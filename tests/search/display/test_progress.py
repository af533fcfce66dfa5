"""The live table, on trials made by hand."""

from __future__ import annotations

import io
import math
import re
import sys
import time

import pytest
from rich.console import Console

from hypersearch.search.display.progress import Progress, SearchView, clock, live_table
from hypersearch.search.storage.trial import Step, Trial

PARAMS = {
    "depth": 3,
    "rate": 0.00123456,
    "note": "a long word that nobody can read in such a narrow column as this",
}


def trial(number, name="", resource=0, objective=0.0, seconds=0.0, **changes):
    steps = [Step(resource, seconds, objective, {"accuracy": objective})] if resource else []
    return Trial("cnn", number, name, dict(PARAMS), 1, 15, steps=steps, **changes)


@pytest.fixture
def view():
    found = SearchView("cnn", "accuracy", "max", "epochs", [1, 3, 9], 11)
    best = trial(3, state="COMPLETE", objective=0.9, resource=15)
    found.start(best)
    found.end(best)
    found.start(trial(0, "R5", resource=3, objective=0.8123, seconds=33.2))
    found.start(trial(4))
    return found


def drawn(view, width):
    console = Console(width=width, file=io.StringIO())
    console.print(live_table(view, width))
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_the_live_table_at_80_columns(view):
    lines = drawn(view, 80)
    assert lines[0].startswith("cnn  1 done, 0 stopped, 0 failed of 11  ·  0:00, about ")
    assert lines[1].startswith("best: accuracy 0.9 by trial 3  depth=3 rate=0.00123")
    assert lines[2:] == [
        "trial   epochs      rung  accuracy  seconds  parameters",
        "0 (R5)    3/15  baseline    0.8123       33  depth=3 rate=0.00123 note=a long w…",
        "4         0/15       0/3         –        0  depth=3 rate=0.00123 note=a long w…",
    ]


def test_the_live_table_in_a_narrow_terminal(view):
    assert drawn(view, 50)[2:] == [
        "trial   epochs      rung  accuracy  seconds",
        "0 (R5)    3/15  baseline    0.8123       33",
        "4         0/15       0/3         –        0",
    ]


def test_the_time_to_go_is_that_of_the_budget_where_that_is_less(view):
    view.started = time.monotonic() - 100  # one of 11 took 100 s
    assert view.eta() == pytest.approx(1000, abs=1)
    view.deadline = time.monotonic() + 60
    assert view.eta() == pytest.approx(60, abs=1)
    assert re.search("1:40, about (1:00|0:59) to go$", drawn(view, 80)[0])
    view.deadline = time.monotonic() - 5
    assert view.eta() == 0
    view.deadline, view.ended = math.inf, dict.fromkeys(view.ended, 0)
    assert view.eta() is None


@pytest.mark.parametrize(("mode", "best"), [("max", 2), ("min", 1)])
def test_the_best_is_a_complete_trial(mode, best):
    view = SearchView("cnn", "accuracy", mode, "epochs", [1], 3)
    for number, objective, state in (
        (1, 0.5, "COMPLETE"),
        (2, 0.7, "COMPLETE"),
        (3, 0.1, "PRUNED"),
        (4, 0.9, "PRUNED"),
    ):
        view.end(trial(number, state=state, objective=objective, resource=1))
    assert view.best.number == best
    assert view.ended == {"COMPLETE": 2, "PRUNED": 2, "FAIL": 0}


def test_plain_lines_without_a_terminal(view):
    console = Console(file=io.StringIO(), width=20)
    with Progress(console) as progress:
        progress.show(view)
        progress.ended(
            trial(4, state="FAIL", resource=2, seconds=1.25, failure="Traceback\nValueError: [no]")
        )
        progress.ended(trial(5, state="PRUNED", cut=True, resource=2, seconds=1.25, objective=0.5))
    assert console.file.getvalue().splitlines() == [
        "cnn: 11 trials, objective accuracy (max), in epochs",
        "cnn 2/11  4 failed  accuracy –  2 epochs, 1.2 s  best 0.9  ValueError: [no]",
        "cnn 3/11  5 waits to be resumed  accuracy 0.5  2 epochs, 1.2 s  best 0.9",
    ]


def test_further_objectives_are_named(view):
    view.others = ", parameters (min)"
    console = Console(file=io.StringIO(), width=90)
    Progress(console).show(view)
    assert (
        console.file.getvalue()
        == "cnn: 11 trials, objectives accuracy (max), parameters (min), in epochs\n"
    )


def test_the_live_display_leaves_standard_output_alone():
    before = sys.stdout, sys.stderr
    with Progress(Console(file=io.StringIO(), force_terminal=True)):
        assert (sys.stdout, sys.stderr) == before


def test_clock():
    assert [clock(seconds) for seconds in (0, 61.9, 3725)] == ["0:00", "1:01", "1:02:05"]
