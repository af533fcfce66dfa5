"""The record on disk."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from hypersearch.models.errors import UserError
from hypersearch.search.storage.files import GrowingCsv
from hypersearch.search.storage.journal import replay_journal
from hypersearch.search.storage.record import Record
from hypersearch.search.storage.trial import Step, Trial, first_not_finite, trial_seed


@pytest.fixture(autouse=True)
def _closed(monkeypatch):
    """Close every record that a test opened."""
    opened, init = [], Record.__init__
    monkeypatch.setattr(
        Record, "__init__", lambda self, folder: (init(self, folder), opened.append(self))[0]
    )
    yield
    for record in opened:
        record.close()


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def trial(number=0, steps=0, metric="loss", **changes):
    done = [Step(k, k / 2, 1 / k, {metric: 1 / k, "train.loss": 0.1}) for k in range(1, steps + 1)]
    return Trial("cnn", number, "", {"depth": 3, "max_depth": None}, 1, 9, steps=done, **changes)


def whole(record, ours):
    """Write a trial's life into the record."""
    record.start(ours)
    for step in ours.steps:
        record.step(ours, step)
    if ours.state != "RUNNING":
        record.end(ours)
    return ours


def test_the_command_to_resume_names_its_folder_where_it_must(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Record.create(Path("runs"), "study").resume_command == "hypersearch resume study"
    assert (
        Record.create(Path("my runs"), "study").resume_command
        == "hypersearch resume study --out 'my runs'"
    )


def test_columns_of_the_contract(tmp_path):
    record = Record.create(tmp_path, "study")
    record.end(trial(steps=2, metric="accuracy", state="COMPLETE"))
    (row,) = rows(tmp_path / "study" / "trials.csv")
    assert row == {
        "study": "study",
        "family": "cnn",
        "trial": "0",
        "name": "",
        "state": "COMPLETE",
        "objective": "0.5",
        "resource": "2",
        "seconds": "1.0",
        "param.depth": "3",
        "param.max_depth": "None",
        "val.accuracy": "0.5",
    }


def test_history_has_a_row_a_step(tmp_path):
    record = Record.create(tmp_path, "study")
    whole(record, trial(steps=2))
    assert [
        (row["step"], row["val.loss"], row["train.loss"])
        for row in rows(tmp_path / "study" / "history.csv")
    ] == [
        ("1", "1.0", "0.1"),
        ("2", "0.5", "0.1"),
    ]


def test_a_failure_keeps_its_traceback(tmp_path):
    record = Record.create(tmp_path, "study")
    record.end(trial(3, state="FAIL", failure="Traceback …\nValueError: no"))
    assert rows(tmp_path / "study" / "trials.csv")[0]["state"] == "FAIL"
    assert (tmp_path / "study/logs/cnn-3.traceback.txt").read_text().endswith("ValueError: no")


def test_a_new_column_keeps_the_rows_before_it(tmp_path):
    table = GrowingCsv(tmp_path / "t.csv", ("a",))
    table.append({"a": 1})
    table.append({"a": 2, "b": "x,y\n"})
    table.append({"a": 3})
    assert rows(tmp_path / "t.csv") == [
        {"a": "1", "b": ""},
        {"a": "2", "b": "x,y\n"},
        {"a": "3", "b": ""},
    ]
    assert not list(tmp_path.glob("*.partial*"))


def test_a_study_is_not_begun_twice(tmp_path):
    Record.create(tmp_path, "study")
    with pytest.raises(
        UserError,
        match=(
            "^study 'study' exists already in .*; choose another --name, or hypersearch resume it$"
        ),
    ):
        Record.create(tmp_path, "study")


def test_an_unwritable_folder_is_the_users_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="^cannot write to --out .*file: Not a directory$"):
        Record.create(tmp_path / "file", "study")


def test_discard_spares_what_has_run(tmp_path):
    record = Record.create(tmp_path, "study")
    whole(record, trial(state="PRUNED"))
    record.discard()
    assert (tmp_path / "study" / "trials.csv").exists()
    empty = Record.create(tmp_path, "empty")
    empty.discard()
    assert not (tmp_path / "empty").exists()


def test_study_json_is_put_in_place_whole(tmp_path):
    record = Record.create(tmp_path, "study")
    record.write_study({"seed": 1})
    assert json.loads((tmp_path / "study" / "study.json").read_text()) == {"seed": 1}


def test_seeds_depend_on_study_trial_and_replicate():
    seeds = {trial_seed(s, n, r) for s in range(3) for n in range(20) for r in range(3)}
    assert len(seeds) == 180
    assert trial_seed(0, 1) == trial_seed(0, 1)


