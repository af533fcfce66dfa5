"""Ray: started here, or the cluster at `--address`; and what a search may ask of it."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from hypersearch.models.errors import UserError, last_line
from hypersearch.search.config.settings import StudyConfig
from hypersearch.search.engine.staging import staged_package
from hypersearch.search.families import code_folder, find, is_own
from hypersearch.search.planning.plan import slots

TUNE_ENVIRONMENT = {  # read by Ray in this process
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "1",  # a trial that asks for no GPU sees none
    "TUNE_DISABLE_STRICT_METRIC_CHECKING": "1",  # a failed trial's result has no objective
    "TUNE_PRINT_ALL_TRIAL_ERRORS": "0",  # tracebacks are kept with their trials
}


@contextmanager
def ray_running(config: StudyConfig) -> Iterator[None]:
    """Ray, started here unless it runs already or `--address` names a cluster."""
    os.environ.update(TUNE_ENVIRONMENT)
    if ray.is_initialized():
        yield
        return
    environment = worker_environment(config.cpus_per_trial)
    address = config.cluster
    with TemporaryDirectory(prefix="hypersearch-") as staging:
        if address:
            shipped = str(staged_package(Path(staging), own_homes(config)))
            sent = {"env_vars": environment, "py_modules": [shipped]}
            options: dict[str, Any] = {"address": address, "runtime_env": sent}
        else:
            os.environ.update(environment)
            options = {"address": "local", "num_cpus": os.cpu_count(), "include_dashboard": False}
        try:
            ray.init(logging_level="warning", **options)
        except (ConnectionError, ValueError, RuntimeError) as error:
            if not address:
                raise
            raise UserError(f"--address {address}: {str(error).splitlines()[0]}") from error
        try:
            yield
        finally:
            ray.shutdown()


def own_homes(config: StudyConfig) -> list[Path]:
    """The folders of the user's own families, each once."""
    modules = (target.partition(":")[0] for target in own_families(config))
    return list(dict.fromkeys(code_folder(module, config.home) for module in modules))


def own_families(config: StudyConfig) -> list[str]:
    """The searches' families that are the user's own, as `package.module:NAME`."""
    return [search.family for search in config.searches if is_own(search.family)]


def check_reach(config: StudyConfig) -> None:
    """Raise a `UserError`, before anything starts, for an address that cannot serve or more cores
    than there are.
    """
    if config.cluster is None and not ray.is_initialized():
        slots(config, os.cpu_count() or 1, inf)  # what GPUs there are, Ray knows better
    if config.cluster and config.cluster.startswith("ray://"):
        raise UserError(
            f"--address {config.cluster}: Tune's loop needs a node of the cluster under it; run"
            " there with --address auto, or from here by ray job submit (docs/cluster.md)"
        )
    if config.cluster:
        _check_answers(config.cluster)


def _check_answers(address: str) -> None:
    """Raise a `UserError` if no program listens at HOST:PORT; Ray would wait for it for many
    minutes.
    """
    host, colon, port = address.rpartition(":")
    if not colon:
        return  # "auto", or a word that Ray refuses
    try:
        socket.create_connection((host, int(port)), timeout=10).close()
    except (OSError, ValueError) as error:
        raise UserError(f"--address {address}: nothing answers there, {error}") from error


def worker_environment(threads: int) -> dict[str, str]:
    """Variables of the workers: as many threads as a trial has cores, TensorFlow quiet and modest
    in GPU memory.
    """
    counted = (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "TF_NUM_INTRAOP_THREADS",
        "TF_NUM_INTEROP_THREADS",
    )
    return {
        **dict.fromkeys(counted, str(threads)),
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    }


def trials_at_once(config: StudyConfig) -> int:
    """How many trials run at once; a `UserError` if not one can.

    A cluster may grow to what is asked for.
    """
    there = ray.cluster_resources()
    if config.concurrency and config.cluster:
        return config.concurrency
    return slots(config, int(there.get("CPU", 1)), there.get("GPU", 0.0))


def check_nodes(config: StudyConfig, folder: Path) -> None:
    """Raise a `UserError`, before the first trial, for a node that cannot take part in the study
    in `folder`.
    """
    check_shared(folder)
    check_families(config)


def check_shared(folder: Path) -> None:
    """Raise a `UserError` unless every node of the cluster sees and can write the study folder."""
    nodes = _nodes()
    if len(nodes) < 2:
        return
    token = folder / f".seen-{uuid.uuid4().hex}"
    token.touch()
    try:
        for node in nodes:
            blind = ray.get(_look.options(scheduling_strategy=_on(node)).remote(str(token)))
            if blind:
                raise UserError(
                    f"{_called(node)} cannot use the study folder, {blind}; give --out a folder"
                    " that all nodes share"
                )
    finally:
        token.unlink()


@ray.remote(num_cpus=0)  # type: ignore[untyped-decorator]  # Ray ships no types for it
def _look(token: str) -> str:
    """What keeps this node from the folder of `token`; empty if nothing does."""
    path = Path(token)
    if not path.exists():
        return f"{path.parent} is not there"
    return "" if os.access(path.parent, os.W_OK) else f"{path.parent} cannot be written"


def check_families(config: StudyConfig) -> None:
    """Raise a `UserError` unless every node of the cluster can import the user's own families.

    Otherwise each trial there would fail, one after another.
    """
    own, nodes = own_families(config), _nodes()
    if not own or not (config.cluster or len(nodes) > 1):
        return
    asked = [
        _try_import.options(scheduling_strategy=_on(node)).remote(own, config.home)
        for node in nodes
    ]
    for node, answer in zip(nodes, asked, strict=True):
        try:
            reason = ray.get(answer)
        except ray.exceptions.RayError as error:
            reason = f"cannot import hypersearch: {last_line(error)}"
        if reason:
            raise UserError(
                f"{_called(node)} {reason}; a family may import what lies beside it, and what is"
                " installed on all nodes"
            )


@ray.remote(num_cpus=0)  # type: ignore[untyped-decorator]  # Ray ships no types for it
def _try_import(targets: list[str], home: Path) -> str:
    """Why this node cannot import one of the families; empty if it can."""
    try:
        for target in targets:
            find(target, home)
    except UserError as error:
        return str(error)
    return ""


def _nodes() -> list[dict[str, Any]]:
    return [node for node in ray.nodes() if node["Alive"]]


def _called(node: dict[str, Any]) -> str:
    return f"node {node['NodeManagerHostname']} ({node['NodeManagerAddress']})"


def _on(node: dict[str, Any]) -> NodeAffinitySchedulingStrategy:
    return NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
