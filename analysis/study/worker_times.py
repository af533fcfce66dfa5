"""When the trials of a search ran: `journal.jsonl` of a study folder, read for its times."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypersearch.search.storage.journal import JOURNAL, read_lines

ENDED = ("COMPLETE", "PRUNED", "FAIL")


@dataclass(frozen=True)
class Stretch:
    """One stay of a trial on a worker, from `began` to `ended`, in seconds since 1970."""

    began: float
    ended: float


@dataclass
class Life:
    """One trial from its start to its end.

    A trial that was taken up again has several stretches.
    """

    trial: int
    name: str  # a baseline's; else empty
    max_resource: int  # the resource at which it is complete
    state: str = "RUNNING"
    cut: bool = False  # ended with its search and not by its own merit
    resource: int = 0  # spent
    seconds: float = 0.0  # spent in its steps, as the trial itself measured them
    stretches: list[Stretch] = field(default_factory=list)

    @property
    def occupied(self) -> float:
        """Seconds on workers, whatever came of them; none for a trial that took an earlier one's
        score.
        """
        return sum(stretch.ended - stretch.began for stretch in self.stretches)

    @property
    def ended(self) -> float | None:
        """When it ended last, in seconds since 1970; None while it has not."""
        return self.stretches[-1].ended if self.state in ENDED and self.stretches else None


def lives(folder: Path, family: str) -> list[Life]:
    """The trials of a search, by number; none if the folder has no journal.

    Torn lines are passed over.
    """
    stories: dict[int, _Story] = {}
    for event in read_lines(folder / JOURNAL):
        with suppress(KeyError, TypeError, ValueError):
            if event["family"] != family:
                continue
            number, at = int(event["trial"]), float(event["at"])
            if event["event"] == "start":
                stories[number] = _Story(
                    Life(number, str(event["name"]), int(event["max_resource"])), at
                )
            else:
                stories[number].take(event, at)
    return [stories[number].told() for number in sorted(stories)]


@dataclass
class _Story:
    """A life while it is read."""

    life: Life
    began: float | None  # of the stretch that is open
    last: float = 0.0  # when it was last heard of
    rewound: float = 0.0  # when it was taken up again
    before: float = 0.0  # seconds in its steps until then
    spent: dict[int, float] = field(default_factory=dict)  # seconds by resource

    def take(self, event: dict[str, Any], at: float) -> None:
        match event["event"]:
            case "step":
                self._step(event, at)
            case "rewind":
                self._rewind(int(event["resource"]), at)
            case "end":
                self.life.state, self.life.cut = str(event["state"]), bool(event["cut"])
                if self.began is None and not self.life.cut:
                    self.began = self.rewound
                self._close(at)

    def told(self) -> Life:
        self._close(self.last)
        return self.life

    def _step(self, event: dict[str, Any], at: float) -> None:
        seconds = float(event["seconds"])
        if (
            self.began is None
        ):  # it was noted then that it goes on, but maybe it had to wait for a worker
            self.began = max(self.rewound, at - (seconds - self.before))
        self.life.resource, self.life.seconds = int(event["resource"]), seconds
        self.spent[self.life.resource] = seconds
        self.last = at
        if event.get("complete"):
            self.life.state = "COMPLETE"
        elif event.get("stopped"):
            self.life.state = "PRUNED"

    def _rewind(self, resource: int, at: float) -> None:
        self._close(self.last)
        self.life.state, self.life.cut, self.rewound = "RUNNING", False, at
        self.before = self.spent.get(resource, 0.0)
        self.life.resource, self.life.seconds = resource, self.before

    def _close(self, at: float) -> None:
        if self.began is not None:
            self.life.stretches.append(Stretch(self.began, max(at, self.began)))
        self.began = None


@dataclass(frozen=True)
class Clock:
    """Seconds of a search in which something ran: a pause until it was resumed does not count.

    `pauses`: when each began, in seconds since 1970, and how long it was.
    """

    start: float
    pauses: tuple[tuple[float, float], ...]

    def elapsed(self, at: float) -> float:
        """Seconds from the start of the search to `at`, in seconds since 1970, without the
        pauses.
        """
        return (
            at
            - self.start
            - sum(min(length, max(0.0, at - begin)) for begin, length in self.pauses)
        )


def clock(all_lives: Iterable[Life], share: float = 0.25) -> Clock | None:
    """The clock of a search; None if nothing ran.

    A pause is a time in which no trial ran that is longer than `share` of all the time in which one
    did, and a minute.
    """
    stretches = sorted((each.began, each.ended) for life in all_lives for each in life.stretches)
    if not stretches:
        return None
    gaps, busy = _gaps(stretches)
    return Clock(stretches[0][0], tuple(gap for gap in gaps if gap[1] > max(share * busy, 60.0)))


def _gaps(stretches: Sequence[tuple[float, float]]) -> tuple[list[tuple[float, float]], float]:
    """The times without any stretch, as begin and length, and the seconds with one."""
    gaps, busy, until = [], 0.0, stretches[0][0]
    for began, ended in stretches:
        if began > until:
            gaps.append((until, began - until))
        busy += max(0.0, ended - max(began, until))
        until = max(until, ended)
    return gaps, busy
