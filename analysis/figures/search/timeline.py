"""What the workers did, when, and what early stopping spared them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from hypersearch.analysis.figures import style
from hypersearch.analysis.figures.base import FigureKind
from hypersearch.analysis.figures.trial_data import (
    Floats,
    Ints,
    floats,
    time_unit,
    trials,
)
from hypersearch.analysis.study.worker_times import Clock, Life, clock, lives
from hypersearch.models.text import counted, duration
from hypersearch.search.storage.study import Study

MANY = 300  # bars from which on an SVG holds them as one picture
TALLEST = 32  # rows that get a height of their own


@dataclass(frozen=True)
class Timeline:
    """The stays of trials on workers (n), in seconds since the search began, without its pauses.

    `row_n`: the lowest row that was free then, as the journal does not say which worker it was.
    `pauses`: where they are on this clock, and their seconds. `spent`: seconds on workers by state.
    `saved`: what stopped trials would still have taken: the resource that they lacked, times their
    own mean seconds for a unit.
    """

    family: str
    trial_n: Ints
    row_n: Ints
    began_n: Floats
    ended_n: Floats
    state_n: tuple[str, ...]
    pauses: tuple[tuple[float, float], ...]
    spent: Mapping[str, float]
    saved: float

    @property
    def rows(self) -> int:
        """How many trials ran at once, at most."""
        return int(self.row_n.max()) + 1

    @property
    def length(self) -> float:
        """Seconds from the first start to the last end."""
        return float(self.ended_n.max())


def compute_timeline(study: Study, family: str) -> Timeline | None:
    """The timeline of a search, from the study's journal; None without one, or if nothing has
    run.
    """
    told = lives(study.folder, family)
    time = clock(told)
    if time is None:
        return None
    stays = sorted(
        (stay.began, stay.ended, life.trial, life.state) for life in told for stay in life.stretches
    )
    began, ended, numbers, states = zip(*stays, strict=True)
    began_n, ended_n = _elapsed(time, began), _elapsed(time, ended)
    return Timeline(
        family=family,
        trial_n=np.array(numbers, dtype=np.int64),
        row_n=_rows(began_n, ended_n),
        began_n=began_n,
        ended_n=ended_n,
        state_n=tuple(states),
        pauses=tuple((time.elapsed(at), length) for at, length in time.pauses),
        spent={
            s: sum(x.occupied for x in told if x.state == s)
            for s in style.STATE_WORDS
            if s in states
        },
        saved=sum(
            _spared(life, limit)
            for life, limit in zip(told, _limits(study, family, told), strict=True)
        ),
    )


def _elapsed(time: Clock, at: Sequence[float]) -> Floats:
    return np.array([time.elapsed(each) for each in at])


def _rows(began_n: Floats, ended_n: Floats) -> Ints:
    """For each stay, by its begin, the lowest row that is free."""
    free: list[float] = []
    rows = []
    for began, ended in zip(began_n, ended_n, strict=True):
        row = next((at for at, until in enumerate(free) if until <= began), len(free))
        free[row : row + 1] = [float(ended)]
        rows.append(row)
    return np.array(rows, dtype=np.int64)


def _limits(study: Study, family: str, told: Sequence[Life]) -> list[float]:
    """The resource at which each trial would have been complete: its limit, or less where a
    parameter says so.
    """
    until = study.search(family).get("resource_parameter", "")
    table = trials(study, family).set_index("trial")
    column = table.get(f"param.{until}")
    asked = {} if column is None else dict(zip(column.index, floats(column), strict=True))
    return [float(np.fmin(life.max_resource, asked.get(life.trial, np.nan))) for life in told]


def _spared(life: Life, limit: float) -> float:
    if life.state != "PRUNED" or life.cut or not life.resource:
        return 0.0
    return max(0.0, limit - life.resource) * life.seconds / life.resource


def draw_timeline(timeline: Timeline) -> Figure:
    """Above a bar for each stay, below the sums."""
    height = 0.16 * min(timeline.rows, TALLEST) + 0.7
    figure = style.figure(7.0, height + 1.3)
    above, below = figure.subplots(2, 1, height_ratios=[height, 0.5])
    _stays(above, timeline)
    _sums(below, timeline)
    return figure


def _stays(axes: Axes, timeline: Timeline) -> None:
    size, unit = time_unit(timeline.ended_n)
    for state in timeline.spent:
        ours = np.array([each == state for each in timeline.state_n])
        left, right, row = (
            timeline.began_n[ours] / size,
            timeline.ended_n[ours] / size,
            timeline.row_n[ours],
        )
        corners = [
            [(a, r - 0.4), (b, r - 0.4), (b, r + 0.4), (a, r + 0.4)]
            for a, b, r in zip(left, right, row, strict=True)
        ]
        many = len(timeline.row_n) > MANY
        bars = PolyCollection(
            corners,
            facecolors=style.STATE_COLOURS[state],
            edgecolors=(
                style.STATE_COLOURS[state] if many else "white"
            ),  # so that short ones can be seen, or told apart
            linewidths=0.3,
            rasterized=many,
        )
        axes.add_collection(bars)
    for at, _ in timeline.pauses:
        axes.axvline(at / size, color=style.MUTED, linestyle=":", linewidth=1)
    axes.set_xlim(0, timeline.length / size or 1.0)
    axes.set_ylim(timeline.rows - 0.4, -0.6)
    axes.set_yticks(
        [0, timeline.rows - 1] if timeline.rows > 1 else [0],
        ["1", str(timeline.rows)][: timeline.rows],
    )
    axes.set_ylabel("at once")
    axes.set_xlabel(
        f"{unit} since the search began" + (", pauses left out (dotted)" if timeline.pauses else "")
    )
    axes.grid(visible=False, axis="y")


def _sums(axes: Axes, timeline: Timeline) -> None:
    size, unit = time_unit([sum(timeline.spent.values()) + timeline.saved])
    left, handles = 0.0, []
    for state, seconds in timeline.spent.items():
        axes.barh(0, seconds / size, 0.8, left=left, color=style.STATE_COLOURS[state])
        handles.append(
            Patch(
                color=style.STATE_COLOURS[state],
                label=f"{style.STATE_WORDS[state]} {duration(seconds, 'decimal')}",
            )
        )
        left += seconds / size
    if timeline.saved:
        spared: dict[str, Any] = {
            "facecolor": "white",
            "edgecolor": style.MUTED,
            "hatch": "////",
            "linewidth": 0.6,
        }
        axes.barh(0, timeline.saved / size, 0.8, left=left, **spared)
        handles.append(
            Patch(**spared, label=f"spared by early stopping {duration(timeline.saved, 'decimal')}")
        )
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.margins(x=0)
    axes.set_xlabel(f"worker time, {unit}")
    figure = axes.get_figure(root=True)
    assert figure is not None
    figure.legend(
        handles=handles, loc="outside upper left", ncols=4, columnspacing=1.2, handletextpad=0.5
    )


def describe_timeline(timeline: Timeline) -> str:
    """How long it took, how many ran at once, and where the time went."""
    spent = ", ".join(
        f"{duration(seconds, 'decimal')} on {style.STATE_WORDS[state]}"
        for state, seconds in timeline.spent.items()
    )
    taken = len(set(timeline.trial_n.tolist()))
    length = duration(timeline.length, "decimal")
    saved = ""
    if timeline.saved:
        saved = f" Early stopping spared about {duration(timeline.saved, 'decimal')}."
    pauses = f", with {counted(len(timeline.pauses), 'pauses')} left out" if timeline.pauses else ""
    return (
        f"{timeline.family}: {taken} trials in {length}{pauses}, up to"
        f" {timeline.rows} at once. Worker time by how they ended: {spent} trials.{saved}"
    )


TIMELINE = FigureKind(
    name="timeline",
    title="What the workers did, and what early stopping spared",
    compute=compute_timeline,
    draw=draw_timeline,
    describe=describe_timeline,
    caption="When trials ran, and below, what the workers' time went into; in gaps nothing ran.",
    empty="nothing has run, or no journal was kept.",
    group="search",
)
