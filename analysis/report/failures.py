"""What went wrong in a search, like failures together, each with the end of its traceback."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hypersearch.analysis.report.formatting import short
from hypersearch.models.text import counted
from hypersearch.search.storage.study import Study

SHOWN = 12  # kinds of failure
LINES, LETTERS = 25, 4000  # of a traceback's end
LISTED = 12  # trials that are named
NO_LOG = "no traceback was kept"


@dataclass(frozen=True)
class Failure:
    """Trials, or other work, that ended with the same words; `ending` is the end of the first one's
    traceback.
    """

    words: str
    what: str  # trials 3, 5 and 8
    ending: str


@dataclass(frozen=True)
class Failures:
    """Of one search: how many trials failed, the kinds of failure, most frequent first, and how
    many are not shown.
    """

    trials: int
    kinds: tuple[Failure, ...]
    more: int


def failures(study: Study, family: str) -> Failures:
    """The failed trials of a search and, first, what kept it from beginning or from being
    confirmed.
    """
    logs = {path.name: path for path in sorted((study.folder / "logs").glob("*.traceback.txt"))}
    stem = family.replace(":", "-")
    failed = study.trials[(study.trials["family"] == family) & (study.trials["state"] == "FAIL")]
    numbers = [int(number) for number in failed["trial"]]
    kinds = [*_of_the_search(logs, family, stem), *_of_trials(logs, stem, numbers)]
    return Failures(len(numbers), tuple(kinds[:SHOWN]), max(0, len(kinds) - SHOWN))


def _of_the_search(logs: dict[str, Path], family: str, stem: str) -> Iterator[Failure]:
    if f"{stem}.traceback.txt" in logs:
        text = _read(logs[f"{stem}.traceback.txt"])
        yield Failure(_last_line(text), "the search could not begin", _end(text))
    for name, path in logs.items():
        if name.startswith((f"confirm-{family}-", f"confirm-{family}.")):
            text = _read(path)
            yield Failure(
                _last_line(text),
                f"confirmation ({name.removesuffix('.traceback.txt')})",
                _end(text),
            )


def _of_trials(logs: dict[str, Path], stem: str, numbers: list[int]) -> list[Failure]:
    paths = {number: logs.get(f"{stem}-{number}.traceback.txt") for number in numbers}
    texts = {number: _read(path) if path else NO_LOG for number, path in paths.items()}
    alike: dict[str, list[int]] = {}
    for number, text in texts.items():
        alike.setdefault(_last_line(text), []).append(number)
    groups = sorted(alike.items(), key=lambda item: -len(item[1]))
    return [Failure(words, _which(trials), _end(texts[trials[0]])) for words, trials in groups]


def _which(trials: list[int]) -> str:
    """`trial 3`, `3 trials: 3, 5, 8`."""
    if len(trials) == 1:
        return f"trial {trials[0]}"
    more = ", …" if len(trials) > LISTED else ""
    return f"{counted(len(trials), 'trials')}: {', '.join(map(str, trials[:LISTED]))}{more}"


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        return f"{path.name} cannot be read: {error.strerror or error}"


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return short(lines[-1].strip(), 300) if lines else NO_LOG


def _end(text: str) -> str:
    lines = text.rstrip().splitlines()
    end = "\n".join(lines[-LINES:])[-LETTERS:]
    return end if end == text.rstrip() else f"…\n{end}"
