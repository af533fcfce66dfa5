"""Arrays that took long to make, kept in the user's cache by what they were made of.

An entry is an `.npz` of plain arrays, written to one side and renamed when whole. Nothing in it is
ever unpickled, and one that cannot be read, or does not hold what it should, is made anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import platformdirs
from numpy.typing import NDArray

from hypersearch.models.files import write_beside

Arrays: TypeAlias = Mapping[str, NDArray[Any]]
FORMAT = 1  # raised when an entry of the same key would hold something else


def folder() -> Path:
    """The folder of the entries: `features` in the user's cache.

    On Linux, the cache is `$XDG_CACHE_HOME/hypersearch`.
    """
    return platformdirs.user_cache_path("hypersearch") / "features"


def key_of(*facts: Any) -> str:
    """A hexadecimal SHA-256 of what an entry was made of.

    `facts`: numbers, texts, lists and dictionaries of them.
    """
    text = json.dumps([FORMAT, *facts], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def kept(key: str, n: int, make: Callable[[], Arrays]) -> Arrays:
    """The arrays that `make` gives, or gave before.

    `rows` is among them, float32 (n, d) of finite numbers.
    """
    entry = folder() / f"{key}.npz"
    arrays = _recalled(entry, n)
    if arrays is None:
        arrays = make()
        _keep(entry, arrays)
    return arrays


def _recalled(entry: Path, n: int) -> Arrays | None:
    try:
        with entry.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        rows_nd = arrays["rows"]
        whole = (
            rows_nd.dtype == np.float32
            and rows_nd.ndim == 2
            and len(rows_nd) == n
            and np.isfinite(rows_nd).all()
        )
        return arrays if whole else None
    except Exception:  # whatever is wrong with a cache, what it holds can be made again
        return None


def _keep(entry: Path, arrays: Arrays) -> None:
    """Write an entry, whole or not at all; a cache that cannot be written is done without."""
    with contextlib.suppress(OSError):
        entry.parent.mkdir(parents=True, exist_ok=True)
        with write_beside(entry) as temporary:
            np.savez(temporary, **dict[str, Any](arrays))
