"""One run of a study: what all of its searches share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from optuna.storages import RDBStorage

from hypersearch.models.data.datasets import Dataset
from hypersearch.search.config.settings import StudyConfig
from hypersearch.search.engine.stopper import Stop
from hypersearch.search.storage.record import Record
from hypersearch.search.storage.trial import Trial


@dataclass
class Session:
    """One run of a study: what all of its searches share."""

    config: StudyConfig
    dataset: Dataset
    record: Record
    storage: RDBStorage
    stop: Stop
    study: dict[str, Any]  # study.json
    elsewhere: dict[str, list[Trial]]  # by family: trials of another study, to learn from
