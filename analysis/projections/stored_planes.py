"""Planes of test images, kept with their study: t-SNE and UMAP take seconds to minutes, and give
the same every time.

Shape suffixes: m images, d columns.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hypersearch.analysis.projections.separation import METHODS
from hypersearch.models.files import write_beside


def planes(folder: Path, rows_md: NDArray[np.floating]) -> Iterator[tuple[str, NDArray[Any]]]:
    """The names of `METHODS` by which the rows can be put in a plane, each with their places there,
    float (m, 2).

    They are taken from `folder`/figures/planes where they were left, else made and left there, if
    that can be written.
    """
    for method in METHODS:
        places_m2 = _plane(folder, method, rows_md)
        if places_m2 is not None:
            yield method, places_m2


def _plane(folder: Path, method: str, rows_md: NDArray[np.floating]) -> NDArray[Any] | None:
    path = folder / "figures" / "planes" / f"{_key(method, rows_md)}.npy"
    with suppress(OSError, ValueError, EOFError):
        return np.asarray(np.load(path, allow_pickle=False))
    places_m2 = METHODS[method](rows_md)
    if places_m2 is not None:
        with suppress(OSError):
            _keep(path, places_m2)
    return None if places_m2 is None else np.asarray(places_m2)


def _key(method: str, rows_md: NDArray[np.floating]) -> str:
    told = f"{method} {rows_md.shape} {rows_md.dtype.str} ".encode()
    return hashlib.sha256(told + np.ascontiguousarray(rows_md).tobytes()).hexdigest()[:32]


def _keep(path: Path, places_m2: NDArray[Any]) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with write_beside(path) as temporary:
        np.save(temporary, places_m2)
