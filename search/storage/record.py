"""The record of a study: everything that happened, on disk before anything else is done about it.

`journal.jsonl` is the record: one line for each start, step and end, with its time (`at`, seconds
since 1970), appended. `history.csv` (a row for each trial and step) and `trials.csv` (a row for
each ended trial) are views of it that anyone can read; they grow beside it, and `Record.reopen`
writes them anew from it, so that a torn line in any of the three costs nothing that had finished.
"""

from __future__ import annotations

import shlex
import shutil
import traceback
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import asdict
from pathlib import Path

from hypersearch.models.api import TRIAL_COLUMNS
from hypersearch.models.errors import UserError, WorkFailedError
from hypersearch.models.text import counted
from hypersearch.search.storage.files import GrowingCsv, Row, read_csv, write_json, write_text
from hypersearch.search.storage.journal import PLAN, Journal, replay_journal
from hypersearch.search.storage.trial import Step, Trial

HISTORY_COLUMNS = ("study", "family", "trial", "step", "seconds")


class Record:
    """The files of one study. Only the driver holds one, and only one driver at a time."""

    def __init__(self, folder: Path) -> None:
        """Open the record in an existing folder; a `UserError` if another process holds it."""
        self.folder = folder
        self.name = folder.name
        self.logs = folder / "logs"
        self.trials: dict[tuple[str, int], Trial] = {}
        self._trials = GrowingCsv(folder / "trials.csv", TRIAL_COLUMNS)
        self._history = GrowingCsv(folder / "history.csv", HISTORY_COLUMNS)
        self._journal = Journal(folder / "journal.jsonl")
        self._unsearched: list[Exception] = []

    @property
    def resume_command(self) -> str:
        """What the user types to go on."""
        out = self.folder.parent
        return f"hypersearch resume {self.name}" + (
            "" if out == Path("runs") else f" --out {shlex.quote(str(out))}"
        )

    @classmethod
    def create(cls, out: Path, name: str) -> Record:
        """Begin a new study in `out/name`; a `UserError` if it exists or cannot be written."""
        refuse_existing_folder(out, name)
        folder = out / name
        try:
            (folder / "logs").mkdir(parents=True)
        except OSError as error:
            raise UserError(f"cannot write to --out {out}: {error.strerror or error}") from error
        return cls(folder)

    @classmethod
    def reopen(cls, folder: Path) -> Record:
        """Take up the record of an earlier run, mending what a crash tore."""
        if not (folder / "journal.jsonl").is_file():
            raise UserError(f"study {folder.name!r} has no journal.jsonl: it cannot be resumed")
        record = cls(folder)
        record._journal.mend()
        record.trials = replay_journal(record._journal.path)
        record.write_views()
        return record

    def discard(self) -> None:
        """Remove the record of a study in which nothing has run."""
        if not self.trials:
            shutil.rmtree(self.folder)

    def close(self) -> None:
        """Let go of the record."""
        self._journal.close()

    def write_study(self, facts: Row) -> None:
        """Write study.json whole."""
        write_json(self.folder / "study.json", facts)

    def search(self, family: str) -> list[Trial]:
        """The trials of one search, by number."""
        return [trial for (name, _), trial in sorted(self.trials.items()) if name == family]

    def start(self, trial: Trial) -> None:
        """A trial begins."""
        self.trials[trial.family, trial.number] = trial
        trial.started = self._journal.append(
            "start", trial, {key: getattr(trial, key) for key in PLAN}
        )

    def step(
        self, trial: Trial, step: Step | None = None, complete: bool = False, stopped: bool = False
    ) -> None:
        """Record a step of a trial (default: its last).

        The trial may be `complete` with it, or `stopped`.
        """
        step = step or trial.steps[-1]
        self._journal.append(
            "step", trial, {**asdict(step), "complete": complete, "stopped": stopped}
        )
        self._history.append(self._history_row(trial, step))

    def end(self, trial: Trial) -> None:
        """A trial has ended."""
        trial.ended = self._journal.append(
            "end", trial, {"state": trial.state, "cut": trial.cut, "failure": trial.failure}
        )
        if trial.failure:
            write_text(self.failure_log(trial), trial.failure)
        self._trials.append(self._trial_row(trial))

    def rewind(self, trial: Trial, resource: int) -> None:
        """Set a trial back to its checkpoint at `resource`; later steps are done again."""
        lost = not (trial.state == "RUNNING" and trial.resource == resource)
        trial.rewind(resource)
        self._journal.append("rewind", trial, {"resource": resource})
        if lost:
            self.write_views()

    def failure_log(self, trial: Trial) -> Path:
        """Where the traceback of a failed trial stands."""
        return self.logs / f"{trial.family.replace(':', '-')}-{trial.number}.traceback.txt"

    @property
    def unsearched(self) -> Exception | None:
        """The error of the searches of this run that could not begin, or None.

        A user's mistake, unless the work has failed too.
        """
        if all(isinstance(error, UserError) for error in self._unsearched):
            return next(iter(self._unsearched), None)
        return WorkFailedError(
            f"{counted(len(self._unsearched), 'searches')} could not begin; see {self.logs}"
        )

    def check_outcome(self) -> None:
        """Raise the error of a search that could not begin, or if no trial finished a step."""
        if self.unsearched:
            raise self.unsearched
        if not any(trial.state != "FAIL" and trial.resource for trial in self.trials.values()):
            raise WorkFailedError(
                f"no trial finished a step; see {self.logs}, or give it more time or other settings"
            )

    def note_failure(self, family: str, error: Exception) -> None:
        """Keep the error and the traceback of a search that could not begin."""
        self._unsearched.append(error)
        words = "".join(traceback.format_exception(error))
        with suppress(OSError):  # of a full disk, which the error may be about
            write_text(self.logs / f"{family.replace(':', '-')}.traceback.txt", words)

    def write_views(self) -> None:
        """Write history.csv and trials.csv from what is known, keeping a confirmation's columns."""
        trials = [trial for _, trial in sorted(self.trials.items())]
        steps = [self._history_row(trial, step) for trial in trials for step in trial.steps]
        ended = [self._trial_row(trial) for trial in trials if trial.state != "RUNNING"]
        confirmed = _confirmed(self._trials.path)
        if steps or self._history.path.exists():
            self._history.replace(steps)
        if ended or self._trials.path.exists():
            self._trials.replace(
                [{**r, **confirmed.get((str(r["family"]), str(r["trial"])), {})} for r in ended]
            )

    def _history_row(self, trial: Trial, step: Step) -> Row:
        row = {"study": self.name, "family": trial.family, "trial": trial.number}
        return {**row, "step": step.resource, "seconds": step.seconds, **_columns(step.metrics)}

    def _trial_row(self, trial: Trial) -> Row:
        row = {key: getattr(trial, key) for key in TRIAL_COLUMNS if hasattr(trial, key)}
        params = {f"param.{name}": str(value) for name, value in trial.params.items()}
        kept = {
            name: value for name, value in trial.metrics.items() if not name.startswith("train.")
        }
        return {**row, "study": self.name, "trial": trial.number, **params, **_columns(kept)}


def refuse_existing_folder(out: Path, name: str) -> None:
    """Raise a `UserError` if `out` holds a study of this name."""
    if (out / name).exists():
        raise UserError(
            f"study {name!r} exists already in {out}; choose another --name, or hypersearch"
            " resume it"
        )


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep every other process from the record in `folder`; a `UserError` if one has it."""
    path = folder / "journal.jsonl"
    with closing(Journal(path)) if path.is_file() else nullcontext():
        yield


def _confirmed(path: Path) -> dict[tuple[str, str], dict[str, str]]:
    """The `test.*` columns of trials.csv by family and trial."""
    if not path.exists():
        return {}
    _, rows = read_csv(path)
    tests = [
        {key: value for key, value in row.items() if key and key.startswith("test.")}
        for row in rows
    ]
    return {
        (str(row["family"]), str(row["trial"])): test
        for row, test in zip(rows, tests, strict=True)
        if any(test)
    }


def _columns(metrics: Row) -> dict[str, float]:
    """Metrics under their column names: `val.` before those that have no prefix."""
    return {name if "." in name else f"val.{name}": value for name, value in metrics.items()}
