"""What a study's record says of the software and the machine that made it."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil

PACKAGES = (
    *("hypersearch", "ray", "optuna", "keras", "tensorflow", "scikit-learn", "umap-learn"),
    *("numpy", "scipy", "pandas"),
)


def now() -> str:
    """The time, UTC, to the second: 2026-01-31T23:59:59+00:00."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def versions() -> dict[str, str]:
    """Python's version and that of each package which shapes a result."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return {**found, "keras_backend": os.environ.get("KERAS_BACKEND", "tensorflow")}


def hardware() -> dict[str, Any]:
    """Processor, cores and memory (GiB)."""
    return {
        "system": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
    }


def gpus() -> int:
    """NVIDIA GPUs in the machine, by their device files, whether or not a library can use them."""
    return len(list(Path("/dev").glob("nvidia[0-9]*")))


def git_revision() -> str | None:
    """The commit of the working directory, with `+changes` if files differ from it.

    None outside a checkout.
    """
    try:
        return _git("rev-parse", "HEAD") + ("+changes" if _git("status", "--porcelain") else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def _git(*words: str) -> str:
    return subprocess.run(
        ["git", *words], capture_output=True, text=True, check=True
    ).stdout.strip()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(
            line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")
        )
    except (OSError, StopIteration):
        return platform.processor()
