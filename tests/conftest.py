"""Fixtures that all tests share: tiny data, one Ray a session, a working directory of one's own."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = (
    "1"  # two files run at a time, on two cores
)
os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["TF_NUM_INTEROP_THREADS"] = "1"

import pytest

from hypersearch.models.data import datasets
from hypersearch.models.data.datasets import Dataset
from tests.required import *  # noqa: F403  # pytest finds the hooks by their names

CACHE = tempfile.TemporaryDirectory(prefix="hypersearch-tests-")
os.environ["XDG_CACHE_HOME"] = CACHE.name  # not the user's own


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that start Ray come first: they take longest, and two run at a time."""
    long = {item.path for item in items if "ray_session" in getattr(item, "fixturenames", ())}
    items.sort(key=lambda item: item.path not in long)


@pytest.fixture(scope="session")
def digits() -> Dataset:
    """240 training and validation images of 8 × 8."""
    return datasets.load_dataset("digits", limit=240)


@pytest.fixture(scope="session")
def ray_session() -> Iterator[None]:
    """Ray on two cores, started once."""
    import ray

    from hypersearch.search.engine.cluster import TUNE_ENVIRONMENT, worker_environment

    os.environ.update({**TUNE_ENVIRONMENT, **worker_environment(1)})
    ray.init(num_cpus=2, include_dashboard=False, logging_level="error", log_to_driver=False)
    yield
    ray.shutdown()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
