"""What runs on a worker: the Ray Tune actor around a `Run`, and the retraining that confirms a winner.

One actor serves many trials (`reuse_actors`). An exception in a family's code ends the trial and not the actor: it
travels back as the result's `failure`, with its whole traceback.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ray
from ray import tune

from models.api import Config, Evaluation, Run, Shared
from models.datasets import Dataset
from search.families import find
from search.trials import first_not_finite

RESULT = dict[str, Any]


class TrialActor(tune.Trainable):  # type: ignore[misc]  # Ray ships no types for it
    """Fits one configuration after another. Its config is a plan: params, seed, limit (see `search.trials.Trial`)."""

    def setup(self, config: dict[str, Any], target: str, home: Path, metric: str, shared: Shared) -> None:
        """Take the first plan. `shared` comes from the object store, mapped and not copied."""
        self._family, self._metric, self._shared = find(target, home), metric, shared
        self.reset_config(config)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Take the next plan; the run itself starts in the first step, so that its failure is the trial's."""
        self._plan, self._spent = new_config, 0
        self._run: Run | None = None
        return True

    def step(self) -> RESULT:
        """One unit of resource: the metrics, the objective, and whether the trial is complete."""
        try:
            return self._advance()
        except Exception:
            return {"failure": traceback.format_exc(), "resource": self._spent, "done": True}

    def cleanup(self) -> None:
        """Let go of the run."""
        self._run = None

    def _advance(self) -> RESULT:
        if self._run is None:
            self._run = self._family.start(self._plan["params"], self._shared, self._plan["seed"])
        metrics = dict(self._run.step())
        objective = objective_of(metrics, self._metric)
        self._spent += 1
        complete = self._spent >= self._plan["limit"] or bool(self._run.finished)
        return {
            "metrics": metrics,
            "objective": objective,
            "resource": self._spent,
            "complete": complete,
            "done": complete,
        }


def objective_of(metrics: Mapping[str, float], metric: str) -> float:
    """The value of the search's metric; a `ValueError` if it is missing, or if any metric is NaN or infinite."""
    if metric not in metrics:
        raise ValueError(f"the run reports no {metric!r}; it reports {', '.join(sorted(metrics))}")
    bad = first_not_finite(metrics)
    if bad is not None:
        raise ValueError(f"{bad} is {metrics[bad]}, not a finite number")
    return metrics[metric]


@ray.remote  # type: ignore[untyped-decorator]  # Ray ships no types for it
def retrain(
    target: str,
    home: Path,
    config: Config,
    limit: int,
    seed: int,
    shared: Shared,
    dataset: Dataset,
    keep: Path | None,
) -> RESULT:
    """Fit `config` anew, up to `limit` steps; save it in the folder `keep` if given; evaluate it on the test images."""
    family = find(target, home)
    run: Run = family.start(config, shared, seed)
    for _ in range(limit):
        objective_of(run.step(), family.metric)
        if run.finished:
            break
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
        run.save(keep)
    evaluation: Evaluation = family.evaluate(run, dataset)
    return {"metrics": dict(evaluation.metrics), "artifacts": dict(evaluation.artifacts)}