def test_first_not_finite():
    assert first_not_finite({"a": 1.0, "b": float("nan")}) == "b"
    assert first_not_finite({"a": float("inf")}) == "a"
    assert first_not_finite({"a": 0.0}) is None


def lived(tmp_path):
    """A record with a complete, a stopped and a running trial, and what it held, left as a kill
    would leave it.
    """
    record = Record.create(tmp_path, "study")
    whole(record, trial(0, steps=9, state="COMPLETE"))
    whole(record, trial(1, steps=3, state="PRUNED"))
    whole(record, trial(2, steps=4))
    record.close()
    return tmp_path / "study"


def test_a_record_is_taken_up_as_it_was(tmp_path):
    folder = lived(tmp_path)
    before = [(folder / name).read_text() for name in ("trials.csv", "history.csv")]
    record = Record.reopen(folder)
    assert [(t.number, t.state, t.resource, t.finished) for t in record.search("cnn")] == [
        (0, "COMPLETE", 9, True),
        (1, "PRUNED", 3, True),
        (2, "RUNNING", 4, False),
    ]
    assert record.trials["cnn", 0].params == {"depth": 3, "max_depth": None}
    assert [(folder / name).read_text() for name in ("trials.csv", "history.csv")] == before


@pytest.mark.parametrize("file", ["trials.csv", "history.csv", "journal.jsonl"])
@pytest.mark.parametrize("lost", [1, 7, 60])
def test_a_torn_file_costs_nothing_that_had_finished(tmp_path, file, lost):
    folder = lived(tmp_path)
    whole_text = (folder / "trials.csv").read_text()
    with (folder / file).open("r+b") as torn:
        torn.truncate(torn.seek(0, 2) - lost)
    record = Record.reopen(folder)
    assert (folder / "trials.csv").read_text() == whole_text
    whole(record, trial(3, steps=1, state="PRUNED"))
    record.close()
    assert [t.number for t in Record.reopen(folder).search("cnn")] == [0, 1, 2, 3]


def test_garbage_within_the_journal_is_passed_over(tmp_path):
    folder = lived(tmp_path)
    lines = (folder / "journal.jsonl").read_bytes().split(b"\n")
    lines[2:2] = [b"\x00\x00\xff", b"[1]", b'{"event": "end", "family": "cnn", "trial": 77}']
    (folder / "journal.jsonl").write_bytes(b"\n".join(lines))
    assert len(replay_journal(folder / "journal.jsonl")) == 3


def test_the_last_step_of_a_complete_trial_ends_it(tmp_path):
    record = Record.create(tmp_path, "study")
    ours = trial(0, steps=9)
    record.start(ours)
    record.step(ours, complete=True)
    record.close()
    assert Record.reopen(tmp_path / "study").trials["cnn", 0].state == "COMPLETE"


def test_rewinding_forgets_the_steps_beyond_the_checkpoint(tmp_path):
    folder = lived(tmp_path)
    record = Record.reopen(folder)
    record.rewind(record.trials["cnn", 2], 3)
    assert [row["step"] for row in rows(folder / "history.csv") if row["trial"] == "2"] == [
        "1",
        "2",
        "3",
    ]
    record.close()
    assert Record.reopen(folder).trials["cnn", 2].resource == 3


def test_a_trial_that_was_cut_off_is_open_again_after_rewinding(tmp_path):
    record = Record.create(tmp_path, "study")
    ours = whole(record, trial(0, steps=3, state="PRUNED", cut=True))
    assert not ours.finished
    record.rewind(ours, 3)
    assert rows(tmp_path / "study" / "trials.csv") == []
    assert (ours.state, ours.cut) == ("RUNNING", False)


def test_confirmed_figures_outlive_a_resume(tmp_path):
    folder = lived(tmp_path)
    columns = "study,family,trial,name,state,objective,resource,seconds,test.loss\n"
    (folder / "trials.csv").write_text(columns + "study,cnn,0,,COMPLETE,0.1,9,1,0.25\n")
    Record.reopen(folder)
    assert [row["test.loss"] for row in rows(folder / "trials.csv")] == ["0.25", ""]


def test_a_record_has_one_driver_at_a_time(tmp_path):
    folder = lived(tmp_path)
    first = Record.reopen(folder)
    with pytest.raises(UserError, match="^study 'study' is being run by another process$"):
        Record.reopen(folder)
    first.close()
    Record.reopen(folder).close()


def test_a_folder_without_journal_cannot_be_resumed(tmp_path):
    (tmp_path / "study").mkdir()
    with pytest.raises(
        UserError, match="^study 'study' has no journal.jsonl: it cannot be resumed$"
    ):
        Record.reopen(tmp_path / "study")
