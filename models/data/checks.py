"""Checks that pixels and labels from any file must pass."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hypersearch.models.data.idx import Labels, Pixels
from hypersearch.models.errors import UserError

ARRAYS = ("x_train", "y_train", "x_test", "y_test")
"""The arrays of an `.npz`, and the CSV files without their ending, in the order of `Shipped`."""

HIGHEST_LABEL = 2**31 - 1


# --- checks that both formats share ---------------------------------------------------------------


def pixels(values: NDArray[Any], where: str) -> Pixels:
    """`values` of any shape as uint8.

    Raises a `UserError` that begins with `where` unless all are whole numbers in 0..255.
    """
    return _whole(values, 255, f"{where}: pixels").astype(np.uint8)


def labels(values: NDArray[Any], where: str) -> Labels:
    """`values` of any shape as int64.

    Raises a `UserError` that begins with `where` unless all are whole numbers from 0.
    """
    return _whole(values, HIGHEST_LABEL, f"{where}: labels").astype(np.int64)


def _whole(values: NDArray[Any], highest: int, what: str) -> NDArray[Any]:
    allowed = f"{what} must be whole numbers in 0..{highest}"
    if values.dtype.kind not in "iuf":
        raise UserError(f"{allowed}, got values of type {values.dtype.name}")
    if values.dtype.kind == "f":
        values = values.astype(np.float64, copy=False)
    good = (values >= 0) & (values <= highest)
    if values.dtype.kind == "f":
        good &= values == np.floor(values)
    if not good.all():
        raise UserError(f"{allowed}, got {values[~good][0]}")
    return values


def short_line(message: object) -> str:
    """One line, not too long, of what a library says."""
    text = " ".join(str(message).split())
    return text if len(text) <= 120 else f"{text[:117]}..."
