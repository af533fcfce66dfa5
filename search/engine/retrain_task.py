"""What runs on a worker for a confirmation: training, judging on test images, exporting."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ray

from hypersearch.models.api import Config, Evaluation, Run, Shared
from hypersearch.models.data.datasets import Dataset
from hypersearch.models.networks.backend import share_memory
from hypersearch.search.engine.worker import RESULT, check_metrics
from hypersearch.search.families import find


@ray.remote(max_calls=2)  # type: ignore[untyped-decorator]  # Ray ships no types for it
def call_on_worker(function: Callable[..., Any], *arguments: Any) -> Any:
    """What a function gives that loads a Keras backend, which the driver must not.

    The process, and the memory that it holds, ends with its second call: a network is exported,
    then asked for codes.
    """
    share_memory()
    return function(*arguments)


@ray.remote  # type: ignore[untyped-decorator]  # Ray ships no types for it
def retrain(
    target: str,
    home: Path,
    config: Config,
    limit: int,
    seed: int,
    shared: Shared,
    dataset: Dataset,
    checkpoint: Path | None,
    export: Path | None,
) -> RESULT:
    """Fit `config` for up to `limit` steps and evaluate it on the test images.

    The model is exported to the folder `export`, if one is given. A `checkpoint` of the same
    training is loaded instead of fitting.

    A `checkpoint` has been through all of that already, in the search.
    """
    share_memory()
    family = find(target, home)
    run: Run = family.start(config, shared, seed)
    if checkpoint:
        run.load(checkpoint)
    while not checkpoint and limit and not run.finished:
        check_metrics(run.step(), [family.metric])
        limit -= 1
    evaluation: Evaluation = family.evaluate(run, dataset)
    metrics = {name: float(value) for name, value in evaluation.metrics.items()}
    check_metrics(metrics, [])
    if export:
        shutil.rmtree(export, ignore_errors=True)  # what an earlier confirmation has left there
        export.mkdir(parents=True)
        family.export(run, dataset, export)
    return {"metrics": metrics, "artifacts": dict(evaluation.artifacts)}
