"""Atomic writes: a file is written beside its place, then renamed."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def write_beside(path: Path) -> Iterator[Path]:
    """Yield a temporary path in the folder of `path`; rename it to `path` when the block ends.

    A reader sees the old file or the new one, never a part. After an error in the block the
    temporary file is removed and `path` is as before. The temporary name has the suffix of
    `path`, by which some libraries choose the format. The folder must exist. A link is followed,
    and a device such as /dev/null is written to directly: renaming would replace it.
    """
    path = path.resolve()
    if path.exists() and not path.is_file():
        yield path
        return
    temporary = path.with_name(f"{path.stem}.{uuid.uuid4().hex[:8]}.partial{path.suffix}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        with suppress(OSError):  # the error of the block is the one to report
            temporary.unlink(missing_ok=True)
