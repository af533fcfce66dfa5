"""The trackers by name. A new one is a row here; what names a tracker reads it from the row.

Importing this loads no Ray: a tracker's class is imported when one is made.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from hypersearch.models.errors import UserError

if TYPE_CHECKING:
    from ray.tune.logger import LoggerCallback


@dataclass(frozen=True)
class TrackerSpec:
    """What there is to know of a tracker without making one."""

    name: str  # also of the extra of hypersearch that brings what it needs
    help: str  # a sentence: where it writes
    package: str  # that it needs
    make: Callable[[str, Path], LoggerCallback]  # from the study's name and a folder of its own


def check_installed(names: Iterable[str]) -> None:
    """Raise a `UserError` if one of the trackers needs what is not installed."""
    for spec in (TRACKERS[name] for name in names):
        if find_spec(spec.package) is None:
            install = f"pip install 'hypersearch[{spec.name}]'"
            raise UserError(f"--track {spec.name} needs {spec.package}: {install}")


def _tensorboard(study: str, folder: Path) -> LoggerCallback:
    from ray.tune.logger import TBXLoggerCallback

    return TBXLoggerCallback()


def _mlflow(study: str, folder: Path) -> LoggerCallback:
    """Where MLFLOW_TRACKING_URI says, else into the study's folder."""
    from ray.air.integrations.mlflow import MLflowLoggerCallback

    folder.mkdir(parents=True, exist_ok=True)
    address = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{folder.resolve()}/mlflow.db"
    return MLflowLoggerCallback(tracking_uri=address, experiment_name=study)


def _wandb(study: str, folder: Path) -> LoggerCallback:
    """By wandb's own settings: WANDB_MODE, WANDB_API_KEY, WANDB_PROJECT."""
    from ray.air.integrations.wandb import WandbLoggerCallback

    folder.mkdir(parents=True, exist_ok=True)
    project = os.environ.get("WANDB_PROJECT") or "hypersearch"
    mode = os.environ.get("WANDB_MODE")  # Ray's actors, which write, may have started without it
    return WandbLoggerCallback(project=project, group=study, dir=str(folder.resolve()), mode=mode)


TRACKERS = {
    spec.name: spec
    for spec in (
        TrackerSpec("tensorboard", "Writes to logs/tensorboard/.", "tensorboardX", _tensorboard),
        TrackerSpec(
            "mlflow",
            "Writes to logs/mlflow/mlflow.db, or where MLFLOW_TRACKING_URI says.",
            "mlflow",
            _mlflow,
        ),
        TrackerSpec(
            "wandb",
            "Sends to Weights & Biases; with WANDB_MODE=offline it writes to logs/wandb/.",
            "wandb",
            _wandb,
        ),
    )
}
