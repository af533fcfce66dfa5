"""Ray Tune's trial loop, with less to do for each trial.

Tune's `TuneController` starts actors, hands results around, and recovers from the death of workers
and nodes. What it spends on a trial beside that has gone from here: looking up the trainable in the
cluster's store, parsing each configuration as if it came from a command line, a placement group for
each trial although its actor is there already, a round trip to reset an actor before the one that
trains it, and snapshots of its own state (the study folder is the record). Measured in
benchmarks/2026-11-21-engine-speed.md.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import ray
from ray.air.execution import PlacementGroupResourceManager
from ray.air.execution._internal import RayActorManager
from ray.exceptions import RayActorError, RayError, RayTaskError
from ray.train._internal.storage import StorageContext
from ray.tune import Callback, Stopper
from ray.tune.execution.placement_groups import PlacementGroupFactory
from ray.tune.execution.tune_controller import TuneController
from ray.tune.experiment import Trial as TuneTrial
from ray.tune.schedulers import TrialScheduler
from ray.tune.search.search_algorithm import SearchAlgorithm

from hypersearch.search.storage.trial import Trial
from hypersearch.search.suggest.optuna_searcher import OptunaSearcher

Plan: TypeAlias = dict[str, Any]  # what an actor is told of a trial
ATTEMPTS = 3  # workers that a trial may lose at the same step before it is at fault itself


class ActorTrial(TuneTrial):  # type: ignore[misc]  # Ray ships no types for it
    """A trial as Tune sees it: it knows its actor's class, and how often its workers died."""

    def __init__(
        self,
        actor: type,
        trial: Trial,
        plan: Plan,
        is_unrecoverable: Callable[[Trial], bool],
        **options: Any,
    ) -> None:
        """`is_unrecoverable` says of a trial whose worker died that it need not be tried again."""
        super().__init__("trial", trial_id=str(trial.number), config=plan, stub=True, **options)
        self.trial, self.is_unrecoverable = trial, is_unrecoverable
        self.error = ""  # of the last worker that died
        self.fresh = True  # its actor has not been told of it
        self._actor = actor
        self._deaths: list[int] = []  # the resource that it had at each

    def get_trainable_cls(self) -> type:
        """The class of its actor."""
        return self._actor

    def create_placement_group_factory(self) -> None:
        """What its actor needs is known, and its class need not be asked."""
        self.placement_group_factory = self._default_placement_group_factory

    def handle_error(self, exc: Exception | None = None) -> None:
        """Remember why the worker died."""
        self.error = exc.traceback_str if isinstance(exc, RayTaskError) else str(exc)
        self._deaths.append(self.trial.resource)

    def should_recover(self) -> bool:
        """True unless it has lost too many workers at the same step, or killed this one itself."""
        return self._deaths.count(self.trial.resource) < ATTEMPTS and not self.is_unrecoverable(
            self.trial
        )

    @property
    def was_lost(self) -> bool:
        """True once a worker died with it: from then on each step is saved."""
        return bool(self._deaths)

    def __str__(self) -> str:
        return str(self.trial_id)

    def set_ray_actor(self, ray_actor: Any) -> None:
        """Take the actor, without asking it where it is."""
        self.temporary_state.ray_actor = ray_actor


class Proposals(SearchAlgorithm):  # type: ignore[misc]
    """The searcher's plans as Tune's trials."""

    def __init__(self, searcher: OptunaSearcher, make: Callable[[Trial], ActorTrial]) -> None:
        self._searcher, self._make = searcher, make

    def next_trial(self) -> ActorTrial | None:
        """The next trial, or None."""
        trial = self._searcher.take()
        if trial is None:
            return None
        self._searcher.trials[str(trial.number)] = trial
        return self._make(trial)

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        """Nothing: the record callback passes results on as it writes them down."""

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """Pass it on."""
        self._searcher.on_trial_complete(trial_id, result, error)

    def is_finished(self) -> bool:
        """True if there is nothing more to propose."""
        return self._finished or self._searcher.exhausted

    def has_checkpoint(self, dirpath: str) -> bool:
        """False: the study folder is the record."""
        return False


