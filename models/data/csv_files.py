"""Reads data sets from folders of CSV files.

Shape suffixes: n images, h height, w width, d pixels of an image in one row. CSV is read with
pyarrow's own reader and not through pandas: it takes rows of any length, and it refuses ragged
ones, where pandas would fill them up.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import time
from io import BytesIO
from math import isqrt
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import platformdirs
from numpy.typing import NDArray

from hypersearch.models.data.checks import ARRAYS, labels, pixels, short_line
from hypersearch.models.data.idx import Labels, Pixels, Shipped
from hypersearch.models.errors import UserError
from hypersearch.models.files import write_beside

_VERSION = 1  # of a cache entry; raise it when what is kept, or how a CSV is read, changes
_FRESH_NS = 100_000_000  # a file changed this recently could change again and keep its time stamp
_HEAD_BYTES = 2**26  # a first line longer than this is no row of an image


NEEDED = f"train.csv and test.csv, or {', '.join(f'{name}.csv' for name in ARRAYS)}"
"""The files of a folder, in words."""


def present(folder: Path) -> list[str]:
    """Which of the CSV files of a data set are in a folder."""
    names = [f"{name}.csv" for name in ("train", "test", *ARRAYS)]
    return [name for name in names if (folder / name).is_file()]


def is_csv_folder(path: Path) -> bool:
    """True for a folder that holds `train.csv` and `test.csv`, or all four of the others."""
    names = set(present(path))
    return {"train.csv", "test.csv"} <= names or {f"{name}.csv" for name in ARRAYS} <= names


def read_csv_folder(folder: Path) -> Shipped:
    """The data set in the CSV files of a folder.

    They are `train.csv` and `test.csv` (label, then pixels), or else `x_train.csv`, `y_train.csv`
    and so on. A header line may stand first. Its last name, if it is like `28x28`, gives rows x
    columns; else images are square. What was read is kept in the user's cache until the file
    changes. Raises `UserError` as `read_npz` does.
    """
    together = {"train.csv", "test.csv"} <= set(present(folder))
    train, test = (_part(folder, name, together) for name in ("train", "test"))
    names = (train.last_name, test.last_name)
    x_train, x_test = (_shaped(table.pixels_nd, names, folder) for table in (train, test))
    return Shipped(x_train, train.labels_n, x_test, test.labels_n)


# --- CSV ------------------------------------------------------------------------------------------


class _Table(NamedTuple):
    """One CSV file.

    labels_n: int64 (n,) or (0,). pixels_nd: uint8 (n, d) or (n, 0). last_name: that of the last
    column, or empty.
    """

    labels_n: Labels
    pixels_nd: Pixels
    last_name: str


class _Head(NamedTuple):
    names: list[str]  # empty without a header line
    skip: int  # lines before the first row
    width: int  # cells of the first row
    longest: int  # bytes of the longest line seen


def _part(folder: Path, name: str, together: bool) -> _Table:
    """Labels and pixels of one part, which are in one file or in two."""
    if together:
        return _table(folder / f"{name}.csv", labels=True, pixels=True)
    return _joined(folder / f"x_{name}.csv", folder / f"y_{name}.csv")


def _joined(x_path: Path, y_path: Path) -> _Table:
    x, y = _table(x_path, labels=False, pixels=True), _table(y_path, labels=True, pixels=False)
    if len(x.pixels_nd) != len(y.labels_n):
        raise UserError(
            f"{y_path}: got {len(y.labels_n)} labels for the {len(x.pixels_nd)} images of"
            f" {x_path.name}"
        )
    return x._replace(labels_n=y.labels_n)


def _shaped(pixels_nd: Pixels, last_names: tuple[str, ...], folder: Path) -> Pixels:
    """Rows of pixels as images (n, h, w). Either file's header will do for both."""
    n, d = pixels_nd.shape
    for name in last_names:
        if sides := re.search(r"(?<!\d)(\d{1,9})x(\d{1,9})$", name):
            height, width = int(sides[1]), int(sides[2])
            if height * width == d:
                return pixels_nd.reshape(n, height, width)
    side = isqrt(d)
    if side * side != d:
        raise UserError(
            f"{folder}: {d} pixels a row make no square image; name the last column like 28x28"
            " (rows x columns) in a header line, or use an .npz or IDX files"
        )
    return pixels_nd.reshape(n, side, side)


def _table(path: Path, *, labels: bool, pixels: bool) -> _Table:
    """What a CSV file holds, from the cache if the file has not changed since it was read."""
    try:
        stat = path.stat()
        name = hashlib.sha256(os.fsencode(f"{path.resolve()} {labels} {pixels}")).hexdigest()
        entry = platformdirs.user_cache_path("hypersearch") / "csv" / f"{name}.npz"
        key = f"{stat.st_size} {stat.st_mtime_ns} {_VERSION}"
        if (table := _recall(entry, key)) is None:
            table = _parse(path, labels, pixels)
            if time.time_ns() - stat.st_mtime_ns > _FRESH_NS:
                _keep(entry, key, table)
    except OSError as error:
        raise UserError(
            f"{path}: cannot be read ({error.strerror or type(error).__name__})"
        ) from error
    return table


