"""Studies as a search records them, with trials of our own: every step takes a second, one trial
after another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import hypersearch
from hypersearch.search.storage.files import write_json
from hypersearch.search.storage.record import Record
from hypersearch.search.storage.trial import Step, Trial

BEGAN = 1_769_853_600.0  # 2026-01-31 10:00 UTC
HOSTILE = (
    "<script>alert(1)</script>\"'&{{ 7 * 7 }}$\\frac{$\x00\x1b\u202e</title>--><![CDATA[ü漢字🙂"
    + "x" * 3000
)

CNN: dict[str, Any] = {
    "family": "cnn",
    "target": "cnn",
    "metric": "accuracy",
    "mode": "max",
    "objectives": {"accuracy": "max"},
    "resource": "epochs",
    "max_resource": 9,
    "rungs": [1, 3],
    "searcher": "tpe",
    "scheduler": "asha",
    "trials": 5,
    "space": {
        "depth": {"kind": "Int", "low": 1, "high": 4, "log": False, "when": {}},
        "rate": {"kind": "Float", "low": 0.0001, "high": 0.1, "log": True, "when": {}},
        "pooling": {
            "kind": "Choice",
            "values": ["max", "average"],
            "searched": ["max", "average"],
            "when": {},
        },
    },
    "baselines": [
        {
            "name": "R5",
            "config": {"depth": 3, "rate": 0.001, "pooling": "max"},
            "resource": 9,
            "source": "R5, CNN",
            "dataset": "digits",
            "figures": {"train.accuracy": 0.914, "val.accuracy": 0.9067, "test.accuracy": 0.8997},
        }
    ],
    "left_out": {},
}
FACTS: dict[str, Any] = {
    "config": {
        "dataset": "digits",
        "seed": 3,
        "concurrency": 1,
        "storage": "sqlite:///runs/hypersearch.db",
    },
    "seed": 3,
    "dataset": {
        "name": "digits",
        "digest": "0123abcd" * 8,
        "train": 1149,
        "validation": 288,
        "test": 360,
        "size": [8, 8],
        "classes": [*"0123456789"],
    },
    "test_reads": 0,
    "versions": {"python": "3.11.7", "hypersearch": "0.1.0"},
    "git_revision": "f" * 40,
    "hardware": {"system": "Linux", "processor": "A processor", "cores": 2, "memory_gib": 23.5},
    "started": "2026-01-31T10:00:00+00:00",
    "ended": "2026-01-31T10:05:00+00:00",
    "interrupted": False,
}


@dataclass(frozen=True)
class Made:
    """A trial of the first search with so many steps as `scores`; `state` RUNNING: it has not
    ended.
    """

    number: int
    scores: tuple[float, ...] = (0.8, 0.9)
    state: str = "COMPLETE"
    name: str = ""
    params: Mapping[str, Any] = field(
        default_factory=lambda: {"depth": 2, "rate": 0.01, "pooling": "max"}
    )
    failure: str = ""
    cut: bool = False
    limit: int = 9
    family: str = "cnn"


def make(
    out: Path,
    trials: Iterable[Made] = (),
    name: str = "demo",
    searches: tuple[Any, ...] = (CNN,),
    **facts: Any,
) -> hypersearch.Study:
    """The study `name` in `out`, written as the driver writes it."""
    clock = SimpleNamespace(now=BEGAN)
    with patch("hypersearch.search.storage.journal.time", SimpleNamespace(time=lambda: clock.now)):
        record = Record.create(out, name)
        for made in trials:
            _play(record, made, clock)
        record.close()
    write_json(
        out / name / "study.json", {"name": name, "searches": list(searches), **FACTS, **facts}
    )
    return hypersearch.load(out / name)


def _play(record: Record, made: Made, clock: SimpleNamespace) -> None:
    trial = Trial(
        made.family,
        made.number,
        made.name,
        dict(made.params),
        seed=made.number,
        max_resource=made.limit,
    )
    record.start(trial)
    for resource, score in enumerate(made.scores, start=1):
        clock.now += 1.0
        metrics = {
            "accuracy": score,
            "loss": round(1 - score, 9),
            "train.accuracy": score,
            "parameters": 1234.0,
        }
        trial.steps.append(Step(resource, float(resource), score, metrics))
        record.step(trial)
    if made.state != "RUNNING":
        trial.state, trial.cut, trial.failure = made.state, made.cut, made.failure  # type: ignore[assignment]
        record.end(trial)
