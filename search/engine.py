"""How a study runs, from its configuration to its record. Read this file first.

A study holds one search for each family. A search is Ray Tune's loop with our parts in it: the `Bridge` to Optuna
proposes (search/searcher.py), `TrialActor` fits on the workers (search/trainable.py), ASHA stops
(`BaselineSparingAsha`), and the `Ledger` below writes down what happens and shows it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import optuna
import ray
from ray import tune
from ray.tune.schedulers import FIFOScheduler, TrialScheduler

from models.api import Options
from models.datasets import Dataset
from models.errors import UserError
from search import facts
from search.config import StudyConfig
from search.confirm import Retraining
from search.families import find
from search.plan import Search, describe, plan_study
from search.progress import Progress, SearchView
from search.searcher import BaselineSparingAsha, Bridge, Stop, ending, open_storage, refuse_existing
from search.terminal import interruptible, own_terminal
from search.trainable import TrialActor, retrain
from search.trials import Record, State, Trial

TUNE_ENVIRONMENT = {  # read by Ray in this process
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "1",  # a trial that asks for no GPU sees none
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",  # their CSV, JSON and TensorBoard files cost more than a short step
    "TUNE_DISABLE_SIGINT_HANDLER": "1",  # `interruptible` has its own
    "TUNE_DISABLE_STRICT_METRIC_CHECKING": "1",  # a failed trial's result has no objective
    "TUNE_GLOBAL_CHECKPOINT_S": "3600",  # the study folder and the storage are the record
}


def run_study(config: StudyConfig) -> tuple[Record, bool]:
    """Run every search of a study. Returns its record, and True if it was interrupted."""
    searches, dataset = plan_study(config)
    record = Record.create(config.out, config.name)
    try:
        storage = open_storage(config.storage_url)
        refuse_existing(storage, [f"{config.name}/{search.family.name}" for search in searches])
        return record, run_searches(searches, config, dataset, record, storage)
    except (UserError, KeyboardInterrupt):
        record.discard()  # if nothing has run
        raise


def run_searches(
    searches: Sequence[Search],
    config: StudyConfig,
    dataset: Dataset,
    record: Record,
    storage: optuna.storages.BaseStorage,
) -> bool:
    """One search after another; True if the user interrupted."""
    study = describe(config, searches, dataset)
    record.write_study(study)
    stop = Stop(config.time_budget)
    with ExitStack() as stack:
        console = stack.enter_context(own_terminal(record.logs / "ray.log"))
        stack.enter_context(interruptible(stop, console))
        stack.enter_context(ray_running(config))
        at_once = slots(config)
        progress = stack.enter_context(Progress(console))
        stack.callback(lambda: record.write_study({**study, "ended": facts.now(), "interrupted": stop.interrupted}))
        for number, search in enumerate(searches):
            stop.share(len(searches) - number)
            run_search(search, config, dataset, record, storage, stop, progress, at_once)
    return stop.interrupted


def run_search(
    search: Search,
    config: StudyConfig,
    dataset: Dataset,
    record: Record,
    storage: optuna.storages.BaseStorage,
    stop: Stop,
    progress: Progress,
    at_once: int,
) -> None:
    """One search, to its end or until `stop` says so; every trial that began is in the record afterwards."""
    family = search.family
    for name, reason in search.left_out.items():
        progress.say(f"{family.name}: baseline {name} is left out: {reason}")
    if stop.stop_all() or not search.total:
        progress.say(f"{family.name}: not searched, {'no trials' if not search.total else stop.reason}")
        return
    progress.show(SearchView(family.name, search.metric, search.mode, family.resource, search.ladder, search.total))
    bridge = Bridge(search, config.seed, f"{record.name}/{family.name}", storage)
    ledger = Ledger(bridge, record, progress)
    shared = family.prepare(dataset, Options(seed=config.seed, threads=config.cpus_per_trial))
    found = {"target": search.target, "home": Path.cwd()}
    trainable = tune.with_parameters(TrialActor, **found, metric=search.metric, shared=shared)
    tuner = tune.Tuner(
        tune.with_resources(trainable, {"cpu": config.cpus_per_trial, "gpu": config.gpus_per_trial}),
        tune_config=tune.TuneConfig(
            search_alg=bridge,
            scheduler=scheduler(search),
            num_samples=search.total,
            max_concurrent_trials=at_once,
            reuse_actors=True,
            trial_dirname_creator=lambda trial: str(trial.config["number"]),
        ),
        run_config=tune.RunConfig(
            name=family.name,
            storage_path=str((record.logs / "tune").resolve()),
            stop=stop,
            callbacks=[ledger],
            checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),
            verbose=0,
        ),
    )
    try:
        tuner.fit()
    finally:
        ledger.close(stop.reason)


def retrain_all(
    config: StudyConfig, work: Sequence[Retraining], dataset: Dataset, folder: Path
) -> Iterator[tuple[Retraining, dict[str, Any]]]:
    """Train each piece of `work` anew on the workers; yield those that succeed with their test figures."""
    logs = folder / "logs"
    options = Options(seed=config.seed, threads=config.cpus_per_trial)
    with own_terminal(logs / "ray.log") as console, ray_running(config):
        slots(config)  # refuses what can never be scheduled
        data = ray.put(dataset)
        shared = {target: ray.put(find(target).prepare(dataset, options)) for target in {t.target for t in work}}
        remote = retrain.options(num_cpus=config.cpus_per_trial, num_gpus=config.gpus_per_trial)
        waiting = {
            remote.remote(t.target, Path.cwd(), t.params, t.limit, t.seed, shared[t.target], data, t.keep): t
            for t in work
        }
        while waiting:
            (done,), _ = ray.wait(list(waiting))
            task = waiting.pop(done)
            what = f"{task.family}: trial {task.trial}, seed {task.seed}"
            try:
                result = ray.get(done)
            except ray.exceptions.RayError as error:
                (logs / f"confirm-{task.family}-{task.trial}.traceback.txt").write_text(str(error))
                console.print(f"{what} failed: {str(error).strip().splitlines()[-1]}", soft_wrap=True)
                continue
            figures = ", ".join(f"{name} {value:.4g}" for name, value in result["metrics"].items())
            console.print(f"{what}, on test: {figures}", soft_wrap=True)
            yield task, result


def scheduler(search: Search) -> TrialScheduler:
    """Who stops trials early."""
    if search.asked.scheduler == "none":
        return FIFOScheduler()
    return BaselineSparingAsha(search.mode, search.ladder, search.asked.reduction_factor)


def slots(config: StudyConfig) -> int:
    """How many trials run at once: as asked, or as many as the cores and GPUs hold."""
    there = ray.cluster_resources()
    cores, gpus = int(there.get("CPU", 1)), there.get("GPU", 0.0)
    if config.cpus_per_trial > cores:
        raise UserError(f"--cpus-per-trial {config.cpus_per_trial}: there are {cores} cores")
    if config.gpus_per_trial > gpus:
        raise UserError(f"--gpus-per-trial {config.gpus_per_trial:g}: there are {gpus:g} GPUs")
    by_gpu = int(gpus / config.gpus_per_trial) if config.gpus_per_trial else cores
    return config.concurrency or min(cores // config.cpus_per_trial, by_gpu)


@contextmanager
def ray_running(config: StudyConfig) -> Iterator[None]:
    """Ray, started here unless it runs already or `--address` names a cluster."""
    os.environ.update(TUNE_ENVIRONMENT)
    if ray.is_initialized():
        yield
        return
    environment = worker_environment(config.cpus_per_trial)
    address = config.address or os.environ.get("RAY_ADDRESS")
    if address:
        options: dict[str, Any] = {"address": address, "runtime_env": {"env_vars": environment}}
    else:
        os.environ.update(environment)
        options = {"address": "local", "num_cpus": os.cpu_count(), "include_dashboard": False}
    try:
        ray.init(logging_level="warning", **options)
    except (ConnectionError, ValueError, RuntimeError) as error:
        if not address:
            raise
        raise UserError(f"--address {address}: {str(error).splitlines()[0]}") from error
    try:
        yield
    finally:
        ray.shutdown()


def worker_environment(threads: int) -> dict[str, str]:
    """Variables of the workers: as many threads as a trial has cores, TensorFlow quiet and modest in GPU memory."""
    counted = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
    return {**dict.fromkeys(counted, str(threads)), "TF_CPP_MIN_LOG_LEVEL": "2", "TF_FORCE_GPU_ALLOW_GROWTH": "true"}


class Ledger(tune.Callback):  # type: ignore[misc]  # Ray ships no types for it
    """Hears of every start, result and end in Ray Tune's loop; writes the record and feeds the display."""

    def __init__(self, bridge: Bridge, record: Record, progress: Progress) -> None:
        self._bridge, self._record, self._progress = bridge, record, progress

    def __reduce__(self) -> tuple[Any, ...]:
        """Tune pickles its callbacks for a restore that we do not use; open files and terminals stay out of it."""
        return object, ()

    def on_step_end(self, iteration: int, trials: list[Any], **info: Any) -> None:
        """Keep the display's clock going."""
        self._progress.tick()

    def on_trial_start(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """A trial begins."""
        self._progress.started(self._bridge.trials[trial.trial_id])

    def on_trial_result(self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **_: Any) -> None:
        """A step is done, or has failed."""
        ours = self._bridge.trials[trial.trial_id]
        ours.resource, ours.seconds = result["resource"], round(result["time_total_s"], 4)
        ours.failure = result.get("failure", "")
        if ours.failure:
            ours.objective = None  # the history keeps what it reached
        else:
            ours.objective, ours.metrics = result["objective"], result["metrics"]
            self._record.step(ours)

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """A trial is complete, stopped, or failed in its own code."""
        self._end(self._bridge.trials[trial.trial_id], ending(trial.last_result))

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """A trial's worker died."""
        ours = self._bridge.trials[trial.trial_id]
        ours.failure = Path(trial.error_file).read_text(encoding="utf-8")
        self._end(ours, "FAIL")

    def close(self, reason: str) -> None:
        """End the trials that were still running when the search stopped, keeping what they gave."""
        cut = self._bridge.unfinished()
        for trial_id in cut:
            self._bridge.on_trial_complete(trial_id)
            self._end(self._bridge.trials[trial_id], "PRUNED")
        if cut:
            self._progress.say(f"the search ended early, {reason}: {len(cut)} running trials were stopped and kept")

    def _end(self, trial: Trial, state: State) -> None:
        trial.state = state
        self._record.end(trial)
        self._progress.ended(trial)
