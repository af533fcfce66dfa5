"""Studies that are recorded as a search records them, by a clock and with figures of our own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import hypersearch
from hypersearch.search.storage.files import write_json
from hypersearch.search.storage.record import Record
from hypersearch.search.storage.trial import Step, Trial

EPOCH = 1_000_000.0  # when every study begins
IMAGES = {
    "name": "digits",
    "digest": "split-0",
    "train": 80,
    "validation": 20,
    "test": 10,
    "size": [8, 8],
}

Script = Sequence[tuple[Any, ...]]
"""(at, what, trial, …) in order of time, `at` in seconds from the beginning: (at, "start", 3,
name="", replicate_of=None), (at, "step", 3, value, seconds=1), (at, "end", 3, state), (at, "cut",
3), (at, "rewind", 3, resource), (at, "resume")."""


def play(out: Path, name: str, script: Script, seed: int = 0, **search: Any) -> hypersearch.Study:
    """A study of one search in `out/name`.

    `search`: what study.json says of it otherwise than here, or its dataset.
    """
    now = SimpleNamespace(at=EPOCH)
    with patch("hypersearch.search.storage.journal.time", SimpleNamespace(time=lambda: now.at)):
        record, runs = Record.create(out, name), [EPOCH]
        family = search.get("family", "cnn")
        for at, what, *rest in script:
            now.at = EPOCH + at
            if what == "resume":
                record.close()
                record = Record.reopen(out / name)
                runs.append(now.at)
            else:
                _happen(record, what, family, *rest)
        record.close()
    write_json(out / name / "study.json", facts(name, seed, runs, search))
    return hypersearch.load(out / name)


def facts(name: str, seed: int, runs: Sequence[float], search: Mapping[str, Any]) -> dict[str, Any]:
    """study.json."""
    *earlier, last = [datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds") for at in runs]
    dataset = {
        **IMAGES,
        "digest": f"split-{seed}",
        "classes": [*"0123456789"],
        **search.pop("dataset", {}),
    }
    standard = {
        "family": "cnn",
        "metric": "accuracy",
        "mode": "max",
        "objectives": {search.get("metric", "accuracy"): search.get("mode", "max")},
        "resource": "epochs",
        "max_resource": 9,
        "searcher": "tpe",
        "trials": 3,
        "space": {},
        "baselines": [],
    }
    return {
        "name": name,
        "seed": seed,
        "dataset": dataset,
        "searches": [{**standard, **search}],
        "started": last,
        "runs": [{"started": at, "ended": None, "interrupted": True} for at in earlier],
    }


def _happen(record: Record, what: str, family: str, number: int, *rest: Any) -> None:
    if what == "start":
        name, again = rest if len(rest) == 2 else ("".join(rest), None)
        record.start(
            Trial(family, number, name, {"x": number}, seed=0, max_resource=9, replicate_of=again)
        )
        return
    trial = record.trials[family, number]
    if what == "step":
        value, seconds = rest if len(rest) == 2 else (*rest, 1.0)
        metrics = (
            {"accuracy": value, "loss": round(1 - value, 9)} if family == "cnn" else {"loss": value}
        )
        objective = next(iter(metrics.values()))
        trial.steps.append(Step(trial.resource + 1, trial.seconds + seconds, objective, metrics))
        record.step(trial)
    elif what == "rewind":
        record.rewind(trial, *rest)
    else:
        trial.cut = what == "cut"
        trial.state = "PRUNED" if trial.cut else rest[0]
        trial.failure = "Traceback: no" if trial.state == "FAIL" else ""
        record.end(trial)


def trial(number: int, began: float, state: str, *values: float, name: str = "") -> Script:
    """A trial that makes a step a second from `began` on and then ends."""
    steps = [(began + i, "step", number, value) for i, value in enumerate(values, start=1)]
    return [(began, "start", number, name), *steps, (began + len(values), "end", number, state)]
