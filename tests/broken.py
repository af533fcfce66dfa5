"""Families that misbehave, to see that a search survives them."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from hypersearch.models.api import Choice, Config, Float, Shared
from hypersearch.models.families import toy

WAYS = ("raise", "nan", "die", "start", "fine", "slow", "hog")


class BrokenRun:
    """Fails in the way that its configuration names, at its second step."""

    finished = False

    def __init__(self, config: Config) -> None:
        self._config, self._step = config, 0
        if config["way"] == "start":
            raise RuntimeError("cannot start")

    def step(self) -> Mapping[str, float]:
        self._step += 1
        way = self._config["way"] if self._step == 2 else "fine"
        if way == "raise":
            raise ValueError("this configuration is broken")
        if way == "die":
            os._exit(9)
        if way == "slow":
            time.sleep(60)
        if way == "hog":
            hoard = [
                bytearray(os.urandom(2**20)) * 64 for _ in range(400)
            ]  # 25 GiB, 64 MiB at a time
            raise MemoryError(f"{len(hoard)} blocks fit after all")
        return {"loss": float("nan") if way == "nan" else 1.0 / self._step}

    def save(self, folder: Path) -> None:
        (folder / "step").write_text(str(self._step))

    def load(self, folder: Path) -> None:
        self._step = int((folder / "step").read_text())


def _start(config: Config, shared: Shared, seed: int) -> BrokenRun:
    return BrokenRun(config)


FAMILY = replace(
    toy.FAMILY,
    name="broken",
    space={
        "way": Choice(WAYS, searched=("fine",)),
        "x": Float(0, 1),
    },
    baselines=(),
    start=_start,
    metrics=("loss",),
    max_resource=3,
)
