"""The toy family at a human pace: 50 ms a step, so that there is something to interrupt."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

from hypersearch.models.api import Config, Shared
from hypersearch.models.families import toy


class SlowRun(toy.ToyRun):
    def step(self) -> Mapping[str, float]:
        time.sleep(0.05)
        return super().step()


def _start(config: Config, shared: Shared, seed: int) -> SlowRun:
    return SlowRun(config, seed)


FAMILY = replace(toy.FAMILY, name="slow_toy", start=_start)
