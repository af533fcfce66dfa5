"""The record on disk."""

from __future__ import annotations

import csv
import json

import pytest

from models.errors import UserError
from search.trials import GrowingCsv, Record, Trial, first_not_finite, trial_seed


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def trial(number=0, **changes):
    return Trial("cnn", number, "", {"depth": 3, "max_depth": None}, 1, 9, **changes)


def test_columns_of_the_contract(tmp_path):
    record = Record.create(tmp_path, "study")
    record.end(trial(state="COMPLETE", objective=0.5, resource=9, seconds=1.5, metrics={"accuracy": 0.5, "train.x": 1}))
    (row,) = rows(tmp_path / "study" / "trials.csv")
    assert row == {
        "study": "study",
        "family": "cnn",
        "trial": "0",
        "name": "",
        "state": "COMPLETE",
        "objective": "0.5",
        "resource": "9",
        "seconds": "1.5",
        "param.depth": "3",
        "param.max_depth": "None",
        "val.accuracy": "0.5",
    }


def test_history_has_a_row_a_step(tmp_path):
    record = Record.create(tmp_path, "study")
    ours = trial()
    for step in (1, 2):
        ours.resource, ours.metrics = step, {"loss": 1 / step, "train.loss": 0.1}
        record.step(ours)
    assert [(row["step"], row["val.loss"], row["train.loss"]) for row in rows(tmp_path / "study" / "history.csv")] == [
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
    assert rows(tmp_path / "t.csv") == [{"a": "1", "b": ""}, {"a": "2", "b": "x,y\n"}, {"a": "3", "b": ""}]
    assert not list(tmp_path.glob("*.partial"))


def test_a_study_is_not_begun_twice(tmp_path):
    Record.create(tmp_path, "study")
    with pytest.raises(UserError, match="^study 'study' exists already in .*; choose another --name$"):
        Record.create(tmp_path, "study")


def test_an_unwritable_folder_is_the_users_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="^cannot write to --out .*file: Not a directory$"):
        Record.create(tmp_path / "file", "study")


def test_discard_spares_what_has_run(tmp_path):
    record = Record.create(tmp_path, "study")
    record.end(trial(state="PRUNED"))
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
