"""`hypersearch figure`: a kind of figure as a file for each search of a study to which it
applies.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hypersearch.analysis.figures import KINDS
from hypersearch.analysis.figures.base import FORMATS
from hypersearch.analysis.figures.style import encode
from hypersearch.analysis.study.ranking import families
from hypersearch.models.errors import UserError, nearest, unknown
from hypersearch.search.storage.study import Study, load_all


def draw_figures(
    out: Path,
    name: str,
    kind: str,
    family: str | None = None,
    form: str | None = None,
    to: Path | None = None,
) -> Iterator[Path]:
    """Draw one kind for `family` (None: each to which it applies) of a study in `out`; yield the
    files as they come.

    `to`: a file, for a single search, or a folder (one that is there, or a name without suffix), in
    which they are FAMILY-KIND.FORM; by default the folder `figures` in the study's. `form`: one of
    `FORMATS`, by default the file's suffix, else svg. A `UserError` for a name that is not there, a
    kind that applies to nothing here, several searches for one file, and where nothing can be
    written.
    """
    if kind not in KINDS:
        raise unknown("kind of figure", kind, KINDS)
    form = _format(form, to)
    study = load_all(out, [name])[0]
    asked = _asked(study, family)
    records = {each: KINDS[kind].compute(study, each) for each in asked}
    there = {each: record for each, record in records.items() if record is not None}
    if not there:
        raise UserError(
            f"study {name!r} has nothing to show as {kind} for {', '.join(asked) or 'no family'}"
        )
    paths = _paths(study, kind, form, to, there)
    for each, record in there.items():
        _put(paths[each], encode(KINDS[kind].draw(record), form))
        yield paths[each]


def _format(form: str | None, to: Path | None) -> str:
    suffix = to.suffix.removeprefix(".").lower() if to and not to.is_dir() else ""
    if suffix and suffix not in FORMATS:
        allowed = ", ".join(f".{each}" for each in FORMATS)
        raise UserError(
            f"{to}: unknown suffix '.{suffix}', allowed: {allowed}{nearest(suffix, FORMATS)}"
        )
    if form is not None and form not in FORMATS:
        raise unknown("format", form, FORMATS)
    if form and suffix and form != suffix:
        raise UserError(f"--format {form} and a file that ends in .{suffix} contradict each other")
    return form or suffix or "svg"


def _asked(study: Study, family: str | None) -> list[str]:
    there = families(study)
    if family is not None and family not in there:
        raise unknown(f"family of study {study.name!r}", family, there)
    return [family] if family is not None else there


def _paths(
    study: Study, kind: str, form: str, to: Path | None, there: Mapping[str, Any]
) -> dict[str, Path]:
    """Where the figure of each search goes."""
    if to and to.suffix and not to.is_dir():
        if len(there) > 1:
            raise UserError(
                f"{to} is one file, but {kind} applies to {', '.join(there)}; say which by --family"
            )
        return dict.fromkeys(there, to)
    folder = to or study.folder / "figures"
    return {
        each: folder / f"{re.sub(r'[^A-Za-z0-9_.-]', '-', each)}-{kind}.{form}" for each in there
    }


def _put(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror or error}") from error
