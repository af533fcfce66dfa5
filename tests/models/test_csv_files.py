"""Data sets in CSV files."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hypersearch.models.data import csv_files, sources
from hypersearch.models.errors import UserError
from tests.models.shipping import assert_same, check_one_line, refusal, shipped


@pytest.fixture(autouse=True, scope="module")
def cache(tmp_path_factory):
    """The user's cache, empty at first."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield csv_files.platformdirs.user_cache_path("hypersearch") / "csv"


def csv_text(rows, names=None):
    lines = [",".join(map(str, row)) for row in rows]
    return "\n".join([",".join(names), *lines] if names else lines) + "\n"


def write_csv(folder, data, together, header):
    """The files of a data set. Without a header only square images are read back in their shape."""
    _, h, w = data.x_train.shape
    names = [f"{i + 1}x{j + 1}" for i in range(h) for j in range(w)]
    for part, x, y in (("train", data.x_train, data.y_train), ("test", data.x_test, data.y_test)):
        x, y = x.reshape(len(x), -1), y[:, None]
        if together:
            text = csv_text(np.hstack([y, x]), ["label", *names] if header else None)
            (folder / f"{part}.csv").write_text(text)
        else:
            (folder / f"x_{part}.csv").write_text(csv_text(x, names if header else None))
            (folder / f"y_{part}.csv").write_text(csv_text(y, ["label"] if header else None))


@settings(max_examples=60, deadline=None)
@given(shipped(), st.booleans(), st.booleans())
def test_csv_round_trip(data, together, header):
    with tempfile.TemporaryDirectory() as name:
        write_csv(Path(name), data, together, header)
        h, w = data.x_train.shape[1:]
        if header or h == w:
            assert_same(csv_files.read_csv_folder(Path(name)), data)
        elif h * w != 4:  # 1 x 4 looks square
            with pytest.raises(UserError, match="make no square image"):
                csv_files.read_csv_folder(Path(name))


@settings(max_examples=100, deadline=None)
@given(shipped(), st.booleans(), st.booleans(), st.data())
def test_a_damaged_csv_is_refused_or_holds_what_is_allowed(data, together, header, draw):
    with tempfile.TemporaryDirectory() as name:
        write_csv(Path(name), data, together, header)
        path = draw.draw(st.sampled_from(sorted(Path(name).iterdir())))
        content = bytearray(path.read_bytes())
        place = draw.draw(st.integers(0, len(content)))
        until = place + draw.draw(st.integers(0, 3))
        content[place:until] = draw.draw(
            st.one_of(
                st.binary(max_size=3), st.text(alphabet='0,\n\r.-eNa"x', max_size=3).map(str.encode)
            )
        )
        path.write_bytes(content)
        try:
            got = csv_files.read_csv_folder(Path(name))
        except UserError as error:
            check_one_line(error)
        else:
            assert [array.dtype for array in got] == [np.uint8, np.int64] * 2
            assert len(got.x_train) == len(got.y_train) > 0
            assert min(got.y_train.min(), got.y_test.min()) >= 0


CSV_ERRORS = [
    ("", "HERE/train.csv: empty, it must hold at least one row of numbers"),
    ("\n\n", "HERE/train.csv: empty, it must hold at least one row of numbers"),
    ("label,a,b,c,d\n", "HERE/train.csv: empty, it must hold at least one row of numbers"),
    ("3\n4\n", "HERE/train.csv: a row must hold a label and its pixels, got 1 columns"),
    (
        "3,0,0,0,0\n4,0\n",
        "HERE/train.csv: not a table of numbers (CSV parse error: Expected 5 columns, got 2: 4,0)",
    ),
    (
        "label,a,b\n3,0,0,0,0\n",
        "HERE/train.csv: the header line has 3 names and the rows have 5 columns",
    ),
    (
        "3,0,0,0,0\n4,0,,0,0\n",
        "HERE/train.csv, column 3: 1 empty cells or NaN, all must be numbers",
    ),
    (
        "3,0,0,0,0\n4,0,nan,0,0\n",
        "HERE/train.csv, column 3: 1 empty cells or NaN, all must be numbers",
    ),
    ("3,0,0,0,0\n4,0,cat,0,0\n", "HERE/train.csv, column 3: all must be numbers, got 'cat'"),
    ("3,0,dog,0,0\n4,0,0,0,0\n", "HERE/train.csv, column 3: all must be numbers, got 'dog'"),
    (
        "3,0,0,0,0\n4,0,2020-01-02,0,0\n",
        "HERE/train.csv, column 3: all must be numbers, got '2020-01-02'",
    ),
    (
        "3,0,0.25,0,0\n",
        "HERE/train.csv, column 3: pixels must be whole numbers in 0..255, got 0.25",
    ),
    ("3,0,0,0,256\n", "HERE/train.csv, column 5: pixels must be whole numbers in 0..255, got 256"),
    ("3,0,0,0,-1\n", "HERE/train.csv, column 5: pixels must be whole numbers in 0..255, got -1"),
    ("3,0,0,0,inf\n", "HERE/train.csv, column 5: pixels must be whole numbers in 0..255, got inf"),
    (
        "-3,0,0,0,0\n",
        "HERE/train.csv, column 1: labels must be whole numbers in 0..2147483647, got -3",
    ),
    (
        "1.5,0,0,0,0\n",
        "HERE/train.csv, column 1: labels must be whole numbers in 0..2147483647, got 1.5",
    ),
    (
        "3,0,0,0\n",
        (
            "HERE: 3 pixels a row make no square image; name the last column like 28x28 (rows x"
            " columns) in a header line, or use an .npz or IDX files"
        ),
    ),
]


