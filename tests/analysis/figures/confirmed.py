"""Small confirmed studies, written by hand, and a look at whether a figure holds all that is drawn
into it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

import hypersearch
from hypersearch.analysis.figures import style
from hypersearch.analysis.figures.base import FigureKind
from hypersearch.search.storage.files import write_json
from hypersearch.search.storage.study import Study

HOSTILE = (
    "<script>alert('$x$')</script>",
    "$\\frac{1}{$",
    "a" * 300,
    "ミ\nstery",
    "\u202eright to left",
    "",
    "x",
    "y",
    "z",
    "w",
)


def search(family: str, metric: str = "accuracy", mode: str = "max", **more: Any) -> dict[str, Any]:
    facts = {
        "family": family,
        "metric": metric,
        "mode": mode,
        "resource": "epochs",
        "max_resource": 9,
    }
    return {**facts, "trials": 3, "baselines": [], "space": {}, **more}


def study_of(
    folder: Path,
    family: str,
    arrays: dict[str, Any] | None = None,
    best: dict[str, Any] | None = None,
    classes: tuple[str, ...] = ("ant", "bee", "cat"),
    **facts: Any,
) -> Study:
    """A study whose search of `family` was confirmed with these arrays, or not at all; written anew
    or added to.
    """
    folder.mkdir(exist_ok=True)
    given = {
        "searches": [search(family)],
        "dataset": {"name": "three", "classes": classes},
        **facts,
    }
    write_json(
        folder / "study.json", {"name": "demo", "started": "2026-01-31T10:00:00+00:00", **given}
    )
    if arrays is not None:
        confirmed(folder, family, arrays, best)
    return hypersearch.load(folder)


def confirmed(
    folder: Path, family: str, arrays: dict[str, Any], best: dict[str, Any] | None = None
) -> None:
    place = folder / "best" / family
    place.mkdir(parents=True)
    write_json(place / "best.json", {"config": {}, "test": {}, **(best or {})})
    np.savez_compressed(place / "test.npz", **arrays)


def drawn(kind: FigureKind, record: Any) -> Figure:
    """The figure, after a check that it can be written and that nothing in it is cut off."""
    figure = kind.draw(record)
    assert style.encode(figure, "png").startswith(b"\x89PNG")
    with style.applied():
        figure.draw_without_rendering()  # it is laid out for the resolution that it is drawn in
        box = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    assert width == 7.0, "all figures are as wide as a page"
    assert min(box.x0, box.y0) > -0.02, box
    assert box.x1 < width + 0.02, box
    assert box.y1 < height + 0.02, box
    assert kind.describe(record).endswith(".")
    return figure
