"""Tasks for measuring search: analytic learning curves, seeded, that cost nothing.

Each has a space, a curve without noise, a noise and a step's cost in simulated time. Regret is 0 at
the task's optimum at full resource and 1 at a random configuration's median. Both are estimated:
see `Task.scale`.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from hypersearch.models.api import Choice, Config, Float, Int, Space
from hypersearch.models.families import toy
from hypersearch.models.metrics import Mode
from hypersearch.search.space.proposals import propose

FULL = 27  # steps of a full training, on every task


class Draw:
    """Proposes uniformly, or near `centre`: each parameter is kept or moved by `width` of its
    range.
    """

    def __init__(
        self, rng: np.random.Generator, centre: Config | None = None, width: float = 0.0
    ) -> None:
        self._rng, self._centre, self._width = rng, centre or {}, width

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        bounds = (math.log(low), math.log(high)) if log else (low, high)
        if name in self._centre:
            middle = math.log(float(self._centre[name])) if log else float(self._centre[name])
            moved = (
                0
                if self._rng.random() < 0.5
                else self._rng.normal() * self._width * (bounds[1] - bounds[0])
            )
            point = min(max(middle + moved, bounds[0]), bounds[1])
        else:
            point = self._rng.uniform(*bounds)
        return min(max(math.exp(point) if log else point, low), high)

    def suggest_int(self, name: str, low: int, high: int, *, log: bool = False) -> int:
        return min(
            max(round(self.suggest_float(name, low - 0.499, high + 0.499, log=log)), low), high
        )

    def suggest_categorical(self, name: str, choices: Any) -> Any:
        if name in self._centre and self._rng.random() < 0.8:
            return self._centre[name]
        return choices[self._rng.integers(len(choices))]


@dataclass(frozen=True)
class Task:
    """A search problem: `curve(config, step)` without noise, `noise(step)` its standard deviation,
    `cost` of a step.
    """

    name: str
    space: Space
    mode: Mode
    curve: Callable[[Config, int], float]
    noise: Callable[[int], float]
    cost: Callable[[Config], float]

    @property
    def metric(self) -> str:
        return "accuracy" if self.mode == "max" else "loss"

    def observed(self, config: Config, step: int, seed: int, number: int) -> float:
        """What trial `number` sees: the same for the same arguments."""
        return self.curve(config, step) + np.random.default_rng([seed, number, step]).normal(
            0.0, self.noise(step)
        )

    def random(self, rng: np.random.Generator) -> Config:
        return propose(self.space, Draw(rng))

    @functools.cached_property
    def scale(self) -> tuple[float, float]:
        """(optimum, median) at full resource: of 4,000 random configurations, the best refined by
        6,000 small moves.
        """
        rng = np.random.default_rng(0)
        sign = -1.0 if self.mode == "max" else 1.0
        drawn = [self.random(rng) for _ in range(4000)]
        losses = [sign * self.curve(config, FULL) for config in drawn]
        best, least = drawn[int(np.argmin(losses))], min(losses)
        for turn in range(6000):
            near = propose(self.space, Draw(rng, best, 0.2 * 0.999**turn))
            loss = sign * self.curve(near, FULL)
            if loss < least:
                best, least = near, loss
        return sign * least, sign * float(np.median(losses))

    def regret(self, config: Config) -> float:
        """0 at the optimum, 1 at the median, by the curve without noise at full resource."""
        optimum, median = self.scale
        return (self.curve(config, FULL) - optimum) / (median - optimum)


def _cnn(config: Config, step: int) -> float:
    """Accuracy by a power law: a good learning rate depends on the batch size, dropout on the
    width.

    Dropout and depth slow training down; a rate that is far too high does not train at all.
    """
    rate, batch = (
        math.log10(float(config["learning_rate"])),
        math.log2(float(config["batch_size"]) / 64),
    )
    width = math.log(float(config["filters"]) / 8) / math.log(8)  # 0 … 1
    depth, dropout, norm = (
        float(config["depth"]),
        float(config["dropout"]),
        bool(config["batch_norm"]),
    )
    off = rate - (-2.9 + 0.15 * batch + 0.2 * norm - 0.1 * (depth - 2))
    error = (
        0.065
        + 0.02 * off**2
        + 0.03 * (1 - width) ** 2
        + 0.006 * (depth - 3) ** 2
        + 0.006 * (not norm)
    )
    error += 0.25 * (dropout - 0.1 - 0.25 * width) ** 2 + 0.003 * (config["kernel"] == 5)
    error += (0.9 - error) / (1 + math.exp(-12 * (off - 1.1)))
    speed = (
        1.5
        * 10 ** (0.5 * (rate + 3))
        * 2 ** (-0.3 * batch)
        * (1 - dropout)
        * (1.4 if norm else 1)
        / depth**0.5
    )
    return 0.1 + (0.9 - error) * (1 - (1 + speed * step) ** -1.2)


def _cnn_cost(config: Config) -> float:
    return 0.3 + float(config["depth"]) * float(config["filters"]) / 64


def _crossing(config: Config, step: int) -> float:
    """Loss: under `decay`, a small rate starts slowly and ends best; early and final ranks are
    opposed.

    Under `constant` all rates are equally fast, and the end is worse.
    """
    rate = math.log10(float(config["rate"])) / 3 + 4 / 3  # 0 … 1
    miss = (
        0.15 * (float(config["momentum"]) - 0.8) ** 2 + 0.1 * (float(config["penalty"]) - 0.4) ** 2
    )
    if config["schedule"] == "decay":
        end, speed = 0.05 + 0.5 * rate + miss, 0.05 * 20**rate
    else:
        end, speed = 0.3 + 0.4 * (rate - 0.5) ** 2 + miss, 0.35
    return end + (1 - end) * math.exp(-speed * step)


def _noisy(config: Config, step: int) -> float:
    """Loss of a bowl in four numbers and a choice; at the first steps the noise is as large as the
    differences.
    """
    centre = {"a": 0.25, "b": 0.7, "c": 0.5, "d": 0.15}
    bowl = sum((float(config[name]) - at) ** 2 for name, at in centre.items())
    return bowl / 2 + 0.05 * (config["kind"] != "two") + 0.5 * math.exp(-0.15 * step)


UNIT = Float(0.0, 1.0)
CNN_SPACE: Space = {  # that of the family `cnn` when the curves were made
    "depth": Int(1, 4),
    "filters": Int(8, 64, log=True),
    "kernel": Choice((3, 5)),
    "dropout": Float(0.0, 0.5),
    "batch_norm": Choice((True, False)),
    "learning_rate": Float(1e-4, 1e-2, log=True),
    "batch_size": Choice((32, 64, 128, 256)),
}
TASKS = {
    task.name: task
    for task in (
        Task(
            "toy", toy.FAMILY.space, "min", toy.toy_loss, lambda step: toy.NOISE, lambda config: 1.0
        ),
        Task("cnn", CNN_SPACE, "max", _cnn, lambda step: 0.004, _cnn_cost),
        Task(
            "crossing",
            {
                "schedule": Choice(("constant", "decay")),
                "rate": Float(1e-4, 1e-1, log=True),
                "momentum": UNIT,
                "penalty": UNIT,
                "layers": Int(1, 4),  # changes the cost alone
            },
            "min",
            _crossing,
            lambda step: 0.005,
            lambda config: float(config["layers"]),
        ),
        Task(
            "noisy",
            {"kind": Choice(("one", "two", "three")), "a": UNIT, "b": UNIT, "c": UNIT, "d": UNIT},
            "min",
            _noisy,
            lambda step: 0.3 / step,
            lambda config: 1.0,
        ),
    )
}
