"""Kill a search again and again, resume it, and show that nothing was lost.

    # SIGKILL the driver at 20 random moments, resume each time
    python benchmarks/kill_drill.py driver toy
    python benchmarks/kill_drill.py driver cnn
    python benchmarks/kill_drill.py worker toy     # SIGKILL a random worker, 20 times, in one run
    # three nodes; SIGKILL one of them with all that runs on it, 5 times
    python benchmarks/kill_drill.py node toy

Shown at the end: trials asked and recorded, trials recorded twice, finished objectives that
changed, trials that went on from step 0 although they had made a step, and processes left over.
Exit code 1 if anything is wrong. `--reference` also runs the search without a kill, one worker
each, and compares every trial.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import optuna
import psutil

ROOT = Path(__file__).parent.parent
TARGETS = {
    "toy": ["benchmarks.slow_toy:FAMILY"],
    "cnn": ["cnn", "--max-resource", "9", "--space", "depth=1..2", "--space", "filters=8..16"],
}
TRIALS = {"toy": 150, "cnn": 30}
FAMILIES = {"toy": "slow_toy", "cnn": "cnn"}
KILLS = {"driver": 20, "worker": 20, "node": 5}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=KILLS)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--kills", type=int)
    parser.add_argument("--trials", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--reference", action="store_true")
    asked = parser.parse_args()
    chance = random.Random(asked.seed)
    kills = asked.kills or KILLS[asked.what]
    with tempfile.TemporaryDirectory() as folder:
        alone = ["--concurrency", "1"] if asked.reference else []
        drill = Drill(
            Path(folder), asked.target, asked.seed, asked.trials or TRIALS[asked.target], alone
        )
        {"driver": kill_driver, "worker": kill_workers, "node": kill_nodes}[asked.what](
            drill, kills, chance
        )
        wrong = drill.verdict(asked.what)
        if asked.reference:
            wrong += drill.compare()
    print("all is well" if not wrong else f"{wrong} things are wrong")
    return int(wrong > 0)


class Drill:
    """One study, started and resumed, and what was seen of it in between."""

    def __init__(self, out: Path, target: str, seed: int, trials: int, more: list[str]) -> None:
        self.out, self.target, self.more, self.seed = out, target, more, seed
        self.trials = str(trials)
        self.folder = out / "drill"
        self.finished: dict[
            int, Any
        ] = {}  # objective and state of each trial, when it was first seen to have ended
        self.changed = 0
        self.orphans: list[psutil.Process] = []  # processes that a killed driver had started

    def run(self, *more: str, name: str = "drill") -> list[str]:
        data = [
            "--dataset",
            "digits",
            "--limit",
            "400",
            "--seed",
            str(self.seed),
            "--trials",
            self.trials,
        ]
        return self.command("run", *TARGETS[self.target], *data, "--name", name, *self.more, *more)

    def resume(self) -> list[str]:
        return self.command("resume", "drill", *self.more)

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "hypersearch", *words, "--out", str(self.out)]

    def start(self, command: list[str]) -> subprocess.Popen[bytes]:
        environment = dict(os.environ)
        with (self.out / "log.txt").open("ab") as log:
            return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)

    def events(self) -> list[dict[str, Any]]:
        path = self.folder / "journal.jsonl"
        lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
        return [json.loads(line) for line in lines]

    def look(self) -> None:
        """Compare what has finished with what had finished before."""
        for event in self.events():
            if event["event"] == "end" and not event["cut"]:
                steps = [
                    e
                    for e in self.events()
                    if e["event"] == "step" and e["trial"] == event["trial"]
                ]
                now = event["state"], steps[-1]["objective"] if steps else None
                self.changed += self.finished.setdefault(event["trial"], now) != now

    def verdict(self, what: str) -> int:
        """Print what became of the trials; the number of things that are wrong."""
        self.look()
        events, left_over = self.events(), len(survivors(self.orphans))
        asked = json.loads((self.folder / "study.json").read_text())["searches"][0]
        total = asked["trials"] + len(asked["baselines"])
        ends = [e["trial"] for e in events if e["event"] == "end" and not e["cut"]]
        rows = (self.folder / "trials.csv").read_text().splitlines()[1:]
        anew = restarted(events)
        states = {
            trial.number: trial.state.name
            for trial in optuna.load_study(
                study_name=f"drill/{FAMILIES[self.target]}",
                storage=f"sqlite:///{self.out}/hypersearch.db",
            ).trials
        }
        differ = sum(states.get(number) != state for number, (state, _) in self.finished.items())
        failures = [e for e in events if e["event"] == "end" and e["state"] == "FAIL"]
        failed = len(failures)
        for event in failures:
            lived = " ".join(e["event"] for e in events if e["trial"] == event["trial"])
            print(
                f"  trial {event['trial']} failed: {lived}:"
                f" {event['failure'].strip().splitlines()[-1]}"
            )
        went_on = sum(e["event"] == "rewind" for e in events)
        print(
            f"{what} {self.target}: {total} trials asked, {len(rows)} recorded, {len(set(ends))} of"
            " them different"
        )
        print(
            f"  {went_on} times a trial went on after a kill, {anew} of them from step 0 though it"
            " had made a step"
        )
        print(
            f"  {self.changed} finished objectives changed, {len(ends) - len(set(ends))} trials"
            " ended twice"
        )
        print(
            f"  {failed} failed, {differ} differ in Optuna's storage, {left_over} processes left"
            " over"
        )
        wrong = abs(total - len(rows)) + abs(total - len(set(ends))) + len(ends) - len(set(ends))
        return wrong + anew + self.changed + failed + differ + left_over

    def compare(self) -> int:
        """Run the same search without a kill; the number of trials that differ."""
        if self.start(self.run(name="reference")).wait():
            return 1
        ours, theirs = (
            trials(self.out / name / "journal.jsonl") for name in ("drill", "reference")
        )
        differ = sum(ours.get(number) != trial for number, trial in theirs.items())
        print(f"  {differ} of {len(theirs)} trials differ from those of a search without a kill")
        return differ


def trials(journal: Path) -> dict[int, Any]:
    """Parameters, state and objective of each trial."""
    found: dict[int, Any] = {}
    for line in journal.read_text().splitlines():
        event = json.loads(line)
        trial = found.setdefault(event["trial"], {})
        kept = {"start": ("params", "seed"), "step": ("objective", "resource"), "end": ("state",)}
        trial.update({key: event[key] for key in kept.get(event["event"], ())})
    return found


def restarted(events: list[dict[str, Any]]) -> int:
    """How often a trial that had made a step went on from step 0."""
    reached: dict[int, int] = {}
    count = 0
    for event in events:
        if event["event"] == "step":
            reached[event["trial"]] = event["resource"]
        elif event["event"] == "rewind":
            count += reached.get(event["trial"], 0) > 0 and event["resource"] == 0
            reached[event["trial"]] = event["resource"]
    return count


def kill_driver(drill: Drill, kills: int, chance: random.Random) -> None:
    command = drill.run()
    for number in range(kills):
        before = len(drill.events())
        process = drill.start(command)
        deadline = time.monotonic() + 60
        early = number % 5 == 4  # now and then before anything has happened
        while (
            not early
            and len(drill.events()) == before
            and process.poll() is None
            and time.monotonic() < deadline
        ):
            time.sleep(0.02)
        time.sleep(chance.uniform(0, 5))
        if process.poll() is not None:
            print(f"the search was over before kill {number + 1}")
            break
        offspring = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.wait()
        drill.orphans += offspring
        drill.look()
        command = drill.resume() if (drill.folder / "study.json").exists() else drill.run()
    if drill.start(drill.resume()).wait():
        raise SystemExit((drill.out / "log.txt").read_text()[-3000:])


def survivors(processes: list[psutil.Process], patience: float = 120) -> list[psutil.Process]:
    """Those that still run after a while: two agents of Ray take a minute to see that they are
    alone.
    """
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline and any(runs(process) for process in processes):
        time.sleep(0.1)
    return [process for process in processes if runs(process)]


def runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def kill_workers(drill: Drill, kills: int, chance: random.Random) -> None:
    process = drill.start(drill.run())
    done = 0
    while done < kills and process.poll() is None:
        time.sleep(chance.uniform(0.5, 1.5))  # a death is noticed within that
        if one_waits(drill.events()):
            continue  # a trial that loses three workers at the same step would be at fault itself
        workers = [p for p in psutil.Process(process.pid).children(recursive=True) if is_actor(p)]
        if workers and drill.events():
            chance.choice(workers).kill()
            done += 1
    print(f"{done} workers killed")
    if process.wait():
        raise SystemExit((drill.out / "log.txt").read_text()[-3000:])


def one_waits(events: list[dict[str, Any]]) -> bool:
    """True if a trial that lost its worker has not made a step since."""
    last = {event["trial"]: event["event"] for event in events}
    return "rewind" in last.values()


def is_actor(process: psutil.Process) -> bool:
    try:
        return "TrialActor" in " ".join(process.cmdline())
    except psutil.Error:
        return False


def kill_nodes(drill: Drill, kills: int, chance: random.Random) -> None:
    with three_nodes() as (cluster, nodes):
        process = drill.start(drill.run("--address", cluster.address))
        done = 0
        while done < kills and process.poll() is None:
            before = len(drill.events())
            while len(drill.events()) <= before and process.poll() is None:
                time.sleep(0.05)
            time.sleep(chance.uniform(0, 3))
            node = nodes.pop(chance.randrange(len(nodes)))
            cluster.remove_node(node, allow_graceful=False)
            done += 1
            nodes.append(cluster.add_node(num_cpus=1))
        print(f"{done} nodes killed")
        if process.wait():
            raise SystemExit((drill.out / "log.txt").read_text()[-3000:])


@contextmanager
def three_nodes() -> Iterator[tuple[Any, list[Any]]]:
    """A head without cores and two nodes with one each, all on this machine."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    try:
        yield cluster, [cluster.add_node(num_cpus=1) for _ in range(2)]
    finally:
        cluster.shutdown()


if __name__ == "__main__":
    sys.exit(main())