def _recall(entry: Path, key: str) -> _Table | None:
    """The table that `_keep` wrote; None if there is none, it is outdated or it is damaged."""
    try:
        with entry.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            if str(kept["key"]) == key:
                return _Table(kept["labels"], kept["pixels"], str(kept["last_name"]))
    except Exception:  # whatever is wrong with a cache, the file itself can still be read
        return None
    return None


def _keep(entry: Path, key: str, table: _Table) -> None:
    """Write a cache entry, whole or not at all; a cache that cannot be written is done without."""
    with contextlib.suppress(OSError):
        entry.parent.mkdir(parents=True, exist_ok=True)
        with write_beside(entry) as temporary:
            np.savez(
                temporary,
                key=key,
                labels=table.labels_n,
                pixels=table.pixels_nd,
                last_name=table.last_name,
            )


def _parse(path: Path, has_labels: bool, has_pixels: bool) -> _Table:
    names, table = _arrow_table(path)
    n, width, first = table.num_rows, table.num_columns, int(has_labels)
    if width < has_labels + has_pixels or (width > 1 and not has_pixels):
        allowed = {
            (True, True): "a label and its pixels",
            (True, False): "one label",
            (False, True): "pixels",
        }
        raise UserError(
            f"{path}: a row must hold {allowed[has_labels, has_pixels]}, got {width} columns"
        )
    if names and len(names) != width:
        raise UserError(
            f"{path}: the header line has {len(names)} names and the rows have {width} columns"
        )
    # Filled a column at a time, the way pyarrow keeps them, and turned round once.
    labels_n, pixels_dn = np.empty(n * first, np.int64), np.empty((width - first, n), np.uint8)
    for number, column in enumerate(table.columns):
        where = f"{path}, column {number + 1}"
        if number < first:
            labels_n[:] = labels(_numbers(column, where), where)
        else:
            pixels_dn[number - first] = pixels(_numbers(column, where), where)
    return _Table(labels_n, np.ascontiguousarray(pixels_dn.T), names[-1] if names else "")


def _head(path: Path) -> _Head:
    """Looks at the first lines: is there a header, and is there anything after it?"""
    names: list[str] = []
    skip = longest = 0
    with path.open("rb") as file:
        while line := file.readline(_HEAD_BYTES):
            longest = max(longest, len(line))
            text = line.decode("utf-8-sig", "replace").strip()
            cells = [cell.strip().strip('"') for cell in text.split(",")]
            if cells != [""]:
                if names or not _is_header(cells):
                    return _Head(names, skip, len(cells), longest)
                names = cells
            skip += 1
    raise UserError(f"{path}: empty, it must hold at least one row of numbers")


def _is_header(cells: list[str]) -> bool:
    """Names all along, or names numbered from 0.

    Anything else that is no number is a bad row, not a header.
    """
    numbered = [str(number) for number in range(len(cells))]
    if len(cells) > 256 and cells == numbered:  # as pixels they would go past 255
        return True
    is_name = [bool(cell) and not _is_number(cell) for cell in cells]
    return is_name[0] and (all(is_name) or cells[1:] in (numbered[:-1], numbered[1:]))


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _arrow_table(path: Path) -> tuple[list[str], Any]:
    """The names in the header line, if there is one, and the rows as pyarrow read them."""
    from pyarrow import ArrowException, csv, float64

    head = _head(path)
    # pyarrow does not see a lone row that no line end follows.
    source = path if path.stat().st_size > head.longest * 3 else BytesIO(path.read_bytes() + b"\n")
    # A row must fit into a block. Later rows can be longer than those looked at, at most by a few
    # bytes a cell.
    block_size = max(2**20, 16 * head.longest)
    read = csv.ReadOptions(
        skip_rows=head.skip, autogenerate_column_names=True, block_size=block_size
    )
    try:
        try:
            return head.names, csv.read_csv(source, read_options=read)
        except ArrowException as error:
            if "conversion error" not in str(error):
                raise
        # pyarrow settles a column's type on the first block; 1.0 further down is still a whole
        # number.
        convert = csv.ConvertOptions(
            column_types={f"f{number}": float64() for number in range(head.width)}
        )
        return head.names, csv.read_csv(path, read_options=read, convert_options=convert)
    except ArrowException as error:
        raise UserError(f"{path}: not a table of numbers ({short_line(error)})") from error


def _numbers(column: Any, where: str) -> NDArray[Any]:
    """A pyarrow column as an array, of integers if all of it are."""
    from pyarrow import types

    if column.null_count:
        raise UserError(f"{where}: {column.null_count} empty cells or NaN, all must be numbers")
    if not (types.is_integer(column.type) or types.is_floating(column.type)):
        texts = [str(value) for value in column.to_pylist()]
        bad = next((text for text in texts if not _is_number(text)), texts[0])
        raise UserError(f"{where}: all must be numbers, got {short_line(bad)!r}")
    return np.asarray(column.to_numpy())
