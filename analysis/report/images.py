"""The figures of a search in a report: an image that needs nothing else, its words, or what went
wrong.
"""

from __future__ import annotations

import os
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from signal import SIG_DFL, SIGINT, signal

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from threadpoolctl import threadpool_limits

from hypersearch.analysis.figures import KINDS
from hypersearch.analysis.figures.base import FigureKind
from hypersearch.analysis.figures.style import encode
from hypersearch.analysis.leaderboard.footnotes import cut_short
from hypersearch.analysis.report.formatting import short
from hypersearch.analysis.report.study_facts import where
from hypersearch.analysis.study.evaluation_artifacts import ModelArtifacts, of_winner
from hypersearch.analysis.study.ranking import families
from hypersearch.search.storage.study import Study

SMALL = 60_000  # bytes of an SVG up to which no PNG is tried
# marks in a figure from which on no SVG is tried: it would have 100 kB, and take as long as a PNG
MANY = 1_000
PIXELS = 96  # of CSS an inch


@dataclass(frozen=True)
class Picture:
    """One figure. `source`: a data URI, or empty; then `error` or `nothing` says why."""

    kind: str
    title: str
    group: str = "search"  # of the kind: "search" or "model"
    about: str = ""  # what it shows and how to read it
    alt: str = ""
    source: str = ""
    width: int = 0  # CSS pixels
    height: int = 0
    error: str = ""
    nothing: str = ""


_Found = Picture | None
Job = tuple[int, str, str]  # the place of a study, a family of it, a kind of figure
_studies: Sequence[Study] = ()  # of a process that draws


def uncounted(count: int, of: int) -> None:
    """Tell nobody."""


def pictures(
    studies: Sequence[Study],
    say: Callable[[str], None],
    strict: bool = False,
    workers: int = 1,
    drawn_of: Callable[[int, int], None] = uncounted,
) -> list[dict[str, list[Picture]]]:
    """Of each study, by family, every figure that applies, and what each kind that does not says in
    its place (`empty`), if anything.

    One that fails is told to `say`, with an error in its place; or, if `strict`, raises. Where
    `workers` is more than 1 and this process `can_fork`, so many processes draw. `drawn_of` is told
    after each how many have been tried, of how many.
    """
    jobs = [
        (at, family, kind)
        for at, study in enumerate(studies)
        for family in families(study)
        for kind in KINDS
    ]
    found: list[dict[str, list[Picture]]] = [
        {family: [] for family in families(study)} for study in studies
    ]
    with _drawn(studies, jobs, strict, workers, drawn_of) as drawn:
        for (at, family, kind), picture in zip(jobs, drawn, strict=True):
            if picture and picture.error:
                say(
                    f"{studies[at].name}: the figure {kind} of {family} could not be made:"
                    f" {picture.error}"
                )
            found[at][family] += [picture] if picture else []
    return found


