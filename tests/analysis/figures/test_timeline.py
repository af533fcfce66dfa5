"""Workers' time, by hand."""

from __future__ import annotations

import pytest

from hypersearch.analysis.figures.search.timeline import TIMELINE
from tests.analysis.figures.made import check, journal, study

EVENTS = [
    ("start", 1000.0, 0, {"max_resource": 9}),
    ("start", 1001.0, 1, {"max_resource": 9}),
    ("step", 1005.0, 1, {"resource": 1, "seconds": 3.0, "stopped": True}),
    ("end", 1005.0, 1, {"state": "PRUNED"}),  # spared: (9 - 1) · 3 s
    ("start", 1005.0, 2, {"max_resource": 9}),
    ("step", 1006.0, 2, {"resource": 3, "seconds": 6.0}),
    (
        "end",
        1010.0,
        2,
        {"state": "PRUNED", "cut": True},
    ),  # ended with the search: nothing was spared
    ("end", 1020.0, 0, {"state": "COMPLETE"}),
    ("start", 1012.0, 3, {"max_resource": 9}),
    ("end", 1013.0, 3, {"state": "FAIL"}),
]
ROWS = [{"state": "COMPLETE"}, {"state": "PRUNED"}, {"state": "PRUNED"}, {"state": "FAIL"}]


def test_bars_rows_and_sums(tmp_path):
    record = TIMELINE.compute(study(ROWS, folder=journal(tmp_path, EVENTS)), "cnn")
    bars = zip(
        record.trial_n.tolist(),
        record.row_n.tolist(),
        record.began_n,
        record.ended_n,
        record.state_n,
        strict=True,
    )
    assert list(bars) == [
        (0, 0, 0.0, 20.0, "COMPLETE"),
        (1, 1, 1.0, 5.0, "PRUNED"),
        (2, 1, 5.0, 10.0, "PRUNED"),
        (3, 1, 12.0, 13.0, "FAIL"),
    ]
    assert record.spent == {"COMPLETE": 20.0, "PRUNED": 9.0, "FAIL": 1.0}
    assert (record.saved, record.rows, record.length, record.pauses) == (24.0, 2, 20.0, ())
    check(TIMELINE.draw(record))
    assert (
        TIMELINE.describe(record)
        == "cnn: 4 trials in 20 s, up to 2 at once. Worker time by how they ended: 20 s on"
        " complete, 9 s on stopped, 1 s on failed trials. Early stopping spared about 24 s."
    )


@pytest.mark.parametrize(("trees", "saved"), [(4, 9.0), (20, 24.0), (1, 0.0)])
def test_a_parameter_may_say_where_a_trial_would_have_ended(tmp_path, trees, saved):
    rows = [{**row, "param.n_estimators": trees} for row in ROWS]
    record = TIMELINE.compute(
        study(rows, folder=journal(tmp_path, EVENTS), resource_parameter="n_estimators"), "cnn"
    )
    assert record.saved == saved


def test_pauses_are_left_out(tmp_path):
    events = [*EVENTS, ("start", 5020.0, 4, {}), ("end", 5030.0, 4, {"state": "COMPLETE"})]
    record = TIMELINE.compute(study([*ROWS, {}], folder=journal(tmp_path, events)), "cnn")
    assert record.pauses == ((20.0, 4000.0),)
    assert (record.length, record.ended_n[-1], record.row_n[-1]) == (30.0, 30.0, 0)
    figure = TIMELINE.draw(record)
    check(figure)
    assert "pauses left out" in figure.axes[0].get_xlabel()
    assert "with 1 pause left out" in TIMELINE.describe(record)


def test_running_trials_and_no_early_stopping(tmp_path):
    events = [("start", 0.0, 0, {}), ("step", 7200.0, 0, {"resource": 1, "seconds": 7200.0})]
    record = TIMELINE.compute(study([], folder=journal(tmp_path, events)), "cnn")
    assert (record.spent, record.saved) == ({"RUNNING": 7200.0}, 0.0)
    figure = TIMELINE.draw(record)
    check(figure)
    assert figure.axes[0].get_xlabel() == "hours since the search began"
    assert "spared" not in TIMELINE.describe(record)


def test_without_a_journal_there_is_no_timeline(tmp_path):
    assert TIMELINE.compute(study(ROWS, folder=tmp_path), "cnn") is None
