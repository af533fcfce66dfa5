import gzip
import re
import struct
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from hypersearch.models.data import idx
from hypersearch.models.errors import UserError

IMAGES = hnp.arrays(np.uint8, hnp.array_shapes(min_dims=3, max_dims=3, max_side=6))
ARRAYS = st.one_of(
    IMAGES, hnp.arrays(np.uint8, hnp.array_shapes(min_dims=1, max_dims=1, max_side=30))
)


def content(array, packed=False):
    data = idx.header(array.shape) + array.tobytes()
    return gzip.compress(data) if packed else data


def read(data, dimensions, packed=False):
    """What the reader makes of these bytes, in a file of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("file.gz" if packed else "file")
        path.write_bytes(data)
        return idx.read_images(path) if dimensions == 3 else idx.read_labels(path)


def check_one_line(error):
    assert "\n" not in str(error)


def refusal(path, reader=idx.read_images):
    with pytest.raises(UserError) as caught:
        reader(path)
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith(f"{path}: ")
    return text.removeprefix(f"{path}: ")


@settings(deadline=None)
@given(ARRAYS, st.booleans())
def test_what_is_written_is_read(array, packed):
    got = read(content(array, packed), array.ndim, packed)
    assert got.dtype == (np.uint8 if array.ndim == 3 else np.int64)
    np.testing.assert_array_equal(got, array)
    assert idx.sha256(got) == idx.sha256(array)


@st.composite
def damaged(draw):
    array, packed = draw(ARRAYS), draw(st.booleans())
    data = bytearray(content(array, packed))
    place = draw(st.integers(0, len(data) - 1))
    match draw(st.sampled_from(["cut", "flip", "grow"])):
        case "cut":
            del data[place:]
        case "flip":
            data[place] ^= draw(st.integers(1, 255))
        case "grow":
            data[place:place] = draw(st.binary(min_size=1, max_size=9))
    return array, packed, bytes(data)


@settings(max_examples=300, deadline=None)
@given(damaged())
def test_damage_is_refused_or_gives_what_the_file_now_says(case):
    array, packed, data = case
    try:
        got = read(data, array.ndim, packed)
    except UserError as error:
        check_one_line(error)
        return
    if packed:  # only fields of the gzip header that do not matter can have changed
        np.testing.assert_array_equal(got, array)
    else:
        assert idx.header(got.shape) + got.astype(np.uint8).tobytes() == data


def test_errors_say_what_was_got_and_what_is_allowed(tmp_path):
    path, good = tmp_path / "images", content(np.ones((2, 3, 4), np.uint8))
    texts = {
        b"": "truncated, 0 bytes where the header alone has 16",
        good[:15]: "truncated, 15 bytes where the header alone has 16",
        good[:-1]: "truncated, 23 bytes of data; its header promises 24 bytes (2 x 3 x 4)",
        good + b"x": "trailing bytes; its header promises 24 bytes (2 x 3 x 4)",
        b"\0\0\x08\x01"
        + good[4:]: "not an IDX file of images, got magic number 0x00000801, allowed 0x00000803",
        content(
            np.empty((0, 3, 4), np.uint8)
        ): "empty, got 0 x 3 x 4 images; at least one is needed",
        content(
            np.empty((2, 3, 0), np.uint8)
        ): "empty, got 2 x 3 x 0 images; at least one is needed",
        struct.pack(">4I", 0x803, 2**32 - 1, 2**16, 1): (
            "its header promises 281,474,976,645,120 bytes (4294967295 x 65536 x 1), allowed"
            " 4,294,967,296"
        ),
    }
    for data, text in texts.items():
        path.write_bytes(data)
        assert refusal(path) == text


def test_errors_of_the_file_system(tmp_path):
    assert refusal(tmp_path) == "cannot be read (Is a directory)"
    assert (
        refusal(tmp_path / "none", idx.read_labels) == "cannot be read (No such file or directory)"
    )


def test_errors_of_gzip(tmp_path):
    path, good = tmp_path / "labels.gz", content(np.arange(90, dtype=np.uint8))
    path.write_bytes(good)
    assert (
        refusal(path, idx.read_labels)
        == "not a gzip file, or a damaged one; drop .gz from the name of a plain one"
    )
    path.write_bytes(gzip.compress(good)[:-9])
    assert refusal(path, idx.read_labels) == "damaged or truncated gzip data"


def test_a_gzip_bomb_is_read_one_byte_past_its_promise(tmp_path, monkeypatch):
    path, taken = tmp_path / "images.gz", []
    path.write_bytes(gzip.compress(content(np.ones((1, 2, 2), np.uint8)) + bytes(20_000_000)))
    true_read = gzip.GzipFile.read
    monkeypatch.setattr(
        gzip.GzipFile, "read", lambda *args: taken.append(data := true_read(*args)) or data
    )
    assert refusal(path).startswith("trailing bytes")
    assert sum(map(len, taken)) == 16 + 4 + 1


@pytest.mark.parametrize("spelling", ["-idx", ".idx"])
@pytest.mark.parametrize("end", ["", ".gz"])
def test_files_are_found_under_each_spelling(tmp_path, spelling, end):
    for stem in idx.STEMS:
        (tmp_path / (stem.replace("-idx", spelling) + end)).touch()
    assert list(idx.locate(tmp_path)) == list(idx.STEMS)
    assert all(path.is_file() for path in idx.locate(tmp_path).values())


def test_locate_finds_what_there_is(tmp_path):
    assert idx.locate(tmp_path / "none") == {}
    (tmp_path / idx.STEMS[1]).touch()
    (tmp_path / idx.STEMS[0]).mkdir()
    assert idx.locate(tmp_path) == {idx.STEMS[1]: tmp_path / idx.STEMS[1]}


def test_images_and_labels_must_agree_in_number(tmp_path):
    for stem, shape in zip(idx.STEMS, [(5, 2, 2), (5,), (3, 2, 2), (4,)], strict=True):
        (tmp_path / stem).write_bytes(content(np.ones(shape, np.uint8)))
    text = f"{tmp_path / idx.STEMS[3]}: got 4 labels for the 3 images of t10k-images-idx3-ubyte"
    with pytest.raises(UserError, match=f"^{re.escape(text)}$"):
        idx.read_folder(idx.locate(tmp_path))
