"""When trials ran, from journals written by hand."""

from __future__ import annotations

from hypersearch.analysis.study.worker_times import Clock, Stretch, clock, lives
from tests.analysis.figures.made import journal


def test_a_life(tmp_path):
    events = [
        ("start", 100.0, 0, {"name": "R5", "max_resource": 9}),
        ("step", 102.0, 0, {"resource": 1, "seconds": 1.5}),
        ("step", 103.0, 0, {"resource": 2, "seconds": 2.5, "complete": True}),
        ("end", 103.5, 0, {"state": "COMPLETE"}),
    ]
    (life,) = lives(journal(tmp_path, events), "cnn")
    assert (life.trial, life.name, life.max_resource, life.state, life.cut) == (
        0,
        "R5",
        9,
        "COMPLETE",
        False,
    )
    assert (life.resource, life.seconds, life.occupied, life.ended) == (2, 2.5, 3.5, 103.5)


def test_a_trial_that_is_taken_up_again_has_two_stretches(tmp_path):
    events = [
        ("start", 100.0, 0, {}),
        ("step", 102.0, 0, {"resource": 1, "seconds": 2.0}),
        ("step", 104.0, 0, {"resource": 2, "seconds": 4.0}),
        ("end", 105.0, 0, {"state": "PRUNED", "cut": True}),
        ("rewind", 1000.0, 0, {"resource": 1}),
        ("step", 1010.0, 0, {"resource": 2, "seconds": 5.0}),  # 3 s for this one: it began at 1007
        ("end", 1011.0, 0, {"state": "PRUNED"}),
    ]
    (life,) = lives(journal(tmp_path, events), "cnn")
    assert life.stretches == [Stretch(100.0, 105.0), Stretch(1007.0, 1011.0)]
    assert (life.resource, life.seconds, life.occupied, life.cut) == (2, 5.0, 9.0, False)


def test_a_lost_worker_ends_a_stretch_at_the_last_news(tmp_path):
    events = [
        ("start", 100.0, 0, {}),
        ("step", 102.0, 0, {"resource": 1, "seconds": 2.0}),
        ("rewind", 110.0, 0, {"resource": 0}),
        ("end", 120.0, 0, {"state": "FAIL"}),  # in its first step, of which nothing is known
    ]
    (life,) = lives(journal(tmp_path, events), "cnn")
    assert life.stretches == [Stretch(100.0, 102.0), Stretch(110.0, 120.0)]
    assert (life.state, life.resource, life.seconds) == ("FAIL", 0, 0.0)


def test_what_never_ran_again_has_no_further_stretch(tmp_path):
    events = [
        ("start", 100.0, 0, {}),
        ("end", 101.0, 0, {"state": "PRUNED", "cut": True}),
        ("rewind", 200.0, 0, {"resource": 0}),
        ("end", 230.0, 0, {"state": "PRUNED", "cut": True}),
    ]
    (life,) = lives(journal(tmp_path, events), "cnn")
    assert life.stretches == [Stretch(100.0, 101.0)]


def test_a_crash_leaves_trials_running_or_decided(tmp_path):
    events = [
        ("start", 100.0, 0, {}),
        ("step", 102.0, 0, {"resource": 1, "seconds": 2.0}),
        ("start", 101.0, 1, {}),
        ("step", 103.0, 1, {"resource": 1, "seconds": 2.0, "stopped": True}),
        ("start", 102.0, 2, {}),
    ]
    running, stopped, begun = lives(journal(tmp_path, events), "cnn")
    assert (running.state, running.ended, running.occupied) == ("RUNNING", None, 2.0)
    assert (stopped.state, stopped.ended) == ("PRUNED", 103.0)
    assert (begun.state, begun.occupied) == ("RUNNING", 0.0)


def test_torn_lines_other_families_and_no_journal(tmp_path):
    assert lives(tmp_path, "cnn") == []
    journal(tmp_path, [("start", 1.0, 0, {}), ("end", 2.0, 0, {"state": "FAIL"})])
    with (tmp_path / "journal.jsonl").open("a") as file:
        file.write(
            '{"event": "end", "at": 9.0, "fam\n[1]\n{"event": "step", "family": "cnn", "trial": 0,'
            ' "at": 3}\n'
        )
        file.write(
            '{"event": "end", "family": "cnn", "trial": 7, "at": 3, "state": "FAIL", "cut":'
            " false}\n"
        )
    assert [life.stretches for life in lives(tmp_path, "cnn")] == [[Stretch(1.0, 2.0)]]
    assert lives(tmp_path, "vae") == []


def test_the_clock_leaves_pauses_out(tmp_path):
    events = [
        ("start", 1000.0, 0, {}),
        ("end", 1100.0, 0, {"state": "FAIL"}),
        ("start", 1050.0, 1, {}),
        ("end", 1200.0, 1, {"state": "FAIL"}),
        ("start", 1230.0, 2, {}),  # 30 s in which nothing ran are no pause
        ("end", 1240.0, 2, {"state": "FAIL"}),
        ("start", 9240.0, 3, {}),
        ("end", 9300.0, 3, {"state": "FAIL"}),
    ]
    found = clock(lives(journal(tmp_path, events), "cnn"))
    assert found == Clock(1000.0, ((1240.0, 8000.0),))
    assert [found.elapsed(at) for at in (1000.0, 1240.0, 5000.0, 9240.0, 9300.0)] == [
        0.0,
        240.0,
        240.0,
        240.0,
        300.0,
    ]


def test_no_clock_where_nothing_ran(tmp_path):
    assert clock([]) is None
    assert (
        clock(lives(journal(tmp_path, [("start", 5.0, 0, {})]), "cnn")) is not None
    )  # it began, at least
