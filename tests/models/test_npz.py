"""Data sets in an .npz file."""

import io
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hypersearch.models.data import npz, sources
from hypersearch.models.errors import UserError
from tests.models.shipping import assert_same, check_one_line, refusal, shipped


def packed(save=np.savez, **arrays):
    buffer = io.BytesIO()
    save(buffer, **arrays)
    return buffer.getvalue()


def read_npz_bytes(data):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.npz"
        path.write_bytes(data)
        return npz.read_npz(path)


@settings(deadline=None)
@given(
    shipped(),
    st.sampled_from([np.savez, np.savez_compressed]),
    st.sampled_from([np.uint8, np.int16, np.uint64, np.float32, np.float64]),
    st.booleans(),
)
def test_npz_round_trip(data, save, dtype, channel):
    arrays = data._asdict()
    for name in ("x_train", "x_test"):
        arrays[name] = (
            arrays[name].astype(dtype)[..., None] if channel else arrays[name].astype(dtype)
        )
    assert_same(read_npz_bytes(packed(save, **arrays)), data)


@settings(max_examples=150, deadline=None)
@given(shipped(), st.sampled_from([np.savez, np.savez_compressed]), st.data())
def test_a_damaged_npz_is_refused_or_read_right(data, save, draw):
    content = bytearray(packed(save, **data._asdict()))
    place = draw.draw(st.integers(0, len(content) - 1))
    if draw.draw(st.booleans()):
        del content[place:]
    else:
        content[place] ^= draw.draw(st.integers(1, 255))
    try:
        got = read_npz_bytes(bytes(content))
    except UserError as error:
        check_one_line(error)
    else:
        assert_same(got, data)


GOOD = {
    "x_train": np.zeros((4, 2, 3), np.uint8),
    "y_train": np.arange(4),
    "x_test": np.zeros((2, 2, 3), np.uint8),
    "y_test": np.arange(2),
}


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"y_test": None}, "HERE: no array y_test in it, needed: x_train, y_train, x_test, y_test"),
        (
            {"x_test": np.full((2, 2, 3), 256)},
            "HERE: x_test: pixels must be whole numbers in 0..255, got 256",
        ),
        (
            {"x_test": np.full((2, 2, 3), -1)},
            "HERE: x_test: pixels must be whole numbers in 0..255, got -1",
        ),
        (
            {"x_test": np.full((2, 2, 3), 0.5)},
            "HERE: x_test: pixels must be whole numbers in 0..255, got 0.5",
        ),
        (
            {"x_test": np.full((2, 2, 3), np.nan)},
            "HERE: x_test: pixels must be whole numbers in 0..255, got nan",
        ),
        (
            {"x_test": np.full((2, 2, 3), "7")},
            "HERE: x_test: pixels must be whole numbers in 0..255, got values of type str32",
        ),
        (
            {"y_train": np.arange(4) - 1},
            "HERE: y_train: labels must be whole numbers in 0..2147483647, got -1",
        ),
        (
            {"y_train": np.arange(4) + np.float16(0.5)},
            "HERE: y_train: labels must be whole numbers in 0..2147483647, got 0.5",
        ),
        (
            {"y_train": np.arange(3)},
            "HERE: y_train must have the shape (4,), a label for each image, got (3,)",
        ),
        (
            {"y_train": np.eye(4)},
            "HERE: y_train must have the shape (4,), a label for each image, got (4, 4)",
        ),
        (
            {"x_train": np.zeros((4, 6))},
            "HERE: x_train must have the shape (n, h, w) or (n, h, w, 1), not empty, got (4, 6)",
        ),
        (
            {"x_train": np.zeros((0, 2, 3))},
            "HERE: x_train must have the shape (n, h, w) or (n, h, w, 1), not empty, got (0, 2, 3)",
        ),
        (
            {"y_train": np.array([None] * 4)},
            (
                "HERE: cannot be read as arrays of plain numbers (Object arrays cannot be loaded"
                " when allow_pickle=False)"
            ),
        ),
    ],
)
def test_npz_errors(tmp_path, change, text):
    path = tmp_path / "data.npz"
    np.savez(path, **{name: array for name, array in (GOOD | change).items() if array is not None})
    assert refusal(npz.read_npz, path) == text


def test_a_file_that_is_no_npz(tmp_path):
    path = tmp_path / "data.npz"
    path.write_bytes(b"\x93NUMPY")
    assert (
        refusal(sources.read_path, path)
        == "HERE: not an .npz file; allowed: an .npz file, or a folder of IDX or CSV files"
    )


def test_an_npz_that_unpacks_to_too_much(tmp_path, monkeypatch):
    path = tmp_path / "data.npz"
    np.savez_compressed(path, **GOOD)
    monkeypatch.setattr(npz, "MAX_BYTES", 100)
    assert refusal(npz.read_npz, path) == "HERE: an array in it has more than the 100 bytes allowed"
