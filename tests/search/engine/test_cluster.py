"""Several nodes, all on this machine, by Ray's cluster utility."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import optuna
import psutil
import pytest

import hypersearch
from benchmarks.kill_drill import three_nodes

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]
ROOT = Path(__file__).parents[3]
SLOW = "benchmarks.slow_toy:FAMILY"


@pytest.fixture(scope="module")
def cluster():
    with three_nodes() as found:
        yield found


def start(cluster, *words):
    command = [sys.executable, "-m", "hypersearch", *words, "--address", cluster.address]
    environment = dict(os.environ)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, env=environment, **pipes)


def test_a_search_on_three_nodes_outlives_the_loss_of_one(cluster, tmp_path):
    head, nodes = cluster
    out = ["--out", str(tmp_path)]
    run = ["run", SLOW, "--dataset", "digits", "--trials", "40", "--name", "study", *out]
    process = start(head, *run)
    history = tmp_path / "study" / "history.csv"
    while (
        not (history.exists() and history.read_text().count("\n") > 60) and process.poll() is None
    ):
        time.sleep(0.05)
    head.remove_node(nodes.pop(), allow_graceful=False)
    nodes.append(head.add_node(num_cpus=1))
    said, complained = process.communicate(timeout=200)
    assert process.returncode == 0, complained
    assert "lost its worker and goes on after" in said
    study = hypersearch.load(tmp_path / "study")
    assert sorted(study.trials["trial"]) == list(range(41))
    assert set(study.trials["state"]) <= {"COMPLETE", "PRUNED"}
    theirs = optuna.load_study(
        study_name="study/slow_toy", storage=f"sqlite:///{tmp_path}/hypersearch.db"
    ).trials
    assert {t.number: t.state.name for t in theirs} == dict(
        zip(study.trials["trial"], study.trials["state"], strict=True)
    )
    for _, steps in study.history.groupby("trial")["step"]:
        assert steps.tolist() == list(range(1, len(steps) + 1))


def test_a_folder_that_the_other_nodes_do_not_see_is_refused(cluster, tmp_path):
    """A node whose process may not look into the folder stands for a node that has another disk."""
    if os.getuid() or not psutil.LINUX:
        pytest.skip("needs a mount namespace of its own")
    head, _ = cluster
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    # the driver alone sees a fresh file system there
    run = f"{sys.executable} -m hypersearch run toy --dataset digits"
    script = f"mount -t tmpfs tmpfs {hidden} && exec {run}"
    command = [
        "unshare",
        "-m",
        "sh",
        "-c",
        f"{script} --trials 2 --out {hidden} --address {head.address}",
    ]
    environment = dict(os.environ)
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    if "mount:" in ended.stderr:
        pytest.skip("may not mount here")
    assert ended.returncode == 2, ended.stderr
    assert "cannot use the study folder" in ended.stderr
    assert "give --out a folder that all nodes share" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    assert not list(hidden.iterdir())
