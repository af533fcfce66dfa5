"""What there is: families, and what each searches; metrics; data sets; studies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from hypersearch.models.api import Baseline, Family
from hypersearch.models.data.sources import NAMED_SOURCES, PATH_SOURCES
from hypersearch.models.errors import UserError, unknown
from hypersearch.models.metrics import BETTER, METRICS
from hypersearch.models.text import counted
from hypersearch.search.config.study_files import shipped_studies
from hypersearch.search.families import FAMILIES, find
from hypersearch.search.space.description import describe_range, on_demand

MORE = "`hypersearch list families NAME` shows what is searched of one, and what its baselines use."
CHANGES = "--set P=V fixes a parameter, --space P=LOW..HIGH or P=A,B searches other values."


def listing(what: str, name: str | None, out: Path) -> str:
    """The lines of `hypersearch list families|metrics|datasets|studies`, or of one family."""
    lists: dict[str, Callable[[], str]] = {
        "families": lambda: shown(*(_family(find(name)) if name else _families())),
        "metrics": lambda: shown(_metrics()),
        "datasets": lambda: "\n".join(_datasets()),
        "studies": lambda: "\n".join(_studies(out)),
    }
    if what not in lists:
        raise unknown("list", what, lists)
    if name and what != "families":
        raise UserError(
            f"list {what} takes no name, got {name!r}; list families takes that of a family"
        )
    return lists[what]()


def shown(*parts: RenderableType) -> str:
    """What rich makes of the parts, one below another."""
    console = Console(highlight=False)
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    return captured.get().rstrip("\n")


def _families() -> Iterator[RenderableType]:
    found = [find(name) for name in FAMILIES]
    rows = [
        (
            each.name,
            each.metric,
            counted(each.max_resource, each.resource),
            ", ".join(b.name for b in each.baselines),
        )
        for each in found
    ]
    yield _table(("family", "objective", "full trial", "baselines"), rows)
    yield Text(
        f"\n{MORE}\n--features is for"
        f" {', '.join(each.name for each in found if each.takes_features)}."
    )


def _family(family: Family) -> Iterator[RenderableType]:
    better = BETTER[family.mode]
    others = [_with_mode(metric) for metric in family.metrics if metric != family.metric]
    longest = counted(family.max_resource, family.resource)
    yield Text(
        f"{family.name}: {family.metric}, {better} is better; a full trial is {longest}",
        style="bold",
    )
    if others:
        yield Text(f"other metrics: {', '.join(others)}")
    if family.takes_features:
        yield Text("takes --features")
    for each in family.baselines:
        yield Text(
            f"baseline {each.name}, {counted(each.resource, family.resource)}: {each.source}"
        )
    rows = [
        (name, _searched_values(family, name), _used(name, family.baselines))
        for name in family.space
    ]
    yield Text()
    yield _table(("parameter", "searched", "baselines"), rows)
    yield Text(f"\n{CHANGES}")


def _with_mode(metric: str) -> str:
    """`accuracy (max)`; what is not registered has no direction."""
    return f"{metric} ({METRICS[metric].mode})" if metric in METRICS else metric


def _metrics() -> Table:
    rows = [(name, BETTER[row.mode], row.needs, row.help) for name, row in METRICS.items()]
    return _table(("metric", "better", "needs", "meaning"), rows)


def _searched_values(family: Family, name: str) -> str:
    parameter = family.space[name]
    besides = ", ".join(map(str, on_demand(parameter)))
    return describe_range(parameter, family.space) + (f"; on demand {besides}" if besides else "")


def _used(name: str, baselines: Sequence[Baseline]) -> str:
    """The value that all baselines have, or each value with their names.

    As in: 10 (R4-10, R4-ae10), 16 (R4-16).
    """
    names: dict[str, list[str]] = {}
    for each in baselines:
        if name in each.config:
            names.setdefault(str(each.config[name]), []).append(each.name)
    if len(names) == 1 and sum(map(len, names.values())) == len(baselines):
        return next(iter(names))
    return ", ".join(f"{value} ({', '.join(theirs)})" for value, theirs in names.items())


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """Columns of words; the first stands in full, the others wrap."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for number, column in enumerate(columns):
        table.add_column(column, no_wrap=number == 0, overflow="fold")
    for cells in rows:
        table.add_row(*map(Text, cells))
    return table


def _datasets() -> Iterator[str]:
    """A line for each data source."""
    for named in NAMED_SOURCES.values():
        yield f"{named.name}: {named.help}"
    for source in PATH_SOURCES.values():
        yield f"the path of {source.place}: {source.holds}. {source.help}"


def _studies(out: Path) -> list[str]:
    from hypersearch.search.storage.study import load_all  # pandas

    ran = [
        f"{study.name}: {', '.join(_names(study.facts))}; {study.facts['started']}"
        for study in load_all(out)
    ]
    return [
        *(ran or [f"none in {out} yet"]),
        f"shipped study files: {', '.join(shipped_studies())}",
    ]


def _names(facts: dict[str, list[dict[str, str]]]) -> list[str]:
    return [search["family"] for search in facts["searches"]]
