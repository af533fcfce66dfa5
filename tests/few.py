"""The toy family without noise and with few configurations, so that a search meets them again."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

from models import toy
from models.api import Choice, Config, Shared


class FewRun(toy.ToyRun):
    """Exactly its curve."""

    def step(self) -> Mapping[str, float]:
        super().step()
        time.sleep(0.002)
        return {"loss": toy.toy_loss(self._config, self._step)}


def _start(config: Config, shared: Shared, seed: int) -> FewRun:
    return FewRun(config, seed)


FAMILY = replace(
    toy.FAMILY,
    name="few",
    space={"x": Choice((0.1, 0.3, 0.6, 0.9)), "shape": Choice(("valley",))},
    baselines=(),
    start=_start,
    metrics=("loss",),
    deterministic=True,
)
