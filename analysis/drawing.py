"""`hypersearch figure`: a kind of figure as a file for each search of a study to which it applies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from analysis.figures import KINDS
from analysis.figures.base import FORMATS
from analysis.figures.style import encode
from analysis.leaderboard import families
from analysis.tables import Study, load_all
from models.errors import UserError, unknown


def draw(
    out: Path, name: str, kind: str, family: str | None = None, form: str = "svg", output: Path | None = None
) -> Iterator[Path]:
    """Draw one kind for `family` (None: each to which it applies) of a study in `out`; yield the files as they come.

    They are `output/FAMILY-KIND.FORM`, where `output` is by default `figures` in the study's folder. A `UserError` for
    a name that is not there, a kind that applies to nothing here, and where nothing can be written.
    """
    if kind not in KINDS:
        raise unknown("kind of figure", kind, KINDS)
    if form not in FORMATS:
        raise unknown("format", form, FORMATS)
    study = load_all(out, [name])[0]
    asked = _asked(study, family)
    records = {each: KINDS[kind].compute(study, each) for each in asked}
    there = {each: record for each, record in records.items() if record is not None}
    if not there:
        raise UserError(f"study {name!r} has nothing to show as {kind} for {', '.join(asked) or 'no family'}")
    for each, record in there.items():
        path = (output or study.folder / "figures") / f"{re.sub(r'[^A-Za-z0-9_.-]', '-', each)}-{kind}.{form}"
        _put(path, encode(KINDS[kind].draw(record), form))
        yield path


def _asked(study: Study, family: str | None) -> list[str]:
    there = families(study)
    if family is not None and family not in there:
        raise unknown(f"family of study {study.name!r}", family, there)
    return [family] if family is not None else there


def _put(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror or error}") from error
