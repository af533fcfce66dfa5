"""The display of a running search: a live table, or plain lines without a terminal."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from hypersearch.analysis.leaderboard.text_table import fit_columns
from hypersearch.models.metrics import Mode
from hypersearch.models.text import counted, one_line
from hypersearch.search.schedulers.rungs import reached
from hypersearch.search.storage.trial import Trial


@dataclass
class SearchView:
    """The state of one search, as far as it is shown."""

    family: str
    metric: str
    mode: Mode
    unit: str  # of resource
    ladder: list[int]
    total: int  # trials, baselines among them
    started: float = field(default_factory=time.monotonic)
    running: dict[int, Trial] = field(default_factory=dict)
    ended: dict[str, int] = field(default_factory=lambda: {"COMPLETE": 0, "PRUNED": 0, "FAIL": 0})
    best: Trial | None = None
    before: int = 0  # trials that had ended before this run
    others: str = ""  # further objectives, in words
    deadline: float = math.inf  # when its time is spent, on the clock of `time.monotonic`

    def start(self, trial: Trial) -> None:
        """A trial begins."""
        self.running[trial.number] = trial

    def end(self, trial: Trial) -> None:
        """A trial has ended; is it the best that ran to its end?"""
        self.running.pop(trial.number, None)
        self.ended[trial.state] += 1
        if trial.state == "COMPLETE" and (self.best is None or self._better(trial, self.best)):
            self.best = trial

    def eta(self) -> float | None:
        """Seconds still to go, at the rate so far and within the time budget.

        None before the first end where there is no budget.
        """
        done, now = sum(self.ended.values()), time.monotonic()
        ended = done - self.before
        rest = (now - self.started) / ended * (self.total - done) if ended else math.inf
        rest = min(rest, max(self.deadline - now, 0.0))
        return rest if math.isfinite(rest) else None

    def _better(self, one: Trial, other: Trial) -> bool:
        assert one.objective is not None
        assert other.objective is not None
        return (
            one.objective > other.objective
            if self.mode == "max"
            else one.objective < other.objective
        )


def live_display(console: Console) -> Live:
    """Rich would draw what Ray prints above the table; it stays where `own_terminal` sends it."""
    return Live(
        console=console,
        auto_refresh=False,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )


class Progress:
    """Draws a `SearchView`. Use as a context manager around a study; `show` begins a search."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = live_display(console) if console.is_terminal else None
        self._view: SearchView | None = None
        self._drawn = time.monotonic()

    def __enter__(self) -> Progress:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *exception: object) -> None:
        if self._live:
            self._live.stop()

    def show(self, view: SearchView, known: Sequence[Trial] = ()) -> None:
        """Begin to show a search, of which `known` trials were there before."""
        self._view = view
        objectives = "objectives" if view.others else "objective"
        goal = f"{objectives} {view.metric} ({view.mode}){view.others}"
        self.say(f"{view.family}: {counted(view.total, 'trials')}, {goal}, in {view.unit}")
        finished = [trial for trial in known if trial.finished]
        for trial in finished:
            view.end(trial)
        view.before = len(finished)
        if known:
            self.say(
                f"{view.family}: {len(finished)} had ended before, {len(known) - len(finished)} to"
                " go on with"
            )

    def say(self, line: str) -> None:
        """Print a line that stays."""
        self._console.print(Text(line), soft_wrap=True)

    def started(self, trial: Trial) -> None:
        """A trial begins."""
        if self._view:
            self._view.start(trial)
        self.tick()

    def ended(self, trial: Trial) -> None:
        """A trial has ended; without a terminal, say so in a line."""
        if self._view:
            self._view.end(trial)
        if self._view and not self._live:
            self.say(end_line(trial, self._view))
        self.tick(force=True)

    def tick(self, force: bool = False) -> None:
        """Draw the table again, at most four times a second.

        Without a terminal, print a line every half minute.
        """
        since = time.monotonic() - self._drawn
        if self._view and (force or since > (0.25 if self._live else 30)):
            self._drawn = time.monotonic()
            if self._live:
                self._live.update(live_table(self._view, self._console.width), refresh=True)
            elif not force:
                self.say(f"{head_line(self._view)}  ·  running {running_line(self._view)}")


def live_table(view: SearchView, width: int) -> Group:
    """Head line, best so far, and a row for each running trial."""
    columns = ("trial", view.unit, "rung", view.metric, "seconds", "parameters")
    rows = []
    for trial in view.running.values():
        rung = (
            "baseline"
            if trial.name
            else f"{reached(view.ladder, trial.resource)}/{len(view.ladder)}"
        )
        spent = f"{trial.resource}/{trial.max_resource}"
        rows.append(
            (
                label(trial),
                spent,
                rung,
                score(trial),
                f"{trial.seconds:.0f}",
                one_line(trial.params),
            )
        )
    head = Text(head_line(view), style="bold", overflow="ellipsis", no_wrap=True)
    best = Text(best_line(view), overflow="ellipsis", no_wrap=True)
    return Group(head, best, fit_columns(columns, rows, width))


def head_line(view: SearchView) -> str:
    """Counts, time elapsed and time to go."""
    counts = (
        f"{view.ended['COMPLETE']} done, {view.ended['PRUNED']} stopped, {view.ended['FAIL']}"
        " failed"
    )
    eta = view.eta()
    rest = "" if eta is None else f", about {clock(eta)} to go"
    return (
        f"{view.family}  {counts} of {view.total}  · "
        f" {clock(time.monotonic() - view.started)}{rest}"
    )


def best_line(view: SearchView) -> str:
    """The best trial so far."""
    if view.best is None:
        return "best: none yet"
    return (
        f"best: {view.metric} {score(view.best)} by trial {label(view.best)} "
        f" {one_line(view.best.params)}"
    )


def running_line(view: SearchView) -> str:
    """The running trials, for logs."""
    return (
        ", ".join(
            f"{label(t)} at {t.resource}/{t.max_resource}: {score(t)}"
            for t in view.running.values()
        )
        or "none"
    )


def end_line(trial: Trial, view: SearchView) -> str:
    """A trial's end, for logs."""
    done = sum(view.ended.values())
    ended = {"COMPLETE": "done", "PRUNED": "stopped", "FAIL": "failed", "RUNNING": "running"}[
        trial.state
    ]
    words = "waits to be resumed" if trial.cut else ended
    best = f"  best {score(view.best)}" if view.best else ""
    reason = f"  {trial.failure.strip().splitlines()[-1]}" if trial.failure else ""
    spent = f"{counted(trial.resource, view.unit)}, {trial.seconds:.1f} s"
    figures = f"{view.metric} {score(trial)}  {spent}{best}"
    return f"{view.family} {done}/{view.total}  {label(trial)} {words}  {figures}{reason}"


def label(trial: Trial) -> str:
    """A baseline's name with its number, or the number."""
    return f"{trial.number} ({trial.name})" if trial.name else str(trial.number)


def score(trial: Trial) -> str:
    """The objective to four figures, or a dash."""
    return "–" if trial.objective is None else f"{trial.objective:.4g}"


def clock(seconds: float) -> str:
    """Seconds as m:ss or h:mm:ss."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
