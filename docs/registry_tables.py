"""The tables of the pages, made of the registries of the package.

A page says `<!-- generated: NAME -->` or `<!-- generated: NAME ARGUMENT -->`, alone on a line; in
its place stands what `GENERATORS[NAME]` makes. So no page repeats what a registry says.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

MARK = re.compile(r"^<!-- generated: (?P<name>[a-z-]+)(?: (?P<argument>\w+))? -->$", re.MULTILINE)
BETTER = {"max": "higher", "min": "lower"}


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; bars in cells are escaped."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(cell(each) for each in line) + " |" for line in lines)


def cell(value: object) -> str:
    """A value as it stands in a table."""
    return " ".join(str(value).split()).replace("|", "\\|")


def code(values: Iterable[object]) -> str:
    """Names in code type, joined by commas."""
    return ", ".join(f"`{value}`" for value in values)


# --- what the registries say ------------------------------------------------------------------


def searchers() -> str:
    """The table of `SEARCHERS`."""
    from hypersearch.search.searchers import SEARCHERS

    rows = [
        (f"`{name}`", row.help, "yes" if row.learns else "no", row.extra and f"`{row.extra}`")
        for name, row in SEARCHERS.items()
    ]
    return table(("`--searcher`", "proposes", "learns from trials", "extra"), rows)


def schedulers() -> str:
    """The table of `SCHEDULERS`."""
    from hypersearch.search.schedulers.registry import SCHEDULERS

    return table(
        ("`--scheduler`", "stops"),
        [(f"`{name}`", row.help) for name, row in SCHEDULERS.items()],
    )


def trackers() -> str:
    """The table of `TRACKERS`."""
    from hypersearch.search.trackers.registry import TRACKERS

    return table(
        ("`--track`", "what it does"), [(f"`{name}`", row.help) for name, row in TRACKERS.items()]
    )


def datasets() -> str:
    """The table of the named data sets."""
    from hypersearch.models.data.sources import NAMED_SOURCES

    return table(
        ("name", "holds"), [(f"`{name}`", row.help) for name, row in NAMED_SOURCES.items()]
    )


def data_formats() -> str:
    """The table of the formats in which a user's own data can be."""
    from hypersearch.models.data.sources import PATH_SOURCES

    rows = [
        (as_code(row.place), as_code(f"{row.holds}. {row.help}")) for row in PATH_SOURCES.values()
    ]
    return table(("`--dataset` is", "it holds"), rows)


def as_code(text: str) -> str:
    """The text with the names of files and arrays in code type."""
    return re.sub(
        r"[\w-]+(?:\.csv|-ubyte)|\b[xy]_(?:train|test)\b|\.(?:gz|npz)\b", r"`\g<0>`", text
    )


def metrics() -> str:
    """The table of `METRICS`."""
    from hypersearch.models.metrics import METRICS

    rows = [
        (f"`{name}`", BETTER[row.mode], row.help, row.needs, families_with(name))
        for name, row in METRICS.items()
    ]
    return table(("metric", "better", "meaning", "needs", "families"), rows)


def figures() -> str:
    """The table of the kinds of figures."""
    from hypersearch.analysis.figures import KINDS

    return table(("`KIND`", "shows"), [(f"`{name}`", kind.title) for name, kind in KINDS.items()])


def studies() -> str:
    """The study files that are shipped, each with its first line of comment."""
    from hypersearch.search.config.study_files import shipped_studies

    return table(
        ("file", "searches"),
        [(f"`{name}`", first_comment(path)) for name, path in shipped_studies().items()],
    )


def first_comment(path: Path) -> str:
    """The comment at the top of a TOML file, up to its first full stop."""
    lines = path.read_text(encoding="utf-8").splitlines()
    comment = " ".join(line.lstrip("# ") for line in lines if line.startswith("#"))
    return comment.partition(". ")[0].rstrip(".") + "."


def commands() -> str:
    """Each command with its help and its options, under a heading of its own."""
    from hypersearch.search.cli.main import cli

    return "\n\n".join(command(name, cli.commands[name]) for name in sorted(cli.commands))


def command(name: str, found: Any) -> str:
    """The help of one command: its usage, what it does, and a row for each option."""
    import click

    context = click.Context(found, info_name=f"hypersearch {name}")
    usage = found.get_usage(context).removeprefix("Usage: ")
    records = filter(None, (each.get_help_record(context) for each in found.get_params(context)))
    rows = [(option(names), sentence(text)) for names, text in records if text]
    parts = [
        f"## hypersearch {name}",
        f"```text\n{' '.join(usage.split())}\n```",
        re.sub(r"(--[a-z-]+)", r"`\1`", inspect.cleandoc(found.help)),
        table(("option", "meaning"), rows),
    ]
    return "\n\n".join(parts)


