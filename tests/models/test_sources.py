"""The registry of data sources: one row is all that a new source needs."""

from pathlib import Path

import numpy as np
import pytest

from hypersearch.models.data import sources
from hypersearch.models.data.datasets import load_dataset
from hypersearch.models.data.idx import Shipped
from hypersearch.models.data.sources import FOLDER, SOURCES, PathSource
from hypersearch.models.errors import UserError
from hypersearch.search.cli.listing import listing
from tests.models.written import numbered, save_npz


def read_npy_folder(folder):
    return Shipped(*(np.load(folder / f"{name}.npy") for name in ("x0", "y0", "x1", "y1")))


NPY = PathSource(
    name="NPY",
    layout=FOLDER,
    holds="x0.npy, y0.npy, x1.npy, y1.npy",
    help="One array a file.",
    matches=lambda path: (path / "x0.npy").is_file(),
    read=read_npy_folder,
)


@pytest.fixture
def npy_is_registered(monkeypatch):
    monkeypatch.setitem(sources.PATH_SOURCES, "NPY", NPY)


def test_a_row_is_read(npy_is_registered, tmp_path):
    arrays = [*numbered([8, 9]), *numbered([2, 2])]
    for name, array in zip(("x0", "y0", "x1", "y1"), arrays, strict=True):
        np.save(tmp_path / f"{name}.npy", array)
    data = load_dataset(tmp_path)
    assert (len(data.x_train), len(data.x_val), len(data.x_test)) == (13, 4, 4)
    assert data.name == tmp_path.name


def test_a_row_is_in_the_errors(npy_is_registered, tmp_path):
    with pytest.raises(UserError, match="a folder of IDX or CSV or NPY files or of an"):
        load_dataset("unknown")
    with pytest.raises(UserError, match="none of these; .*, or x0.npy, y0.npy, x1.npy, y1.npy$"):
        load_dataset(tmp_path)


def test_a_row_is_listed(npy_is_registered):
    lines = listing("datasets", None, Path()).splitlines()
    assert lines[-1] == (
        "the path of a folder of NPY files: x0.npy, y0.npy, x1.npy, y1.npy. One array a file."
    )


def test_a_line_for_each_source():
    lines = listing("datasets", None, Path()).splitlines()
    assert len(lines) == len(SOURCES)


def test_a_name_goes_before_a_path(tmp_path, monkeypatch):
    save_npz(tmp_path, [9, 9]).rename(tmp_path / "digits")
    monkeypatch.chdir(tmp_path)
    assert load_dataset("digits").n_classes == 10
    assert load_dataset("./digits").n_classes == 2


def test_an_unreadable_path_is_refused_by_a_reader(tmp_path):
    (tmp_path / "data.npz").mkdir()
    with pytest.raises(UserError, match="no data set, got none of these"):
        load_dataset(tmp_path / "data.npz")
