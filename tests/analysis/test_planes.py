"""Planes that are kept."""

from __future__ import annotations

import numpy as np
import pytest

from hypersearch.analysis.projections import stored_planes

ROWS = np.arange(60, dtype=np.float32).reshape(20, 3)


@pytest.fixture
def calls(monkeypatch):
    made = []

    def first_two(rows_md):
        made.append(rows_md.shape)
        return rows_md[:, :2]

    monkeypatch.setattr(
        stored_planes,
        "METHODS",
        {"first": first_two, "second": first_two, "none": lambda rows_md: None},
    )
    return made


def check(folder, rows):
    """The planes are those of the rows, made or kept."""
    found = dict(stored_planes.planes(folder, rows))
    assert list(found) == ["first", "second"]
    assert all(np.array_equal(places, rows[:, :2]) for places in found.values())


def test_planes_are_made_once(tmp_path, calls):
    check(tmp_path, ROWS)
    check(tmp_path, ROWS)
    assert calls == [(20, 3)] * 2
    assert len(list(tmp_path.rglob("*.npy"))) == 2
    assert not list(tmp_path.rglob("*.partial*"))


def test_other_rows_are_other_planes(tmp_path, calls):
    others = ROWS, ROWS + 1, ROWS.astype(float), ROWS.reshape(10, 6)
    for rows in others:
        check(tmp_path, rows)
    assert len(calls) == 2 * len(others)


def test_a_broken_file_is_made_anew(tmp_path, calls):
    check(tmp_path, ROWS)
    path = next(tmp_path.rglob("*.npy"))
    path.write_bytes(path.read_bytes()[:40])
    check(tmp_path, ROWS)
    assert len(calls) == 3


def test_a_folder_that_cannot_be_written_costs_nothing_else(tmp_path, calls):
    (tmp_path / "figures").write_text("")
    check(tmp_path, ROWS)
