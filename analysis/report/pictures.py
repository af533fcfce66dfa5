"""The figures of a search in a report: an image that needs nothing else, its words, or what went wrong."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.collections import Collection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.evidence import of_winner
from analysis.figures import KINDS, Kind
from analysis.figures.of_evidence import EVIDENCE_KINDS
from analysis.figures.style import encode
from analysis.report.about import ABOUT, NOTHING
from analysis.report.words import short
from analysis.tables import Study

SMALL = 60_000  # bytes of an SVG up to which no PNG is tried
MANY = 1_000  # marks in a figure from which on no SVG is tried: it would have 100 kB, and take as long as a PNG
PIXELS = 96  # of CSS an inch
OF_MODELS = frozenset(kind.name for kind in EVIDENCE_KINDS)  # the others are of trials


@dataclass(frozen=True)
class Picture:
    """One figure. `source`: a data URI, or empty; then `error` or `nothing` says why."""

    kind: str
    title: str
    about: str = ""  # what it shows and how to read it
    alt: str = ""
    source: str = ""
    width: int = 0  # CSS pixels
    height: int = 0
    error: str = ""
    nothing: str = ""


def pictures(study: Study, family: str, say: Callable[[str], None], strict: bool = False) -> Iterator[Picture]:
    """Every figure that applies to a search, and a word on those of `NOTHING` that have nothing to show.

    One that fails is told to `say`, with an error in its place; or, if `strict`, raises.
    """
    for kind in KINDS.values():
        try:
            picture = _picture(kind, study, family)
        except Exception as error:
            if strict:
                raise
            words = short(" ".join(f"{type(error).__name__}: {error}".split()), 300)
            say(f"{study.name}: the figure {kind.name} of {family} could not be made: {words}")
            picture = Picture(kind.name, kind.title, ABOUT.get(kind.name, ""), error=words)
        if picture:
            yield picture


def _picture(kind: Kind, study: Study, family: str) -> Picture | None:
    record = kind.compute(study, family)
    if record is None:
        why = NOTHING.get(kind.name)
        return Picture(kind.name, kind.title, nothing=why) if why else None
    alt, drawn = kind.describe(record), kind.draw(record)
    width, height = (round(inches * PIXELS) for inches in drawn.get_size_inches())
    return Picture(kind.name, kind.title, ABOUT.get(kind.name, ""), alt, data_uri(drawn), width, height)


def of_the_model(study: Study, family: str, shown: Sequence[Picture]) -> str:
    """A sentence on the pictures of the best model where they, or some, are missing; empty where all are there."""
    found = of_winner(study, family)
    if found is None:
        return (
            "What the best model does with test images is shown once they were read: hypersearch confirm "
            f"{short(study.folder.name)} trains it anew and keeps what pictures need."
        )
    if found.has("reconstructions") and "reconstructions" not in {picture.kind for picture in shown}:
        return "The images are not at hand here, so pictures that need them are left out."
    return "" if any(picture.source for picture in shown) else "Of this model nothing was kept that could be drawn."


def data_uri(drawn: Figure) -> str:
    """The figure as SVG, which is sharp at any size, or, where that would be large, as PNG if that is smaller.

    As an image, neither can run anything.
    """
    svg = b"" if marks(drawn) > MANY else encode(drawn, "svg")
    if 0 < len(svg) <= SMALL:
        return _uri("image/svg+xml", svg)
    png = encode(drawn, "png")
    return _uri("image/svg+xml", svg) if 0 < len(svg) < len(png) else _uri("image/png", png)


def marks(drawn: Figure) -> int:
    """About how many points and corners the figure has."""
    lines = [line for line in drawn.findobj(Line2D) if isinstance(line, Line2D)]
    groups = [group for group in drawn.findobj(Collection) if isinstance(group, Collection)]
    points = [np.asarray(line.get_xydata()) for line in lines] + [np.asarray(group.get_offsets()) for group in groups]
    return sum(map(len, points)) + sum(len(path) for group in groups for path in group.get_paths())


def _uri(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{b64encode(data).decode()}"
