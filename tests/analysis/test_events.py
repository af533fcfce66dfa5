"""What a journal tells, of studies played by hand."""

from __future__ import annotations

import pytest

import hypersearch
from hypersearch.analysis.study.events import elapsed, read
from tests.analysis.played import EPOCH, play, trial

CRASHED = [
    (0, "start", 0),
    (1, "start", 1),
    (2, "step", 0, 0.5),
    (4, "step", 0, 0.6),
    (5, "step", 1, 0.3),
    (6, "end", 1, "PRUNED"),  # then the driver is killed
    (100, "resume"),
    (103, "rewind", 0, 1),
    (105, "step", 0, 0.6),
    (106, "end", 0, "COMPLETE"),
]


def test_a_resumed_study_has_two_runs(tmp_path):
    events = read(play(tmp_path, "study", CRASHED))
    assert [(event.at - EPOCH, event.happening, event.trial, event.run) for event in events] == [
        *[(0, "start", 0, 0), (1, "start", 1, 0), (2, "step", 0, 0), (4, "step", 0, 0)],
        *[
            (5, "step", 1, 0),
            (6, "end", 1, 0),
            (103, "rewind", 0, 1),
            (105, "step", 0, 1),
            (106, "end", 0, 1),
        ],
    ]
    assert events[3].facts["metrics"] == {"accuracy": 0.6, "loss": 0.4}


def test_the_time_between_runs_is_left_out(tmp_path):
    events = read(play(tmp_path, "study", CRASHED))
    assert elapsed(events) == [0, 1, 2, 4, 5, 6, 6, 8, 9]
    assert elapsed([event for event in events if event.trial == 0]) == [0, 2, 4, 4, 6, 7]
    assert elapsed([]) == []


def test_a_torn_line_is_passed_over(tmp_path):
    study = play(tmp_path, "study", trial(0, 0, "COMPLETE", 0.5))
    path = study.folder / "journal.jsonl"
    path.write_bytes(b"17\n" + path.read_bytes() + b'{"event": "step", "at"')
    assert [event.happening for event in read(study)] == ["start", "step", "end"]


@pytest.mark.parametrize("kept", [True, False])
def test_a_study_without_a_journal_is_told_by_its_tables(tmp_path, kept):
    played = play(
        tmp_path, "study", [*trial(0, 10, "COMPLETE", 0.5, 0.7), *trial(1, 12, "PRUNED", 0.25)]
    )
    (played.folder / "journal.jsonl").unlink()
    if not kept:
        (played.folder / "history.csv").unlink()
    events = read(hypersearch.load(played.folder))
    assert [(event.at, event.happening, event.trial) for event in events] == [
        *[(0, "start", 0), *([(1, "step", 0)] * kept), (2, "step", 0), (2, "end", 0)],
        *[(2, "start", 1), (3, "step", 1), (3, "end", 1)],
    ]
    steps = [
        (event.facts["resource"], event.facts["metrics"])
        for event in events
        if event.happening == "step"
    ]
    assert steps == [
        *([(1, {"accuracy": 0.5, "loss": 0.5})] * kept),
        (2, {"accuracy": 0.7, "loss": 0.3}),
        (1, {"accuracy": 0.25, "loss": 0.75}),
    ]