class Actors(RayActorManager):  # type: ignore[misc]
    """Actors of one class.

    One that Ray ended for its memory has died; Tune would take that for an error of its own.
    """

    def __init__(self, actor: type, start: dict[str, Any]) -> None:
        super().__init__(PlacementGroupResourceManager())
        self._actor, self._start = ray.remote(actor), start

    def add_actor(self, cls: Any, kwargs: dict[str, Any], **how: Any) -> Any:
        """Start one, with our arguments and not with Tune's."""
        return super().add_actor(self._actor, self._start, **how)

    def cleanup(self) -> None:
        """End them all."""
        for actor, resources in list(self._live_actors_to_ray_actors_resources.values()):
            ray.kill(actor)
            self._resource_manager.free_resources(resources)
        self._resource_manager.clear()

    def _actor_task_failed(self, tracked_actor_task: Any, exception: Exception) -> None:
        if isinstance(exception, RayError) and not isinstance(
            exception, RayActorError | RayTaskError
        ):
            exception = RayActorError(error_msg=str(exception))
        super()._actor_task_failed(tracked_actor_task, exception)


class TuneLoop(TuneController):  # type: ignore[misc]
    """Tune's loop for trials of one kind, of which `at_once` run at a time."""

    def __init__(
        self,
        searcher: OptunaSearcher,
        actor: type,
        start: dict[str, Any],
        resources: dict[str, float],
        at_once: int,
        plan: Callable[[Trial], Plan],
        is_unrecoverable: Callable[[Trial], bool],
        scheduler: TrialScheduler,
        stopper: Stopper,
        callbacks: list[Callback],
        folder: Path,
    ) -> None:
        self._at_once = at_once
        self._pending_trials_list: list[ActorTrial] = []
        storage = StorageContext(str(folder.parent), folder.name)
        bundle = PlacementGroupFactory(
            [{name.upper(): amount for name, amount in resources.items() if amount}]
        )

        options = {
            "storage": storage,
            "placement_group_factory": bundle,
            "trial_dirname_creator": str,
        }

        def make(trial: Trial) -> ActorTrial:
            return ActorTrial(actor, trial, plan(trial), is_unrecoverable, **options)

        super().__init__(
            search_alg=Proposals(searcher, make),
            scheduler=scheduler,
            stopper=stopper,
            callbacks=callbacks,
            storage=storage,
            reuse_actors=True,
        )
        self._actor_manager = Actors(actor, start)
        self._callbacks.setup()

    def run(self) -> None:
        """Until everything that the search proposes has ended, or its stopper says so."""
        try:
            while not self.is_finished():
                self.step()
        finally:
            self.cleanup()

    def cleanup(self) -> None:
        """End all actors at once.

        The record has what they did, and a checkpoint is whole or absent.
        """
        self._actor_manager.cleanup()
        self.end_experiment_callbacks()

    def checkpoint(self, force: bool = False, wait: bool = False) -> None:
        """Nothing: the study folder is the record."""

    def _maybe_update_trial_queue(self) -> None:
        """Ask for a trial only when it can run, so that its proposal knows all that has ended."""
        while len(self._pending_trials) + len(self._running_trials) < self._at_once:
            if self._search_alg.is_finished() or not self._update_trial_queue(blocking=False):
                break

    def _maybe_add_actors(self) -> None:
        """Give each waiting trial the actor that has become free, or request one."""
        waiting = [trial for trial in self._pending_trials_list if trial in self._pending_trials]
        for trial in waiting:
            requested = self._trial_to_actor.get(trial)
            if requested is None and trial not in self._staged_trials:
                self._staged_trials.add(trial)
                self._actor_cache.increase_max(trial.placement_group_factory)
                self._schedule_trial_actor(trial)
            elif requested is not None and not self._actor_manager.is_actor_started(requested):
                self._maybe_reuse_cached_actor(
                    trial
                )  # one that is free now comes before one that may never come
        self._pending_trials_list = [trial for trial in waiting if trial in self._pending_trials]

    def _schedule_trial_reset(
        self, trial: ActorTrial, new_config: dict[str, Any], new_experiment_tag: str
    ) -> None:
        """The actor is told of its new trial together with the call for its first step."""
        trial.fresh = True
        self._actor_started(self._trial_to_actor[trial], log="REUSED")

    def _actor_started(self, tracked_actor: Any, log: str = "STARTED") -> None:
        self._actor_to_trial[tracked_actor].fresh = True
        super()._actor_started(tracked_actor, log)

    def _schedule_trial_train(self, trial: ActorTrial) -> None:
        plan = {
            **trial.config,
            "resource": trial.trial.resource,
            "checkpoint_every_step": trial.was_lost,
        }
        call = ("begin", (plan,)) if trial.fresh else ("train", ())
        trial.fresh = False
        self._schedule_trial_task(
            trial, *call, on_result=self._on_training_result, on_error=self._trial_task_failure
        )

    def _maybe_cache_trial_actor(self, trial: ActorTrial) -> bool:
        """Keep the actor for the next trial, unless its memory has grown."""
        if trial.last_result.get("needs_restart"):
            return False
        return bool(super()._maybe_cache_trial_actor(trial))
