"""What there is: families, data sets, studies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from analysis.tables import load_all
from models.api import counted
from models.datasets import NAMES
from models.errors import unknown
from search.config import shipped_studies
from search.families import FAMILIES, find


def listing(what: str, out: Path) -> str:
    """The lines of `hypersearch list families|datasets|studies`."""
    lists: dict[str, Callable[[], list[str]]] = {
        "families": _families,
        "datasets": _datasets,
        "studies": lambda: _studies(out),
    }
    if what not in lists:
        raise unknown("list", what, lists)
    return "\n".join(lists[what]())


def _families() -> list[str]:
    lines = []
    for name in FAMILIES:
        family = find(name)
        longest = counted(family.max_resource, family.resource)
        baselines = ", ".join(baseline.name for baseline in family.baselines)
        lines.append(f"{name}: {family.metric}, up to {longest}; baselines {baselines}")
        lines.append(f"    searches {', '.join(family.space)}{'; takes --features' * family.takes_features}")
    return lines


def _datasets() -> list[str]:
    return [f"{name}: {words}" for name, words in NAMES.items()]


def _studies(out: Path) -> list[str]:
    ran = [f"{study.name}: {', '.join(_searched(study.facts))}; {study.facts['started']}" for study in load_all(out)]
    return [*(ran or [f"none in {out} yet"]), f"shipped study files: {', '.join(shipped_studies())}"]


def _searched(facts: dict[str, list[dict[str, str]]]) -> list[str]:
    return [search["family"] for search in facts["searches"]]
