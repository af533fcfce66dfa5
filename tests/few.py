"""The toy family without noise and with few configurations, so that a search meets them again."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from hypersearch.models.api import Baseline, Choice, Config, Evaluation, Shared
from hypersearch.models.data.dataset import Dataset
from hypersearch.models.families import toy


class FewRun(toy.ToyRun):
    """Exactly its curve; and how many steps were made here, not counting those of a checkpoint."""

    made = 0

    def step(self) -> Mapping[str, float]:
        super().step()
        self.made += 1
        time.sleep(0.002)
        return {"loss": toy.toy_loss(self._config, self._step)}


def _start(config: Config, shared: Shared, seed: int) -> FewRun:
    return FewRun(config, seed)


def _evaluate(run: FewRun, dataset: Dataset) -> Evaluation:
    return Evaluation({"loss": 0.0, "parameters": float(run.made)}, {"made": np.array([run.made])})


FAMILY = replace(
    toy.FAMILY,
    name="few",
    space={"x": Choice((0.1, 0.3, 0.6, 0.9)), "shape": Choice(("valley",))},
    baselines=(Baseline("worst", {"x": 0.9, "shape": "valley"}, 4, "nowhere"),),
    start=_start,
    evaluate=_evaluate,
    metrics=("loss",),
    deterministic=True,
)
NAN = replace(
    FAMILY, name="nan", evaluate=lambda run, dataset: Evaluation({"loss": float("nan")}, {})
)
SINGLE = replace(
    FAMILY, name="single", evaluate=lambda run, dataset: Evaluation({"loss": np.float32(0.5)}, {})
)
