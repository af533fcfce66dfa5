"""What is told under a leaderboard: choices, counts, failures, test images read, sources of
published figures.

A note is a line or more, of which all but the first belong to the first. Words that stay on one
line are joined by no-break spaces, until the note is written.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import pandas as pd

from hypersearch.analysis.formatting import HELD, STATE_WORDS, figures, parameters, plain
from hypersearch.analysis.study.cluster_choices import remarks, with_clusters
from hypersearch.analysis.study.ranking import direction, grouped, objectives
from hypersearch.models.metrics import BETTER
from hypersearch.models.text import counted
from hypersearch.search.storage.study import Study

Note: TypeAlias = Sequence[str]

CUT_SHORT = "confirming"
"""In study.json until a confirmation is whole: what was `asked` for, the `work` that this is, and
what is `done`.
"""


def under(
    study: Study,
    family: str,
    ranked: pd.DataFrame,
    sort: str | None,
    shown: str = "",
    interval: bool = True,
) -> list[Note]:
    """The notes under the table of a search.

    `shown`: how much of it is; `interval`: whether means have theirs.
    """
    return [
        *remarks(ranked, list(objectives(study, family))),
        [counts(study, family, ranked, sort, shown)],
        *([line] for line in on_test(study, ranked, interval)),
        *([line] for line in sources(ranked)),
    ]


def filled(notes: Sequence[Note], width: int) -> str:
    """The notes in lines of up to `width` characters."""
    lines = [
        textwrap.fill(
            plain(line),
            width,
            initial_indent=indent,
            subsequent_indent=f"{indent}  ",
            break_on_hyphens=False,
            break_long_words=False,
        )
        for note in notes
        for line, indent in zip(note, ("", "  "), strict=False)
    ]
    return "".join(f"{line}\n" for line in lines).replace(HELD, " ")


def joined(note: Note) -> str:
    """A note in one line."""
    return plain("; ".join(note)).replace(HELD, " ")


def in_full(ranked: pd.DataFrame, space: Mapping[str, Any]) -> Iterator[str]:
    """The whole configuration of the first row, if it ran to its end."""
    if len(ranked) and ranked.iloc[0]["state"] == "COMPLETE":
        yield f"#1 in full: {parameters(ranked.iloc[0], list(space))}"


def counts(
    study: Study, family: str, ranked: pd.DataFrame, sort: str | None, shown: str = ""
) -> str:
    """4 of 6 trials: 2 done, 1 stopped, 1 failed; higher accuracy is better."""
    search = study.search(family)
    planned = search["trials"] + len(search["baselines"])
    of = f"{len(ranked)} of " if len(ranked) < planned else ""
    every = counted(max(planned, len(ranked)), "trials")
    return f"{of}{every}{shown}: {by_state(ranked)}; {_better(study, family, ranked, sort)}"


def by_state(trials: pd.DataFrame) -> str:
    """2 done, 1 stopped, 1 failed."""
    found = trials["state"].value_counts()
    return ", ".join(f"{found.get(state, 0)} {word}" for state, word in STATE_WORDS.items())


def _better(study: Study, family: str, ranked: pd.DataFrame, sort: str | None) -> str:
    goals = objectives(study, family)
    words = " and ".join(f"{BETTER[mode]} {metric}" for metric, mode in goals.items())
    words += (
        " is better"
        if len(goals) == 1
        else " are better; no trial beats those of front 1 in all of them"
    )
    if sort and sort in ranked and sort != "objective":
        words += (
            f"; ranked by {sort}, the"
            f" {'highest' if direction(study, family, sort) == 'max' else 'lowest'} first"
        )
        words += (
            f" of each {' and '.join(grouped(ranked)[sort])}" if sort in grouped(ranked) else ""
        )
        rises = with_clusters(ranked, sort)
        words += f"; {rises}" if rises else ""
    return words


def on_test(study: Study, ranked: pd.DataFrame, interval: bool) -> Iterator[str]:
    """How often the test images have been read, and what stands beside a mean over seeds."""
    reads = int(study.facts.get("test_reads") or 0)
    if not reads:
        return
    seeds = int((study.facts.get("confirmed") or {}).get("seeds", 1))
    ends = {str(column).rpartition("_")[2] for column in ranked if str(column).startswith("test.")}
    beside = "[95 % bootstrap interval]" if interval and "low" in ends else "± standard deviation"
    most = "up to " * bool(study.facts.get(CUT_SHORT))
    over = f"; on test: mean {beside} over {most}{counted(seeds, 'seeds')}" if "std" in ends else ""
    yield f"the test images have been read {times(reads)} for this study{over}"
    if cut := cut_short(study):
        yield cut


def cut_short(study: Study) -> str:
    """How far a confirmation came that was cut short, and what goes on with it; empty if none
    was.
    """
    there = study.facts.get(CUT_SHORT)
    if not there:
        return ""
    done = (
        f"the confirmation was cut short with {len(there['done'])} of {len(there['work'])}"
        " trainings done"
    )
    return (
        f"{done}, and goes on with hypersearch confirm {study.folder.name}"
        f" {confirm_options(there['asked'])}"
    )


def confirm_options(asked: Mapping[str, Any]) -> str:
    """With which a confirmation was asked for: --top 1 --seeds 3 --fit-on train."""
    baselines = "" if asked["baselines"] else " --no-baselines"
    return f"--top {asked['top']} --seeds {asked['seeds']}{baselines} --fit-on {asked['fit_on']}"


def times(count: int) -> str:
    """Once, or 3 times."""
    return "once" if count == 1 else f"{count} times"


def sources(ranked: pd.DataFrame) -> Iterator[str]:
    """Where the published figures come from, and beside which trials each stands."""
    if "published_source" not in ranked:
        return
    told = ranked.dropna(subset="published_source").groupby("published_source", sort=False)
    found = "; ".join(
        f"{_figure(trials)}{source} (beside {_whose(trials)})" for source, trials in told
    )
    yield (
        "published, and how far a trial is from it, on test where that is known, else on"
        f" validation: {found}"
    )


def _figure(trials: pd.DataFrame) -> str:
    """The figure of a source that gives no more than one, since the column may have had no room:
    0.6720,
    """
    values = trials["published"].unique().tolist()
    return f"{figures(values)[0]}, " if len(values) == 1 else ""


def _whose(trials: pd.DataFrame) -> str:
    """R5, 12 searched trials."""
    searched = trials.loc[trials["name"] == "", "trial"].tolist()
    words = (
        [f"trial {searched[0]}"]
        if len(searched) == 1
        else [f"{len(searched):,} searched trials"] * bool(searched)
    )
    return ", ".join([*dict.fromkeys(trials.loc[trials["name"] != "", "name"]), *words])
