"""Training the winners and baselines of a study anew, on the workers, for a confirmation."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import RayError

from hypersearch.models.data.datasets import Dataset
from hypersearch.models.errors import last_line
from hypersearch.search.config.settings import StudyConfig
from hypersearch.search.display.terminal import own_terminal
from hypersearch.search.engine.cluster import check_reach, ray_running, trials_at_once
from hypersearch.search.engine.data_preparation import prepare_data
from hypersearch.search.engine.retrain_task import retrain
from hypersearch.search.features.feature_source import FeatureSource
from hypersearch.search.storage.files import write_text


@dataclass(frozen=True)
class Retraining:
    """One training run of a confirmation."""

    target: str
    family: str
    trial: int
    params: dict[str, Any]
    max_resource: int  # for which it is trained
    full_resource: int  # resource of a full trial of its search
    seed: int
    whole: bool  # fitted on the validation images too
    checkpoint: Path | None  # a checkpoint of this very training at its end
    folder: Path | None  # where its predictions and the like are saved
    export: Path | None  # where the model is saved
    feature_source: FeatureSource  # what a family that takes features is fitted on
    chosen_by: tuple[str, ...] = ()  # of a clustering: the criteria by which it wins


def retrain_all(
    config: StudyConfig, work: Sequence[Retraining], dataset: Dataset, folder: Path
) -> Iterator[tuple[Retraining, dict[str, Any]]]:
    """Do each piece of `work` on the workers; yield those that succeed with their test figures."""
    check_reach(config)
    logs = folder / "logs"
    with own_terminal(logs / "ray.log") as console, ray_running(config):
        trials_at_once(config)  # refuses what can never be scheduled
        data = ray.put(dataset)
        shared = shared_by(config, work, dataset, logs, partial(console.print, soft_wrap=True))
        remote = retrain.options(num_cpus=config.cpus_per_trial, num_gpus=config.gpus_per_trial)
        waiting = {
            remote.remote(
                t.target,
                config.home,
                t.params,
                t.max_resource,
                t.seed,
                shared[t.target, t.whole],
                data,
                t.checkpoint,
                t.export,
            ): t
            for t in work
            if (t.target, t.whole) in shared
        }
        while waiting:
            (done,), _ = ray.wait(list(waiting))
            task = waiting.pop(done)
            what = f"{task.family}: trial {task.trial}, seed {task.seed}"
            try:
                result = ray.get(done)
            except RayError as error:
                log = f"confirm-{task.family}-{task.trial}-{task.seed}.traceback.txt"
                write_text(logs / log, str(error))
                console.print(f"{what} failed: {last_line(error)}", soft_wrap=True)
                continue
            yield task, result  # which is kept before it is shown
            figures = ", ".join(f"{name} {value:.4g}" for name, value in result["metrics"].items())
            console.print(f"{what}, on test: {figures}", soft_wrap=True)


def shared_by(
    config: StudyConfig,
    work: Sequence[Retraining],
    dataset: Dataset,
    logs: Path,
    say: Callable[[str], None],
) -> dict[tuple[str, bool], ray.ObjectRef]:
    """By family and images, what the trainings of `work` share.

    Where it cannot be prepared, the error is shown and logged.
    """
    shared = {}
    for (target, whole), task in {(task.target, task.whole): task for task in work}.items():
        images = dataset.whole() if whole else dataset
        try:
            shared[target, whole] = ray.put(
                prepare_data(config, target, images, task.full_resource, task.feature_source, say)
            )
        except Exception as error:
            words = "".join(traceback.format_exception(error))
            write_text(logs / f"confirm-{task.family}.traceback.txt", words)
            say(f"{task.family} failed: {last_line(error)}")
    return shared
