"""How every figure looks: sizes, fonts and colours, the same in a report, a file and a notebook.

Figures are made without pyplot, so that none is kept alive and no window system is asked for. The
colours can be told apart by people with any kind of colour vision: Okabe and Ito (2008), then some
of Tol's (2021).
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullFormatter

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
BASELINE_COLOUR = "#882255"
BEST_COLOUR = "#009E73"
MUTED = "#666666"  # for lines and words that only help

RC: dict[Any, Any] = {  # Any: matplotlib's own type lists every key that it has
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
    """The colour of class or cluster `i`, as #RRGGBB: the same everywhere; grey for noise (below
    0).
    """
    return NOISE_COLOUR if i < 0 else CLASS_COLOURS[i % len(CLASS_COLOURS)]


@contextmanager
def applied() -> Iterator[None]:
    """Draw in this style; outside of it matplotlib stays as its user has set it."""
    with mpl.rc_context(RC), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        yield


def encode(made: Figure, form: str) -> bytes:
    """The figure as a file of `form`: "png", "svg" or "pdf". Equal figures give equal bytes."""
    stamp = {"svg": "Date", "pdf": "CreationDate"}.get(form)
    buffer = io.BytesIO()
    with applied():
        made.savefig(buffer, format=form, metadata={stamp: None} if stamp else None)
    return buffer.getvalue()


def logarithmic(
    axes: Axes, which: Literal["x", "y"], low: float, high: float, ticks: int = 7
) -> None:
    """Make one axis logarithmic from `low` to `high` (above 0) with a margin; up to so many plain
    numbers: 0.001.
    """
    margin = max((high / low) ** 0.05, 1.02)
    axis = axes.xaxis if which == "x" else axes.yaxis
    if which == "x":
        axes.set_xscale("log")
        axes.set_xlim(low / margin, high * margin)
    else:
        axes.set_yscale("log")
        axes.set_ylim(low / margin, high * margin)
    axis.set_major_locator(FixedLocator(log_ticks(low, high, ticks)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """Two to `most` round numbers from `low` to `high`, about evenly spaced on a logarithmic axis.

    >>> log_ticks(16, 512, 4)
    [30.0, 100.0, 300.0]
    """
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    fine = [
        [float(f"{sub}e{decade}") for decade in decades for sub in subs]
        for subs in ((1, 2, 5), (1, 3), (1,))
    ]
    *fine, whole = [[tick for tick in ticks if low <= tick <= high] for ticks in fine]
    coarse = [whole[::step] for step in range(1, len(whole))]
    even = [
        float(tick) for tick in MaxNLocator(most - 1).tick_values(low, high) if low <= tick <= high
    ]
    return next((ticks for ticks in (*fine, *coarse) if 2 < len(ticks) <= most), even[:most])


def legend(made: Figure, ncols: int = 6) -> None:
    """One legend over all panels, each label once; none where nothing has a label."""
    pairs = [
        pair for axes in made.axes for pair in zip(*axes.get_legend_handles_labels(), strict=True)
    ]
    by_label = {label: handle for handle, label in reversed(pairs)}
    if by_label:
        labels = list(dict.fromkeys(label for _, label in pairs))
        handles = [by_label[label] for label in labels]
        made.legend(
            handles,
            labels,
            loc="outside upper left",
            ncols=ncols,
            columnspacing=1.2,
            handletextpad=0.5,
        )


def words(text: object, most: int = 24) -> str:
    """A name from outside as one line of at most so many characters."""
    line = " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())
    return line if len(line) <= most else line[: most - 1] + "…"


def wrapped(name: str, most: int = 10) -> str:
    """A name of more than `most` characters in several lines, broken after underscores."""
    return name if len(name) <= most else name.replace("_", "_\n").rstrip("\n")
