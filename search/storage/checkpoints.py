"""The state of a trial on disk, for going on after whatever ended it.

One folder a trial, in it one folder named by the resource spent: what `Run.save` wrote, and
`state.json` with the format and the size and CRC-32 of each file. It is written to one side and
renamed when whole, so it is there or it is not; one that was torn afterwards is recognised by its
sums and not used, nor is one of another format.
"""

from __future__ import annotations

import json
import shutil
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hypersearch.models.api import Run
from hypersearch.search.storage.files import write_json

# raised when a family makes another model of a configuration: older states then no longer fit
FORMAT = 2


@dataclass(frozen=True)
class Checkpoint:
    """The state of a trial on disk.

    `resource` and `seconds` are what the trial had spent, `metrics` those of its last step.
    """

    folder: Path
    resource: int
    seconds: float
    metrics: dict[str, float]


def home(root: Path, family: str, number: int) -> Path:
    """The folder of one trial's checkpoints."""
    return root / family.replace(":", "-") / str(number)


def save(
    run: Run, trial: Path, resource: int, seconds: float, metrics: Mapping[str, float]
) -> None:
    """Save `run` in the folder of its trial, in place of what was there."""
    partial, whole = trial / f"{resource}.partial", trial / str(resource)
    reached = {"resource": resource, "seconds": seconds, "metrics": dict(metrics)}
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        run.save(partial)
        sums = {
            path.relative_to(partial).as_posix(): checksum(path) for path in sorted(_files(partial))
        }
        write_json(partial / "state.json", {"format": FORMAT, **reached, "files": sums})
        shutil.rmtree(whole, ignore_errors=True)
        partial.rename(whole)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    for other in trial.iterdir():
        if other != whole:
            shutil.rmtree(other, ignore_errors=True)


def latest(trial: Path) -> Checkpoint | None:
    """The latest whole checkpoint in the folder of a trial, or None."""
    folders = [path for path in trial.glob("*") if path.name.isdigit()]
    for folder in sorted(folders, key=lambda path: int(path.name), reverse=True):
        checkpoint = _read(folder)
        if checkpoint:
            return checkpoint
    return None


def clear(trial: Path) -> None:
    """Remove the checkpoints of a trial."""
    shutil.rmtree(trial, ignore_errors=True)


def checksum(path: Path) -> list[int]:
    """Size in bytes and CRC-32 of a file."""
    data = path.read_bytes()
    return [len(data), zlib.crc32(data)]


def _read(folder: Path) -> Checkpoint | None:
    """The checkpoint in `folder`, or None if it is torn or of another format."""
    try:
        state = json.loads((folder / "state.json").read_text())
        if state["format"] != FORMAT or any(
            checksum(folder / name) != sums for name, sums in state["files"].items()
        ):
            return None
        return Checkpoint(
            folder, int(state["resource"]), float(state["seconds"]), dict(state["metrics"])
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
