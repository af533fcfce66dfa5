"""What `hypersearch run` would do, what it would cost and where it would write, without doing it.

Each search's time is an estimate from one step of one configuration, timed on the data of the study
in a process of its own (search/diagnostics/probe.py): other configurations take longer or shorter,
and a run may be finished before its last step.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import psutil
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy.exc import ArgumentError

from hypersearch.clustering.features.feature_spec import network
from hypersearch.models.data.datasets import Dataset
from hypersearch.models.errors import UserError
from hypersearch.models.text import counted, duration
from hypersearch.search.config.settings import StudyConfig
from hypersearch.search.diagnostics.probe import Probe, probe
from hypersearch.search.planned_search import Search
from hypersearch.search.planning import environment
from hypersearch.search.planning.plan import plan_study, slots
from hypersearch.search.planning.study_json import without_password
from hypersearch.search.schedulers.registry import SCHEDULERS
from hypersearch.search.schedulers.rungs import expected
from hypersearch.search.space.description import describe_range, is_fixed
from hypersearch.search.space.proposals import possible
from hypersearch.search.storage.record import refuse_existing_folder

REPEATED = 30.0  # seconds; a first step that took less is timed a second time, its graph built
PATIENCE = 600.0  # seconds for the steps of a search
GIB = 2**30
Row = tuple[str, str]


def show_plan(config: StudyConfig, console: Console | None = None) -> int:
    """Print the plan of a study; 1 if a first step failed, else 0.

    Writes nothing but to the user's cache: downloaded data, and features that take long to make.
    """
    refuse_existing_folder(config.out, config.name)
    searches, dataset = plan_study(config)
    at_once = slots(config, os.cpu_count() or 1, environment.gpus())
    written = list(written_rows(config))
    console = console or Console(highlight=False)
    console.print(Text(f"{config.name}: a dry run, nothing is searched or written\n", style="bold"))
    tried: list[Probe | None] = []
    for number, search in enumerate(searches):
        with console.status(f"timing a step of {search.family.name}"):
            tried.append(_tried(config, number, search) if search.total else None)
        rows = [*plan_rows(search), *cost_rows(search, tried[-1], at_once)]
        console.print(_block(search.family.name, rows))
    console.print(
        _block("study", [*study_rows(config, searches, dataset, tried, at_once), *written])
    )
    failed = [probe for probe in tried if probe and probe.failure and not probe.late]
    for failure in failed:
        console.print(Text(failure.failure.strip()), soft_wrap=True)
    return int(bool(failed))


def _tried(config: StudyConfig, number: int, search: Search) -> Probe:
    """A step of a search; of one whose features come from a network nothing is known before that is
    handed over.
    """
    step = network(search.features) if search.features else None
    if step:
        whose = (
            f"of study {step.study!r}" if step.study else "of this study, which is not searched yet"
        )
        return Probe(failure=f"its features come from the best {step.kind} {whose}", late=True)
    return probe(config, number, REPEATED, PATIENCE)


def most_steps(search: Search) -> int:
    """Steps of a search in which every trial runs to its end."""
    return sum(limit for _, limit in search.baselines) + search.asked.trials * search.max_resource


def expected_steps(search: Search) -> float:
    """Steps of a search in which one trial in η goes on at each rung; baselines run to their
    end.
    """
    one = expected(search.max_resource, search.ladder, search.asked.reduction_factor)
    return sum(limit for _, limit in search.baselines) + search.asked.trials * one


def seconds(search: Search, tried: Probe, steps: float, at_once: int) -> float:
    """How long a search of so many steps takes."""
    return (steps * tried.step + search.total * tried.overhead) / min(at_once, search.total)


# --- rows -----------------------------------------------------------------------------------------


def plan_rows(search: Search) -> Iterator[Row]:
    """What is searched, and for how long."""
    family, unit = search.family, search.family.resource
    others = [name for name in family.metrics if name not in search.metrics]
    goals = [
        f"{m}, {'higher' if d == 'max' else 'lower'} is better"
        for m, d in zip(search.metrics, search.modes, strict=True)
    ]
    yield "objective", f"{'; and '.join(goals)}{'; also ' * bool(others)}{', '.join(others)}"
    if search.features:
        yield "features", search.features
    space = {
        name: parameter
        for name, parameter in search.space.items()
        if possible(parameter, search.space)
    }
    searched = {name: parameter for name, parameter in space.items() if not is_fixed(parameter)}
    yield (
        "searched",
        "\n".join(f"{name} {describe_range(p, search.space)}" for name, p in searched.items())
        or "nothing",
    )
    if fixed := {
        name: describe_range(p, search.space) for name, p in space.items() if name not in searched
    }:
        yield "fixed", "\n".join(f"{name} {value}" for name, value in fixed.items())
    yield (
        "trials",
        (
            f"{search.asked.trials} of up to {counted(search.max_resource, unit)}, proposed by"
            f" {search.asked.searcher}"
        ),
    )
    if search.baselines:
        yield (
            "baselines",
            ", ".join(f"{each.name} ({counted(limit, unit)})" for each, limit in search.baselines),
        )
    for name, reason in search.left_out.items():
        yield "left out", f"{name}: {reason}"
    yield "rungs", _rungs(search)


def cost_rows(search: Search, tried: Probe | None, at_once: int) -> Iterator[Row]:
    """Steps, time and memory."""
    if tried is None:
        yield "steps", "none: there are no trials"
        return
    most, likely = most_steps(search), expected_steps(search)
    yield "steps", f"about {likely:,.0f} {search.family.resource}, at most {most:,}"
    if tried.failure:
        yield "time", f"not known: {tried.reason}"
        return
    times = [duration(seconds(search, tried, steps, at_once), "rough") for steps in (likely, most)]
    yield (
        "time",
        (
            f"{times[0]} expected, {times[1]} if no trial is stopped, {min(at_once, search.total)}"
            " at once"
        ),
    )
    step, overhead = duration(tried.step, "rough"), duration(tried.overhead, "rough")
    once = f"{step} a step, {overhead} besides for each trial"
    yield "", f"from one step of {tried.name or 'a middling proposal'}: {once}"
    yield "memory", f"{tried.peak / GIB:.1f} GiB a trial"


def study_rows(
    config: StudyConfig,
    searches: Sequence[Search],
    dataset: Dataset,
    tried: Sequence[Probe | None],
    at_once: int,
) -> Iterator[Row]:
    """What the searches have in common, and their sum."""
    yield "data", _data(dataset)
    yield "at once", _at_once(config, at_once)
    timed = [
        (search, probe)
        for search, probe in zip(searches, tried, strict=True)
        if probe and not probe.failure
    ]
    yield "time", _time(config, timed, at_once)
    unknown = [
        s.family.name for s, probe in zip(searches, tried, strict=True) if probe and probe.failure
    ]
    without = f"; without {' and '.join(unknown)}" if unknown else ""
    rough = (
        "a rough guide: a larger configuration may take several times as long, one that converges"
        " ends sooner"
    )
    yield "", f"{rough}; starting Ray comes on top{without}"
    most = max((probe.peak * min(at_once, search.total) for search, probe in timed), default=0)
    there = psutil.virtual_memory().available
    room = ": run fewer at once (--concurrency)" if most > there else ""
    needed = f"{most / GIB:.1f} GiB for trials" if timed else "not known"
    yield "memory", f"{needed}; {there / GIB:.1f} GiB are available{room}"


def written_rows(config: StudyConfig) -> Iterator[Row]:
    """Where all is written."""
    folder = config.out / config.name
    yield "study", str(folder)
    yield "logs", str(folder / "logs")
    try:
        yield "storage", without_password(config.storage_url)
    except ArgumentError as error:
        raise UserError(
            f"cannot open --storage {config.storage}: {str(error).splitlines()[0]}"
        ) from error


def _time(config: StudyConfig, timed: Sequence[tuple[Search, Probe]], at_once: int) -> str:
    likely = sum(seconds(search, probe, expected_steps(search), at_once) for search, probe in timed)
    most = sum(seconds(search, probe, most_steps(search), at_once) for search, probe in timed)
    words = (
        f"{duration(likely, 'rough')} expected, {duration(most, 'rough')} if no trial is stopped"
        if timed
        else "not known"
    )
    if config.time_budget is None:
        return f"{words}; no time budget"
    cut = ", which cuts the searches short" if likely > config.time_budget else ""
    return f"{words}; the time budget is {duration(config.time_budget, 'rough')}{cut}"


def _at_once(config: StudyConfig, at_once: int) -> str:
    each = f"{config.cpus_per_trial} for a trial"
    gpus = (
        f", {environment.gpus()} GPUs, {config.gpus_per_trial:g} for a trial"
        if config.gpus_per_trial
        else ""
    )
    here = f"{at_once} trial{'s' * (at_once > 1)}: {os.cpu_count()} cores, {each}{gpus}"
    return (
        f"{here}; counted here, the cluster at {config.cluster} may hold more"
        if config.cluster
        else here
    )


def _data(dataset: Dataset) -> str:
    if not len(dataset.x_train):
        return "none needed"
    height, width = dataset.shape
    parts = f"{len(dataset.x_train):,} training and {len(dataset.x_val):,} validation images"
    return f"{dataset.name}: {parts}, {height} × {width}, {dataset.n_classes} classes"


def _rungs(search: Search) -> str:
    spec = SCHEDULERS[search.asked.scheduler]
    if not spec.stops_early:
        return spec.plan
    if len(search.metrics) > 1:
        return "none: with several objectives no trial is stopped early"
    if not spec.stops_by_rungs:
        return spec.plan
    if not search.ladder:
        return "none: a trial is a single step"
    steps = ", ".join(map(str, search.ladder))
    return f"{steps}: at each, one in {search.asked.reduction_factor} goes on"


def _block(title: str, rows: Sequence[Row]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0), expand=False)
    table.title, table.title_justify, table.title_style = title, "left", "bold"
    table.add_column(width=9, style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for label, words in rows:
        table.add_row(Text(label), Text(words))
    table.add_row()
    return table
