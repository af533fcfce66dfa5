"""A family whose workers keep memory: 300 MB with the first trial, as libraries do, and `keep` MB
with each.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from hypersearch.models.api import Choice, Config, Float, Shared
from hypersearch.models.families import toy

HOARD: list[bytes] = []


class HoardingRun:
    """Tells its process by number."""

    finished = False

    def __init__(self, config: Config) -> None:
        if not HOARD:
            HOARD.append(b"x" * (300 * 2**20))
        HOARD.append(b"x" * (int(config["keep"]) * 2**20))

    def step(self) -> Mapping[str, float]:
        return {"loss": 1.0, "process": float(os.getpid())}

    def save(self, folder: Path) -> None:
        """Nothing to keep."""

    def load(self, folder: Path) -> None:
        """Nothing to take up."""


def _start(config: Config, shared: Shared, seed: int) -> HoardingRun:
    return HoardingRun(config)


FAMILY = replace(
    toy.FAMILY,
    name="hoarder",
    space={"keep": Choice((0, 90)), "x": Float(0, 1)},
    baselines=(),
    start=_start,
    metrics=("loss", "process"),
    max_resource=1,
)
