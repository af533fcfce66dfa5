"""Separate processes that ask what Keras sees, and what a first step costs.

TensorFlow is never imported beside Ray Tune's loop, and a family that crashes takes only its own
process with it. A question is `python -m hypersearch.search.diagnostics.probe NAME`, its arguments
JSON on standard input, the answer JSON on standard output.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import optuna
import psutil

from hypersearch.models.data.datasets import Dataset
from hypersearch.models.errors import UserError
from hypersearch.search.config.settings import StudyConfig
from hypersearch.search.features.feature_source import FeatureSource
from hypersearch.search.planned_search import Search
from hypersearch.search.planning.plan import plan_study
from hypersearch.search.space.proposals import propose

T = TypeVar("T")
OURS = f"{UserError.__module__}.{UserError.__name__}: "  # how the last line of a traceback begins


@dataclass(frozen=True)
class Probe:
    """One configuration, tried for a step or two."""

    name: str = ""  # the baseline's; empty for a proposal
    params: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    start: float = 0.0  # seconds before the first step
    steps: tuple[float, ...] = (0.0,)  # seconds of each
    peak: int = 0  # bytes of memory that the process held at most, libraries and data included
    failure: str = ""  # a whole traceback, or how the process ended
    late: bool = False  # it failed by taking too long

    @property
    def step(self) -> float:
        """Seconds of a step: the last one timed, for the first may build a graph."""
        return self.steps[-1]

    @property
    def overhead(self) -> float:
        """Seconds that a trial takes besides its steps."""
        return self.start + max(0.0, self.steps[0] - self.step)

    @property
    def reason(self) -> str:
        """The last line of the failure; of a mistake of the user's, what it says."""
        return self.failure.strip().splitlines()[-1].removeprefix(OURS)


def probe(
    config: StudyConfig, number: int = 0, repeated: float = 0.0, limit: float = 120.0
) -> Probe:
    """Try a configuration of the study's search `number` for one step.

    Start and step are done twice, and timed the second time, if the first took under `repeated`
    seconds: it also imports libraries and builds graphs. After `limit` seconds all is given up. A
    failure of any kind is in the answer and does not raise.
    """
    request = {"config": config.model_dump(mode="json"), "number": number, "repeated": repeated}
    return Probe(**ask("trial", request, _environment(config), limit))


def backend(limit: float = 120.0) -> dict[str, Any]:
    """Keras' backend and the accelerators that it sees; or a `failure`."""
    return ask("backend", {}, _environment(None), limit)


def ask(
    question: str, request: Mapping[str, Any], environment: Mapping[str, str], limit: float
) -> dict[str, Any]:
    """The answer of a process of its own; a `failure` where none comes."""
    command = [sys.executable, "-m", "hypersearch.search.diagnostics.probe", question]
    options: dict[str, Any] = {"capture_output": True, "encoding": "utf-8", "errors": "replace"}
    try:
        ended = subprocess.run(
            command, input=json.dumps(request), env=environment, timeout=limit, **options
        )
    except subprocess.TimeoutExpired:
        return {"failure": f"not done within {limit:g} s", "late": True}
    if ended.stdout:
        return dict(json.loads(ended.stdout))
    return {"failure": f"{ended.stderr}\n{_last_words(ended.returncode)}"}


def middling(search: Search, dataset: Dataset) -> tuple[str, dict[str, Any]]:
    """Name and configuration of the first baseline; else no name, and the middle of the space.

    Where the data do not admit the middle, the first of a few proposals that they do admit.
    """
    if search.baselines:
        baseline, _ = search.baselines[0]
        return baseline.name, dict(baseline.config)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    proposals = (propose(search.space, study.ask()) for _ in range(20))
    possible = (config for config in chain([propose(search.space, Middle())], proposals))
    return "", next(
        config for config in possible if search.family.infeasible_reason(config, dataset) is None
    )


class Middle:
    """Proposes the middle of each range and the middle one of several choices."""

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        """The mean of both ends, geometric where the logarithm is searched."""
        return float((low * high) ** 0.5 if log else (low + high) / 2)

    def suggest_int(self, name: str, low: int, high: int, *, log: bool = False) -> int:
        """The same, rounded."""
        return round(self.suggest_float(name, low, high, log=log))

    def suggest_categorical(self, name: str, choices: Any) -> Any:
        """The middle one; of an even number, the later."""
        return choices[len(choices) // 2]


def _environment(config: StudyConfig | None) -> dict[str, str]:
    """As on a worker: its threads, its GPUs, and the import path of this process."""
    from hypersearch.search.engine.cluster import worker_environment

    threads = config.cpus_per_trial if config else 1
    hidden = {"CUDA_VISIBLE_DEVICES": ""} if config and not config.gpus_per_trial else {}
    path = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return {**os.environ, **worker_environment(threads), **hidden, **path}


def _last_words(code: int) -> str:
    return (
        f"the process was killed by signal {-code}"
        if code < 0
        else f"the process ended with exit code {code}"
    )


# --- in the process of its own --------------------------------------------------------------------


def _trial(config: dict[str, Any], number: int, repeated: float) -> dict[str, Any]:
    from hypersearch.search.engine.worker import check_metrics

    study = StudyConfig.model_validate(config)
    searches, dataset = plan_study(study)
    search = searches[number]
    name, params = middling(search, dataset)
    shared = search.family.prepare(
        dataset, FeatureSource(search.features).options(study, search.max_resource)
    )
    begin = partial(search.family.start, params, shared, study.seed)
    run, start = _timed(begin)
    if start < repeated:
        run, start = _timed(begin)
    metrics, first = _timed(run.step)
    check_metrics(metrics, search.metrics)
    steps = [first]
    if first < repeated and not run.finished:
        steps.append(_timed(run.step)[1])
    cost = {"start": start, "steps": steps, "peak": _peak()}
    return {"name": name, "params": params, "metrics": dict(metrics), **cost}


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    """What the work gives, and the seconds it took."""
    began = time.perf_counter()
    return work(), time.perf_counter() - began


def _backend() -> dict[str, Any]:
    import keras

    name = keras.config.backend()
    if name == "torch":  # for which Keras cannot list devices
        seen = [
            f"cuda:{number}"
            for number in range(importlib.import_module("torch").cuda.device_count())
        ]
    else:
        seen = [
            device for device in keras.distribution.list_devices() if not device.startswith("cpu")
        ]
    return {"backend": name, "version": keras.version(), "seen": seen}


def _peak() -> int:
    """The most memory that this process has held, bytes; where that is not told, what it holds now.

    `getrusage` would not do: on Linux its figure begins with what the parent held.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        return next(
            int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM")
        )
    except (OSError, StopIteration):
        return int(psutil.Process().memory_info().rss)


QUESTIONS: Mapping[str, Callable[..., dict[str, Any]]] = {"trial": _trial, "backend": _backend}


def main() -> None:
    """Answer the question that the command line names."""
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print is no part of the answer
    try:
        found = QUESTIONS[sys.argv[1]](**json.load(sys.stdin))
    except Exception:
        found = {"failure": traceback.format_exc()}
    with answer:
        json.dump(found, answer)


if __name__ == "__main__":
    main()
