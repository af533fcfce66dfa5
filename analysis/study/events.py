"""Everything that happened in a study, in order, as its journal tells it.

That is what the tables cannot tell: what was done twice because a checkpoint was older than a
crash, and how long a search took that was resumed.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias, get_args

from hypersearch.search.storage.journal import JOURNAL, read_lines
from hypersearch.search.storage.study import Study, is_missing

Happening: TypeAlias = Literal["start", "step", "end", "rewind"]


@dataclass(frozen=True)
class Event:
    """One line of the journal.

    at: seconds since 1970. run: 0, or how often the study had been resumed. facts: of a start
    `name`, `params`, `seed`, `max_resource`, `replicate_of`; of a step `resource`, `seconds` (of
    all steps of the trial so far), `objective`, `metrics`, `complete`, `stopped`; of an end
    `state`, `cut`, `failure`; of a rewind, which takes a trial back to its last checkpoint,
    `resource`.
    """

    happening: Happening
    at: float
    run: int
    family: str
    trial: int
    facts: Mapping[str, Any]


def read(study: Study) -> list[Event]:
    """The events of a study, in order; torn lines are passed over.

    Of a study without a journal, as if its trials had run one after another in the order of
    trials.csv.
    """
    path = study.folder / JOURNAL
    found = _told(read_lines(path), study.facts) if path.is_file() else _from_tables(study)
    return list(found)


def elapsed(events: Sequence[Event]) -> list[float]:
    """Seconds from the first of these events to each; what passed between two runs of the study is
    left out.
    """
    gaps = [max(b.at - a.at, 0.0) if a.run == b.run else 0.0 for a, b in itertools.pairwise(events)]
    return list(itertools.accumulate(gaps, initial=0.0)) if events else []


def _told(written: Iterable[dict[str, Any]], facts: Mapping[str, Any]) -> Iterator[Event]:
    """What a journal tells.

    A run of the study begins when study.json says; an event belongs to the last that had.
    """
    runs = [*facts.get("runs", ()), facts]
    begun = sorted(datetime.fromisoformat(str(run["started"])).timestamp() for run in runs)
    for told in written:
        with suppress(ValueError, KeyError, TypeError):
            happening, at = told["event"], float(told["at"])
            if happening in get_args(Happening):
                run = max(bisect_right(begun, at) - 1, 0)
                yield Event(happening, at, run, str(told["family"]), int(told["trial"]), told)


def _from_tables(study: Study) -> Iterator[Event]:
    history = dict(iter(study.history.groupby(["family", "trial"]))) if len(study.history) else {}
    began = 0.0
    for row in study.trials.to_dict("records"):
        key = str(row["family"]), int(row["trial"])
        ended = began + float(row["seconds"])
        yield Event("start", began, 0, *key, {"name": row["name"], "replicate_of": None})
        for step in (
            history[key].to_dict("records")
            if key in history
            else [{**row, "step": row["resource"]}]
        ):
            yield Event("step", began + float(step["seconds"]), 0, *key, _step(step))
        yield Event("end", ended, 0, *key, {"state": row["state"], "cut": False, "failure": ""})
        began = ended


def _step(row: Mapping[Any, Any]) -> Mapping[str, Any]:
    """A row of history.csv as the journal would tell it."""
    values = {
        str(key).removeprefix("val."): value
        for key, value in row.items()
        if str(key).startswith("val.")
    }
    metrics = {name: float(value) for name, value in values.items() if not is_missing(value)}
    return {
        "resource": int(row["step"]),
        "seconds": float(row["seconds"]),
        "metrics": metrics,
        "complete": False,
    }