@contextmanager
def _drawn(
    studies: Sequence[Study],
    jobs: Sequence[Job],
    strict: bool,
    workers: int,
    drawn_of: Callable[[int, int], None],
) -> Iterator[Iterator[_Found]]:
    """The pictures in the order of the jobs."""
    drawn_of(0, len(jobs))
    if workers == 1 or not can_fork():
        yield _one_by_one(studies, jobs, strict, drawn_of)
        return
    # a copy of this process draws at once; a new one would first load all that draws
    fork = get_context("fork")
    threads = max(1, (os.cpu_count() or 1) // workers)
    pool = ProcessPoolExecutor(workers, fork, initializer=_begin, initargs=(studies, threads))
    try:
        slowest_first = sorted(jobs, key=lambda job: -KINDS[job[2]].cost)
        waiting = {job: pool.submit(_apart, job, strict) for job in slowest_first}
        for count, _ in enumerate(as_completed(waiting.values()), start=1):
            drawn_of(count, len(jobs))
        yield (_result(waiting[job], studies, job, strict) for job in jobs)
    finally:
        pool.shutdown(cancel_futures=True)


def can_fork() -> bool:
    """True if copies of this process may draw.

    Not where Ray is loaded, as in a notebook that has run a search: its connections do not survive
    a fork, and the next call to it may wait for ever.
    """
    return sys.platform.startswith("linux") and "ray" not in sys.modules


def _one_by_one(
    studies: Sequence[Study],
    jobs: Sequence[Job],
    strict: bool,
    drawn_of: Callable[[int, int], None],
) -> Iterator[_Found]:
    for count, job in enumerate(jobs, start=1):
        found = _attempt(studies, job, strict)
        drawn_of(count, len(jobs))
        yield found


def _begin(studies: Sequence[Study], threads: int) -> None:
    """With a thread for every core in each, processes that share the cores would wait for each
    other.
    """
    global _studies
    _studies = studies
    threadpool_limits(threads)
    # for the libraries that are loaded later
    for variable in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ[variable] = str(threads)
    signal(SIGINT, SIG_DFL)  # Ctrl-C is for the first process to speak of


def _apart(job: Job, strict: bool) -> _Found:
    return _attempt(_studies, job, strict)


def _result(future: Future[_Found], studies: Sequence[Study], job: Job, strict: bool) -> _Found:
    try:
        return future.result()
    except BrokenProcessPool:  # one was killed, for want of memory most likely
        return _attempt(studies, job, strict)


def _attempt(studies: Sequence[Study], job: Job, strict: bool) -> _Found:
    study, family, kind = studies[job[0]], job[1], KINDS[job[2]]
    try:
        return _picture(kind, study, family)
    except Exception as error:
        if strict:
            raise
        words = short(" ".join(f"{type(error).__name__}: {error}".split()), 300)
        return Picture(kind.name, kind.title, kind.group, kind.caption, error=words)


def _picture(kind: FigureKind, study: Study, family: str) -> _Found:
    record = kind.compute(study, family)
    if record is None and not kind.empty:
        return None
    if record is None:
        return Picture(kind.name, kind.title, kind.group, nothing=kind.empty)
    drawn = kind.draw(record)
    width, height = (round(inches * PIXELS) for inches in drawn.get_size_inches())
    return Picture(
        kind=kind.name,
        title=kind.title,
        group=kind.group,
        about=kind.caption,
        alt=kind.describe(record),
        source=data_uri(drawn),
        width=width,
        height=height,
    )


def of_the_model(study: Study, family: str, ranked: pd.DataFrame, shown: Sequence[Picture]) -> str:
    """Which model the pictures of test images show, and why they, or some, are missing."""
    found = of_winner(study, family)
    if found is None and (cut := cut_short(study)):
        return f"What the best model does with test images is not kept yet: {cut}."
    if found is None:
        return (
            "What the best model does with test images is shown once they were read: hypersearch"
            f" confirm {short(study.folder.name)}{short(where(study))} trains it anew and keeps"
            " what pictures need."
        )
    if found.has("reconstructions") and "reconstructions" not in {
        picture.kind for picture in shown
    }:
        return "The images are not at hand here, so pictures that need them are left out."
    if not any(picture.source for picture in shown):
        return "Of this model nothing was kept that could be drawn."
    return _whose(ranked, found)


def _whose(ranked: pd.DataFrame, found: ModelArtifacts) -> str:
    complete = ranked[ranked["state"] == "COMPLETE"]
    names = {
        int(row["trial"]): f"trial {row['trial']} {short(row['name'], 40)}".strip()
        for _, row in complete.iterrows()
    }
    judged, best = int(found.facts.get("trial", -1)), next(iter(names), -1)
    whose = names.get(judged, f"trial {judged}")
    said = f"Pictures of test images are of {whose}, of the first seed that it was confirmed with."
    later = (
        f" The best now is {names[best]}, which has not been judged on them."
        if best not in (-1, judged)
        else ""
    )
    return said + later


def data_uri(drawn: Figure) -> str:
    """The figure as SVG, which is sharp at any size, or, where that would be large, as PNG if that
    is smaller.

    As an image, neither can run anything.
    """
    svg = b"" if marks(drawn) > MANY else encode(drawn, "svg")
    if 0 < len(svg) <= SMALL:
        return _uri("image/svg+xml", svg)
    png = encode(drawn, "png")
    return _uri("image/svg+xml", svg) if 0 < len(svg) < len(png) else _uri("image/png", png)


def marks(drawn: Figure) -> int:
    """About how many points and corners the figure has."""
    lines = [np.asarray(line.get_xydata()) for axes in drawn.axes for line in axes.lines]
    groups = [group for axes in drawn.axes for group in axes.collections]
    corners = [path for group in groups for path in group.get_paths()]
    return (
        sum(map(len, lines))
        + sum(len(np.asarray(group.get_offsets())) for group in groups)
        + sum(map(len, corners))
    )


def _uri(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{b64encode(data).decode()}"
