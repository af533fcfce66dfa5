"""`hypersearch run --dry-run`: what a study would do, cost and write, without doing it.

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
from hypersearch.models.metrics import BETTER
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
ROUGH = (
    "a rough guide: a larger configuration may take several times as long, one that converges"
    " ends sooner"
)
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
            tried.append(_try_step(config, number, search) if search.total else None)
        rows = [*plan_rows(search), *cost_rows(search, tried[-1], at_once)]
        console.print(_block(search.family.name, rows))
    rows = [*study_rows(config, searches, dataset, tried, at_once), *written]
    console.print(_block("study", rows))
    failed = [probe for probe in tried if probe and probe.failure and not probe.late]
    for failure in failed:
        console.print(Text(failure.failure.strip()), soft_wrap=True)
    return int(bool(failed))


def _try_step(config: StudyConfig, number: int, search: Search) -> Probe:
    """Time a step of a search.

    Where a network makes the features, the cost is not known before that network is exported.
    """
    step = network(search.features) if search.features else None
    if step is None:
        return probe(config, number, REPEATED, PATIENCE)
    whose = "of this study, which is not searched yet"
    if step.study:
        whose = f"of study {step.study!r}"
    return Probe(failure=f"its features come from the best {step.kind} {whose}", late=True)


def most_steps(search: Search) -> int:
    """Steps of a search in which every trial runs to its end."""
    return sum(limit for _, limit in search.baselines) + search.asked.trials * search.max_resource


def expected_steps(search: Search) -> float:
    """Steps of a search in which one trial in η goes on at each rung; baselines are not stopped."""
    one = expected(search.max_resource, search.ladder, search.asked.reduction_factor)
    return sum(limit for _, limit in search.baselines) + search.asked.trials * one


def seconds(search: Search, tried: Probe, steps: float, at_once: int) -> float:
    """The duration of a search of `steps` steps, in seconds."""
    return (steps * tried.step + search.total * tried.overhead) / min(at_once, search.total)


# --- rows -----------------------------------------------------------------------------------------


def plan_rows(search: Search) -> Iterator[Row]:
    """What is searched, and for how long."""
    unit = search.family.resource
    yield "objective", _objective(search)
    if search.features:
        yield "features", search.features
    yield from _space_rows(search)
    longest = counted(search.max_resource, unit)
    yield "trials", f"{search.asked.trials} of up to {longest}, proposed by {search.asked.searcher}"
    baselines = [f"{each.name} ({counted(resource, unit)})" for each, resource in search.baselines]
    if baselines:
        yield "baselines", ", ".join(baselines)
    for name, reason in search.left_out.items():
        yield "left out", f"{name}: {reason}"
    yield "rungs", _rungs(search)


def _objective(search: Search) -> str:
    """The objectives with their directions, and the other metrics."""
    goals = []
    for metric, mode in zip(search.metrics, search.modes, strict=True):
        goals.append(f"{metric}, {BETTER[mode]} is better")
    words = "; and ".join(goals)
    others = [name for name in search.family.metrics if name not in search.metrics]
    return f"{words}; also {', '.join(others)}" if others else words


def _space_rows(search: Search) -> Iterator[Row]:
    """The parameters that are searched, and those that are fixed."""
    searched: list[str] = []
    fixed: list[str] = []
    for name, parameter in search.space.items():
        if possible(parameter, search.space):
            line = f"{name} {describe_range(parameter, search.space)}"
            lines = fixed if is_fixed(parameter) else searched
            lines.append(line)
    yield "searched", "\n".join(searched) or "nothing"
    if fixed:
        yield "fixed", "\n".join(fixed)


def cost_rows(search: Search, tried: Probe | None, at_once: int) -> Iterator[Row]:
    """Steps, time and memory of a search."""
    if tried is None:
        yield "steps", "none: there are no trials"
        return
    likely, most = expected_steps(search), most_steps(search)
    yield "steps", f"about {likely:,.0f} {search.family.resource}, at most {most:,}"
    if tried.failure:
        yield "time", f"not known: {tried.reason}"
        return
    expected_time = duration(seconds(search, tried, likely, at_once), "rough")
    longest_time = duration(seconds(search, tried, most, at_once), "rough")
    time = f"{expected_time} expected, {longest_time} if no trial is stopped"
    yield "time", f"{time}, {min(at_once, search.total)} at once"
    step, overhead = duration(tried.step, "rough"), duration(tried.overhead, "rough")
    cost = f"{step} a step, {overhead} besides for each trial"
    yield "", f"from one step of {tried.name or 'a middling proposal'}: {cost}"
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
    timed, unknown = [], []
    for search, step in zip(searches, tried, strict=True):
        if step and step.failure:
            unknown.append(search.family.name)
        elif step:
            timed.append((search, step))
    yield "time", _time(config, timed, at_once)
    without = f"; without {' and '.join(unknown)}" if unknown else ""
    yield "", f"{ROUGH}; starting Ray comes on top{without}"
    yield "memory", _memory(timed, at_once)


def _memory(timed: Sequence[tuple[Search, Probe]], at_once: int) -> str:
    """The memory that the trials take at once, beside what is available."""
    needed = max((probe.peak * min(at_once, search.total) for search, probe in timed), default=0)
    available = psutil.virtual_memory().available
    words = f"{needed / GIB:.1f} GiB for trials" if timed else "not known"
    words += f"; {available / GIB:.1f} GiB are available"
    return f"{words}: run fewer at once (--concurrency)" if needed > available else words


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
    words = "not known"
    if timed:
        expected_time, longest_time = duration(likely, "rough"), duration(most, "rough")
        words = f"{expected_time} expected, {longest_time} if no trial is stopped"
    if config.time_budget is None:
        return f"{words}; no time budget"
    cut = ", which cuts the searches short" if likely > config.time_budget else ""
    return f"{words}; the time budget is {duration(config.time_budget, 'rough')}{cut}"


def _at_once(config: StudyConfig, at_once: int) -> str:
    cores = f"{os.cpu_count()} cores, {config.cpus_per_trial} for a trial"
    words = f"{counted(at_once, 'trials')}: {cores}"
    if config.gpus_per_trial:
        words += f", {environment.gpus()} GPUs, {config.gpus_per_trial:g} for a trial"
    if config.cluster:
        words += f"; counted here, the cluster at {config.cluster} may hold more"
    return words


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