def option(names: str) -> str:
    """The spellings of an option in code type, and what it takes: `--fit-on` train or test."""
    *others, last = re.split(" / |, ", names)
    spelling, _, takes = last.partition(" ")
    return f"{code([*others, spelling])} {takes.strip('[]').replace('|', ' or ')}".strip()


def sentence(help_text: str) -> str:
    """What an option does, with its default: Folder of the studies; default: runs."""
    words, _, default = help_text.partition("  [")
    return words.rstrip(".") + (f"; {default.rstrip(']')}" if default else "")


# --- families -----------------------------------------------------------------------------------


def families_with(metric: str) -> str:
    """The families whose steps report a metric."""
    named = [family.name for family in every_family() if metric in family.metrics]
    return ", ".join(named) or "on test images only"


def every_family() -> list[Any]:
    """All families of the registry."""
    from hypersearch.search.families import FAMILIES, find

    return [find(name) for name in FAMILIES]


def families() -> str:
    """One row a family."""
    from hypersearch.models.text import counted

    rows = [
        (
            f"[{each.name}]({each.name}.md)",
            counted(1, each.resource),
            counted(each.max_resource, each.resource),
            f"`{each.metric}`, {BETTER[each.mode]} is better",
            ", ".join(baseline.name for baseline in each.baselines),
        )
        for each in every_family()
    ]
    return table(("family", "a step", "a full trial", "objective", "baselines"), rows)


def family(name: str) -> str:
    """What is searched of a family, its baselines and its metrics."""
    from hypersearch.search.families import find

    found = find(name)
    return "\n\n".join(
        [
            facts(found),
            "## Parameters",
            parameters(found),
            "## Baselines",
            baselines(found),
        ]
    )


def facts(found: Any) -> str:
    """Objective, other metrics, resource and features of a family, a line each."""
    from hypersearch.models.text import counted

    others = [metric for metric in found.metrics if metric != found.metric]
    lines = [
        f"Objective: `{found.metric}`, {BETTER[found.mode]} is better",
        f"Other metrics: {code(others)}",
        f"A full trial: {counted(found.max_resource, found.resource)}",
        f"Takes `--features`: {'yes' if found.takes_features else 'no'}",
    ]
    return "\n".join(f"- {line}" for line in lines)


def parameters(found: Any) -> str:
    """The search space of a family, a row a parameter."""
    from hypersearch.search.space import description

    return table(
        ("parameter", "searched", "on demand", "exists where"),
        [
            (f"`{name}`", values, ", ".join(map(str, description.on_demand(parameter))), where)
            for name, parameter in found.space.items()
            for values, _, where in [
                description.describe_range(parameter, found.space).partition(" where ")
            ]
        ],
    )


def baselines(found: Any) -> str:
    """The published configurations of a family, with the figures of their sources."""
    rows = [
        (
            f"`{each.name}`",
            f"{each.resource} {found.resource}",
            each.source,
            each.features and f"`{each.features}`",
            ", ".join(f"`{name}` {figure(value)}" for name, value in each.figures.items()),
        )
        for each in found.baselines
    ]
    columns = ("name", "length", "source", "features", "its figures")
    kept = [n for n, column in enumerate(columns) if column != "features" or found.takes_features]
    return table([columns[n] for n in kept], [[row[n] for n in kept] for row in rows])


def figure(value: float) -> str:
    """A figure as reports print it: 0.8790, 1,914,601.2."""
    return f"{value:.4f}" if abs(value) < 10 else f"{value:,.10g}"


def initial_points() -> str:
    """How many initial points each family has."""
    rows = [
        (f"`{each.name}`", len(each.initial_points))
        for each in every_family()
        if each.initial_points
    ]
    return table(("family", "initial points"), rows)


GENERATORS: dict[str, Callable[..., str]] = {
    "commands": commands,
    "datasets": datasets,
    "data-formats": data_formats,
    "families": families,
    "family": family,
    "figures": figures,
    "metrics": metrics,
    "schedulers": schedulers,
    "searchers": searchers,
    "initial-points": initial_points,
    "studies": studies,
    "trackers": trackers,
}


def filled(markdown: str) -> str:
    """A page with what is generated in place of its marks."""

    def made(match: re.Match[str]) -> str:
        argument = match["argument"]
        return GENERATORS[match["name"]](*([argument] if argument else []))

    return MARK.sub(made, markdown)
