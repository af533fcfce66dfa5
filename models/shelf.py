"""Fitted models as files that outlive the process: Keras's `.keras`, and skops for scikit-learn.

Neither is a pickle: reading one runs no code that it brings along. `preprocess.json` says what goes in and comes out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def put_networks(folder: Path, networks: Mapping[str, Any], size: tuple[int, int], output: str) -> None:
    """Write each `keras.Model` as NAME.keras, without its optimiser; the first is the one that predicts."""
    import keras

    for name, network in networks.items():
        keras.Model(network.inputs, network.outputs, name=network.name).save(folder / f"{name}.keras")
    _describe(folder, f"{next(iter(networks))}.keras", "uint8 (n, h, w, 1), 0 to 255; scaled inside", size, output)


def put_estimator(folder: Path, estimator: Any, size: tuple[int, int], output: str) -> None:
    """Write a scikit-learn estimator as model.skops."""
    import skops.io

    skops.io.dump(estimator, folder / "model.skops")
    _describe(folder, "model.skops", "float32 (n, h · w), pixels divided by 255", size, output)


def _describe(folder: Path, file: str, wanted: str, size: tuple[int, int], output: str) -> None:
    facts = {"file": file, "input": wanted, "size": list(size), "output": output}
    (folder / "preprocess.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
