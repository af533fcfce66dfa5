"""Atomic writes: the whole file or the one from before, and nothing beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hypersearch.models.files import write_beside


def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("old")
    with write_beside(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
        assert temporary.parent == path.parent
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def fail_half_way(path: Path) -> None:
    with write_beside(path) as temporary:
        temporary.write_text("half")
        raise OSError("disk full")


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("old")
    with pytest.raises(OSError, match="disk full"):
        fail_half_way(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_suffix_is_kept(tmp_path: Path) -> None:
    with write_beside(tmp_path / "arrays.npz") as temporary:
        np.savez(temporary, x=np.arange(3))  # adds .npz where it is missing
    assert [path.name for path in tmp_path.iterdir()] == ["arrays.npz"]


def test_permissions_are_those_of_any_new_file(tmp_path: Path) -> None:
    plain = tmp_path / "plain.txt"
    plain.write_text("")
    with write_beside(tmp_path / "atomic.txt") as temporary:
        temporary.write_text("")
    assert (tmp_path / "atomic.txt").stat().st_mode == plain.stat().st_mode


def test_a_device_is_not_replaced() -> None:
    device = Path("/dev/null")
    with write_beside(device) as temporary:
        assert temporary == device
    assert device.is_char_device()


def test_a_link_is_followed(tmp_path: Path) -> None:
    target, link = tmp_path / "target.txt", tmp_path / "link.txt"
    target.write_text("old")
    link.symlink_to(target)
    with write_beside(link) as temporary:
        temporary.write_text("new")
    assert link.is_symlink()
    assert target.read_text() == "new"
