"""What a kind of figure is: its numbers first, then its picture and its words, each from the
numbers alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, Literal

from matplotlib.figure import Figure

from hypersearch.analysis.figures.style import applied, encode
from hypersearch.models.errors import UserError, nearest
from hypersearch.search.storage.study import Study

FORMATS = ("png", "svg", "pdf")


@dataclass(frozen=True)
class FigureKind:
    """One kind of figure, and all that a report and the command line know of it.

    name: what `hypersearch figure NAME KIND` takes. title: one line, sentence case.
    compute: from a study and a family to a typed record, or None where the figure does not apply.
    draw: the record as a figure, in the style of all figures wherever it is called from.
    describe: the record as alt text, one or two sentences with the figures that matter.
    caption: how to read the figure, in a sentence or two.
    empty: what a report says where `compute` gives None. Set it for a kind that any search may
    have; a kind without it is then left out without a word.
    group: whether it shows the trials of a search, or the best model of it.
    cost: about how long it takes, as a multiple of most others; the slowest are drawn first.
    """

    name: str
    title: str
    compute: Callable[[Study, str], Any | None]
    draw: Callable[[Any], Figure]
    describe: Callable[[Any], str]
    caption: str = ""
    empty: str = ""
    group: Literal["search", "model"] = "search"
    cost: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "draw", _styled(self.draw))


def save(kind: FigureKind, study: Study, family: str, path: Path) -> None:
    """Write a figure as PNG, SVG or PDF, as the suffix of `path` says.

    Raises a `UserError` for another suffix, for a study to which the kind does not apply, and where
    nothing can be written.
    """
    form = path.suffix.removeprefix(".").lower()
    if form not in FORMATS:
        allowed = ", ".join(f".{each}" for each in FORMATS)
        raise UserError(
            f"{path}: unknown suffix {path.suffix!r}, allowed: {allowed}{nearest(form, FORMATS)}"
        )
    record = kind.compute(study, family)
    if record is None:
        raise UserError(f"study {study.name!r} has nothing to show as {kind.name} for {family}")
    data = encode(kind.draw(record), form)
    try:
        path.write_bytes(data)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror or error}") from error


def _styled(draw: Callable[[Any], Figure]) -> Callable[[Any], Figure]:
    @wraps(draw)
    def drawn(record: Any) -> Figure:
        with applied():
            return draw(record)

    return drawn