@pytest.mark.parametrize(("text", "message"), CSV_ERRORS)
def test_csv_errors(tmp_path, text, message):
    (tmp_path / "train.csv").write_text(text)
    (tmp_path / "test.csv").write_text("3,0,0,0,0\n")
    assert refusal(csv_files.read_csv_folder, tmp_path) == message


def test_csv_labels_apart_from_pixels(tmp_path):
    for part in ("train", "test"):
        (tmp_path / f"x_{part}.csv").write_text("1\n2\n3\n")
        (tmp_path / f"y_{part}.csv").write_text("1\n2\n")
    assert (
        refusal(csv_files.read_csv_folder, tmp_path)
        == "HERE/y_train.csv: got 2 labels for the 3 images of x_train.csv"
    )
    (tmp_path / "y_train.csv").write_text("1,0\n0,1\n0,0\n")
    assert (
        refusal(csv_files.read_csv_folder, tmp_path)
        == "HERE/y_train.csv: a row must hold one label, got 2 columns"
    )


def test_a_folder_without_data(tmp_path):
    stems = (
        "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte,"
        " t10k-labels-idx1-ubyte"
    )
    allowed = (
        f"allowed: {stems} (plain or .gz), or train.csv and test.csv, "
        "or x_train.csv, y_train.csv, x_test.csv, y_test.csv"
    )
    assert (
        refusal(sources.read_path, tmp_path) == f"HERE: no data set, got none of these; {allowed}"
    )
    (tmp_path / "train.csv").touch()
    assert (
        refusal(sources.read_path, tmp_path) == f"HERE: no data set, got only train.csv; {allowed}"
    )


def test_either_header_gives_the_shape_to_both(tmp_path):
    (tmp_path / "train.csv").write_text("3,0,1,2,3,4,5\n")
    (tmp_path / "test.csv").write_text("y,a,b,c,d,e,pixel2x3\n3,0,1,2,3,4,5\n")
    assert csv_files.read_csv_folder(tmp_path).x_train.shape == (1, 2, 3)


def test_headers_of_numbers_are_told_from_rows(tmp_path):
    row = ",".join("7" * 784)
    for part in ("train", "test"):  # as pandas writes columns that have no names
        (tmp_path / f"x_{part}.csv").write_text(",".join(map(str, range(784))) + f"\n{row}\n")
        (tmp_path / f"y_{part}.csv").write_text("label\n0\n")
    assert (csv_files.read_csv_folder(tmp_path).x_train == 7).all()
    for part in ("train", "test"):
        (tmp_path / f"{part}.csv").write_text("label,0,1,2,3\n0,1,2,3,4\n")
    np.testing.assert_array_equal(csv_files.read_csv_folder(tmp_path).x_test, [[[1, 2], [3, 4]]])
    for part in ("train", "test"):
        (tmp_path / f"{part}.csv").write_text("0,1,2,3,4\n")
    np.testing.assert_array_equal(csv_files.read_csv_folder(tmp_path).x_test, [[[1, 2], [3, 4]]])


def test_dialects(tmp_path):
    (tmp_path / "train.csv").write_bytes(b'\xef\xbb\xbf\r\n"label","a"\r\n"5", 1.0\r\n\r\n6,2e2')
    (tmp_path / "test.csv").write_text("5,1")
    got = csv_files.read_csv_folder(tmp_path)
    np.testing.assert_array_equal(got.x_train.ravel(), [1, 200])
    np.testing.assert_array_equal(got.y_train, [5, 6])


def test_whole_floats_after_the_first_block_and_rows_longer_than_one(tmp_path):
    (tmp_path / "train.csv").write_text("3,7\n" * 300_000 + "3,8.0\n")
    (tmp_path / "test.csv").write_text("3,7\n")
    assert csv_files.read_csv_folder(tmp_path).x_train[-1] == 8
    row = "3," + ",".join(["200." + "0" * 400] * 55**2) + "\n"
    (tmp_path / "train.csv").write_text(row)
    (tmp_path / "test.csv").write_text(row)
    assert csv_files.read_csv_folder(tmp_path).x_train.shape == (1, 55, 55)
