"""Four played studies for two sides of a comparison."""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from hypersearch.analysis.comparison import formats
from tests.analysis.played import play, trial
from tests.analysis.test_incumbents import SEARCH

# last incumbents: tpe 0.85 and 0.9, random 0.75 and 0.88
SCRIPTS = {
    ("tpe-0", 0): SEARCH,
    ("tpe-1", 1): [*trial(1, 0, "COMPLETE", 0.7), *trial(2, 1, "COMPLETE", 0.9)],
    ("random-0", 0): [
        *trial(0, 0, "COMPLETE", 0.6),
        *trial(1, 1, "COMPLETE", 0.75),
        *trial(2, 2, "COMPLETE", 0.74),
    ],
    ("random-1", 1): [*trial(0, 0, "FAIL", 0.1), *trial(1, 1, "COMPLETE", 0.3, 0.88)],
}
BOTH = ["tpe-*", "random-*"]


def write(out: Path) -> Path:
    """The studies in a folder."""
    for (name, seed), script in SCRIPTS.items():
        play(out, name, script, seed)
    return out


def shown(*comparisons, width=80):
    """What a terminal shows."""
    console = Console(width=width, file=io.StringIO(), highlight=False)
    formats.show(comparisons, console)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())
