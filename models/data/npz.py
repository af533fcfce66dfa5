"""Reads data sets from `.npz` files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hypersearch.models.data.checks import ARRAYS, labels, pixels, short_line
from hypersearch.models.data.idx import MAX_BYTES, Labels, Pixels, Shipped
from hypersearch.models.errors import UserError


def is_npz_file(path: Path) -> bool:
    """True for a zip archive, and for a file that cannot be opened: `read_npz` then says why."""
    try:
        with path.open("rb") as file:
            return file.read(2) == b"PK"
    except OSError:
        return not path.is_dir()


def read_npz(path: Path) -> Shipped:
    """The arrays `x_train, y_train, x_test, y_test` of an `.npz` file.

    Nothing in it is ever unpickled. x: whole numbers in 0..255, of any number type, (n, h, w) or
    (n, h, w, 1). y: whole numbers from 0, (n,) or (n, 1). Raises `UserError` for a file that is
    none, arrays that are missing, and values or shapes that are not allowed.
    """
    x_train, y_train, x_test, y_test = _members(path)
    return Shipped(*_part(path, "train", x_train, y_train), *_part(path, "test", x_test, y_test))


# --- npz ------------------------------------------------------------------------------------------


def _members(path: Path) -> list[NDArray[Any]]:
    """The four arrays of an `.npz`, unchecked."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            if missing := [name for name in ARRAYS if name not in archive]:
                raise UserError(f"{path}: no array {missing[0]} in it, needed: {', '.join(ARRAYS)}")
            if any(member.file_size > MAX_BYTES for member in archive.zip.infolist()):
                raise UserError(
                    f"{path}: an array in it has more than the {MAX_BYTES:,} bytes allowed"
                )
            return [np.asarray(archive[name]) for name in ARRAYS]
    except UserError:
        raise
    # zipfile, zlib, struct, ast and numpy each have errors of their own for a damaged file
    except Exception as error:
        raise UserError(
            f"{path}: cannot be read as arrays of plain numbers ({short_line(error)})"
        ) from error


def _part(path: Path, part: str, x: NDArray[Any], y: NDArray[Any]) -> tuple[Pixels, Labels]:
    """Images and labels of one part in their final shapes and types."""
    x = x[..., 0] if x.ndim == 4 and x.shape[-1] == 1 else x
    y = y[:, 0] if y.ndim == 2 and y.shape[-1] == 1 else y
    if x.ndim != 3 or 0 in x.shape:
        raise UserError(
            f"{path}: x_{part} must have the shape (n, h, w) or (n, h, w, 1), not empty, got"
            f" {x.shape}"
        )
    if y.shape != x.shape[:1]:
        raise UserError(
            f"{path}: y_{part} must have the shape ({len(x)},), a label for each image, got"
            f" {y.shape}"
        )
    return pixels(x, f"{path}: x_{part}"), labels(y, f"{path}: y_{part}")
