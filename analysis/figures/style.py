"""How every figure looks: sizes, fonts and colours, the same in a report, a file and a notebook.

Figures are made without pyplot, so that none is kept alive and no window system is asked for. The colours can be told
apart by people with any kind of colour vision: Okabe and Ito (2008), then some of Tol's (2021).
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

SEQUENTIAL = "viridis"

CLASS_COLOURS = (
    "#0072B2",  # blue
    "#E69F00",  # orange
    "#009E73",  # green
    "#D55E00",  # vermilion
    "#CC79A7",  # pink
    "#56B4E9",  # sky
    "#000000",  # black
    "#F0E442",  # yellow
    "#882255",  # wine
    "#999933",  # olive
    "#332288",  # indigo
    "#44AA99",  # teal
    "#661100",  # brown
    "#AA4499",  # purple
)
NOISE_COLOUR = "#BBBBBB"
STATE_COLOURS: Mapping[str, str] = {
    "COMPLETE": "#0072B2",
    "PRUNED": "#8C8C8C",
    "FAIL": "#D55E00",
    "RUNNING": "#56B4E9",
}
STATE_WORDS: Mapping[str, str] = {
    "COMPLETE": "complete",
    "PRUNED": "stopped",
    "FAIL": "failed",
    "RUNNING": "running",
}
BASELINE_COLOUR = "#D55E00"
BEST_COLOUR = "#009E73"
MUTED = "#666666"  # for lines and words that only help

RC: Mapping[str, Any] = {
    "axes.axisbelow": True,
    "axes.formatter.use_mathtext": False,
    "axes.grid": True,
    "axes.labelsize": 9,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 9,
    "axes.unicode_minus": True,
    "figure.dpi": 100,
    "figure.facecolor": "white",
    "figure.titlesize": 10,
    "font.family": "sans-serif",
    "font.size": 9,
    "grid.color": "#E3E3E3",
    "grid.linewidth": 0.6,
    "image.cmap": SEQUENTIAL,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "lines.linewidth": 1.5,
    "lines.markersize": 4,
    "pdf.fonttype": 42,
    "savefig.dpi": 150,
    "savefig.facecolor": "white",
    "svg.fonttype": "none",  # words stay words: they can be searched and read aloud
    "svg.hashsalt": "hypersearch",  # the same figure is the same file
    "text.parse_math": False,  # names come from outside, and may hold a "$"
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
}


def figure(width: float = 7.0, height: float = 4.0) -> Figure:
    """An empty figure of so many inches, which finds room for its labels itself."""
    made = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    FigureCanvasAgg(made)
    return made


def class_colour(i: int) -> str:
    """The colour of class or cluster `i`, as #RRGGBB: the same everywhere; grey for noise (below 0)."""
    return NOISE_COLOUR if i < 0 else CLASS_COLOURS[i % len(CLASS_COLOURS)]


@contextmanager
def applied() -> Iterator[None]:
    """Draw in this style; outside of it matplotlib stays as its user has set it."""
    with mpl.rc_context(dict(RC)), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        yield


def encode(made: Figure, form: str) -> bytes:
    """The figure as a file of `form`: "png", "svg" or "pdf". Equal figures give equal bytes."""
    stamp = {"svg": "Date", "pdf": "CreationDate"}.get(form)
    buffer = io.BytesIO()
    with applied():
        made.savefig(buffer, format=form, metadata={stamp: None} if stamp else None)
    return buffer.getvalue()


def logarithmic(axes: Axes, which: Literal["x", "y"], low: float, high: float) -> None:
    """Make one axis logarithmic from `low` to `high` (above 0) with a margin; plain numbers at its ticks: 0.001."""
    margin = max((high / low) ** 0.05, 1.02)
    axis = axes.xaxis if which == "x" else axes.yaxis
    if which == "x":
        axes.set_xscale("log")
        axes.set_xlim(low / margin, high * margin)
    else:
        axes.set_yscale("log")
        axes.set_ylim(low / margin, high * margin)
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if high < low * 100 else (1.0,), numticks=6))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def words(text: object, most: int = 24) -> str:
    """A name from outside as one line of at most so many characters."""
    line = " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())
    return line if len(line) <= most else line[: most - 1] + "…"
