"""A family without a model: an analytic learning curve, for tests and for measuring the engine.

loss(t) = floor + span · exp(-rate · t) + noise, where the floor is 0 at x = 0.3, y = 0.7 and `rate`
depends on x.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from hypersearch.models.api import (
    Baseline,
    Choice,
    Config,
    Evaluation,
    Family,
    Float,
    Options,
    Shared,
)
from hypersearch.models.data.dataset import Dataset

NOISE = 0.001  # standard deviation of a step's noise


class ToyRun:
    """One analytic curve; it reads no data."""

    finished = False

    def __init__(self, config: Config, seed: int) -> None:
        self._config = config
        self._seed = seed
        self._step = 0

    def step(self) -> Mapping[str, float]:
        """Return {"loss": …, "accuracy": …} one step further along the curve."""
        self._step += 1
        loss = self.loss()
        return {"loss": loss, "accuracy": math.exp(-abs(loss))}

    def loss(self) -> float:
        """The curve with its noise at the latest step."""
        noise = np.random.default_rng([self._seed, self._step]).normal(0.0, NOISE)
        return toy_loss(self._config, self._step) + float(noise)

    def save(self, folder: Path) -> None:
        """Write the step count."""
        (folder / "toy.json").write_text(json.dumps({"step": self._step}))

    def load(self, folder: Path) -> None:
        """Read the step count."""
        self._step = json.loads((folder / "toy.json").read_text())["step"]


def toy_loss(config: Config, step: int) -> float:
    """The curve without noise at `step` ≥ 1."""
    x, y = float(config["x"] or 0.0), float(config.get("y") or 0.0)
    target = 0.7 if config["shape"] == "bowl" else 0.0
    floor = (x - 0.3) ** 2 + (y - target) ** 2
    return floor + math.exp(-(0.1 + 0.2 * x) * step)


def _prepare(dataset: Dataset, options: Options) -> Shared:
    return None


def _start(config: Config, shared: Shared, seed: int) -> ToyRun:
    return ToyRun(config, seed)


def _evaluate(run: ToyRun, dataset: Dataset) -> Evaluation:
    return Evaluation({"loss": run.loss()})


FAMILY = Family(
    name="toy",
    space={
        "x": Float(0.0, 1.0, upper_bound=1.0),
        "shape": Choice(("bowl", "valley")),
        "y": Float(0.0, 1.0, when={"shape": "bowl"}, upper_bound=1.0),
    },
    baselines=(
        Baseline(
            name="centre",
            config={"x": 0.5, "shape": "bowl", "y": 0.5},
            resource=27,
            source="the middle of the space",
            dataset="digits",
        ),
    ),
    metric="loss",
    metrics=("loss", "accuracy"),
    resource="steps",
    max_resource=27,
    prepare=_prepare,
    start=_start,
    evaluate=_evaluate,
    needs_data=False,
)
