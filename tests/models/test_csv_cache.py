"""CSV files are parsed once."""

import os

import numpy as np
import pytest

from hypersearch.models.data import csv_files


@pytest.fixture(autouse=True, scope="module")
def cache(tmp_path_factory):
    """The user's cache, empty at first."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield csv_files.platformdirs.user_cache_path("hypersearch") / "csv"


def assert_same(got, wanted):
    for array, other in zip(got, wanted, strict=True):
        assert array.dtype == other.dtype
        np.testing.assert_array_equal(array, other)


@pytest.fixture
def old_csv(tmp_path):
    """A folder whose files were last changed long ago."""
    folder = tmp_path / "data"
    folder.mkdir()
    for part in ("train", "test"):
        (folder / f"{part}.csv").write_text("3,7\n4,8\n")
        os.utime(folder / f"{part}.csv", (10**9, 10**9))
    return folder


@pytest.fixture
def parsed(monkeypatch):
    """The names of the files that were parsed, and not taken from the cache."""
    names, parse = [], csv_files._parse
    monkeypatch.setattr(
        csv_files, "_parse", lambda path, *args: names.append(path.name) or parse(path, *args)
    )
    return names


def test_a_file_is_parsed_once(old_csv, parsed):
    first, second = csv_files.read_csv_folder(old_csv), csv_files.read_csv_folder(old_csv)
    assert_same(first, second)
    assert parsed == ["train.csv", "test.csv"]


@pytest.mark.parametrize("when", [10**9, 10**9 + 1])
def test_a_changed_file_is_parsed_again(old_csv, parsed, when):
    csv_files.read_csv_folder(old_csv)
    (old_csv / "train.csv").write_text("3,7\n4,9\n" if when > 10**9 else "3,7\n4,99\n")
    os.utime(old_csv / "train.csv", (when, when))
    assert csv_files.read_csv_folder(old_csv).x_train.max() in (9, 99)
    assert parsed == ["train.csv", "test.csv", "train.csv"]


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 not a zip", None])
def test_a_broken_entry_is_written_anew(old_csv, parsed, cache, damage):
    before = set(cache.glob("*"))
    wanted = csv_files.read_csv_folder(old_csv)
    for entry in set(cache.glob("*")) - before:
        content = bytearray(entry.read_bytes())
        content[len(content) // 2] ^= 255
        entry.write_bytes(content if damage is None else damage)
    for _ in range(2):
        assert_same(csv_files.read_csv_folder(old_csv), wanted)
    assert parsed == ["train.csv", "test.csv"] * 2
    assert not list(cache.glob("*.partial*"))


def test_a_cache_that_cannot_be_written_is_done_without(old_csv, parsed, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    for _ in range(2):
        assert csv_files.read_csv_folder(old_csv).x_train.max() == 8
    assert parsed == ["train.csv", "test.csv"] * 2


def test_a_file_of_this_moment_is_not_kept(old_csv, parsed, monkeypatch):
    os.utime(old_csv / "train.csv")
    monkeypatch.setattr(csv_files, "_FRESH_NS", 10**12)
    for _ in range(2):
        csv_files.read_csv_folder(old_csv)
    assert parsed == ["train.csv", "test.csv", "train.csv"]
