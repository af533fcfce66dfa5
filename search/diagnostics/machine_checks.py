"""What `hypersearch doctor` looks at on a machine: software, cores, memory, disk, GPU."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal, TypeAlias

import joblib
import psutil

from hypersearch.search.diagnostics.probe import Probe, backend
from hypersearch.search.planning import environment

Verdict: TypeAlias = Literal["ok", "note", "problem"]
NEEDED = ("hypersearch", "ray", "optuna", "keras", "scikit-learn", "numpy")
BACKENDS = ("tensorflow", "torch", "jax")  # one of them is needed
PATIENCE = 120.0  # seconds for a process of its own
GIB = 2**30


@dataclass(frozen=True)
class Check:
    """One line of the table."""

    what: str
    found: str
    verdict: Verdict = "ok"
    whole: str = ""  # a traceback, for --verbose


def software() -> Iterator[Check]:
    """The version of each package that is needed, and of the backends that are there."""
    yield Check("python", platform.python_version())
    versions = {package: _version(package) for package in (*NEEDED, *BACKENDS)}
    for package in NEEDED:
        version = versions[package]
        yield Check(package, version) if version else Check(package, "not installed", "problem")
    yield from (Check(package, version) for package in BACKENDS if (version := versions[package]))


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def cores() -> Check:
    """How many there are, and how many this process may use (affinity, control group)."""
    total, usable = os.cpu_count() or 1, joblib.cpu_count()
    if usable < total:
        words = f"{total}, of which {usable} may be used: run with --concurrency {usable}"
        return Check("cores", words, "note")
    return Check("cores", str(total))


def memory() -> Check:
    """The memory in all, and what is available, in GiB."""
    state = psutil.virtual_memory()
    found = f"{state.total / GIB:.1f} GiB, {state.available / GIB:.1f} GiB available"
    if state.available < GIB * joblib.cpu_count():
        return Check(
            "memory",
            f"{found}: less than 1 GiB a core, run fewer trials at once (--concurrency)",
            "note",
        )
    return Check("memory", found)


def disk(out: Path) -> Check:
    """Room at `out`, and whether a study can be written there."""
    nearest = _nearest(out)
    if not nearest.is_dir():
        return Check("disk", f"{nearest} is a file; --out is a folder", "problem")
    if not os.access(nearest, os.W_OK | os.X_OK):
        return Check("disk", f"{out} cannot be written", "problem")
    free = shutil.disk_usage(nearest).free / GIB
    state = "can be written" if out.exists() else "will be created"
    return Check("disk", f"{out} {state}, {free:.1f} GiB free", "ok" if free >= 1 else "note")


def _nearest(path: Path) -> Path:
    """The path, or the nearest folder above it that exists."""
    path = path.absolute()
    return next(folder for folder in (path, *path.parents) if folder.exists())


def accelerators() -> Iterator[Check]:
    """Keras' backend and its GPUs."""
    found = backend(PATIENCE)
    if "failure" in found:
        failure = Probe(**found)
        yield Check("keras backend", failure.reason, "problem", failure.failure)
        return
    yield Check("keras backend", found["backend"])
    if found["seen"]:
        yield Check(
            "GPU", f"{', '.join(found['seen'])}: --gpus-per-trial 1 (or a fraction) uses it"
        )
    elif unseen := environment.gpus():
        extra = "; pip install -e .[gpu]" if found["backend"] == "tensorflow" else ""
        yield Check(
            "GPU",
            f"{unseen} in the machine, none of them seen by {found['backend']}{extra}",
            "note",
        )
    else:
        yield Check("GPU", "none: networks train on the processor", "note")
