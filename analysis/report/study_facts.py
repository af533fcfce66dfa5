"""What a study searched, on what, when, with which software and machine, and how one goes on; in
words.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypersearch.analysis.leaderboard.footnotes import CUT_SHORT, confirm_options
from hypersearch.analysis.report.formatting import (
    HELD,
    day_and_time,
    duration,
    listed,
    moment,
    short,
    span,
)
from hypersearch.analysis.study.ranking import families, rank
from hypersearch.models.text import counted
from hypersearch.search.storage.study import Study

CLASSES = 20  # that are named
DEFAULT_OUT = Path("runs")
USES = {"train": "images to train on", "validation": "to validate with", "test": "to test with"}
SETTINGS = (
    *(
        "time_budget",
        "trial_time_limit",
        "concurrency",
        "cpus_per_trial",
        "gpus_per_trial",
        "address",
    ),
    *("checkpoint_every", "keep_models", "warm_start"),
)


def facts(study: Study) -> Iterator[tuple[str, str]]:
    """What every reader needs to know: names with words."""
    stored, config = study.facts, study.facts.get("config", {})
    yield "Data", _data(stored["dataset"], config.get("max_samples"))
    yield "Searched", listed([short(family, 80) for family in families(study)]) or "nothing"
    yield "When", _when(stored)
    yield "Test images", _tests(stored)
    if "seed" in stored:
        yield "Seed", str(stored["seed"])


def _data(dataset: dict[str, Any], limit: int | None) -> str:
    if dataset["name"] == "none":
        return "none: these families need no images"
    parts = [f"{dataset[key]:,} {use}" for key, use in USES.items() if key in dataset]
    size = (
        [f"{f'{HELD}×{HELD}'.join(map(str, dataset['size']))} pixels"] if "size" in dataset else []
    )
    classes = [short(name, 40) for name in dataset.get("classes", ())]
    more = ", …" if len(classes) > CLASSES else ""
    named = (
        [f"{counted(len(classes), 'classes')}: {', '.join(classes[:CLASSES])}{more}"]
        if classes
        else []
    )
    cut = [f"cut to {counted(limit, 'images')} by --max-samples"] if limit else []
    return "; ".join(
        [short(dataset["name"]), *cut, *([", ".join(parts)] if parts else []), *size, *named]
    )


def _when(facts: dict[str, Any]) -> str:
    """When it was started, how long it ran in all, and how it ended."""
    runs = [*facts.get("runs", ()), facts]
    spans = [(moment(run.get("started")), moment(run.get("ended"))) for run in runs]
    seconds = sum((end - start).total_seconds() for start, end in spans if start and end)
    again = f", in {len(runs)} runs" if len(runs) > 1 else ""
    if not facts.get("ended"):
        return (
            f"begun {day_and_time(runs[0].get('started'))}{again}; it has not ended: it runs, or"
            " was killed"
        )
    how = "; interrupted" if facts.get("interrupted") else ""
    return f"{span(runs[0].get('started'), facts['ended'])}, {duration(seconds)}{again}{how}"


def _tests(facts: dict[str, Any]) -> str:
    reads, asked = facts.get("test_reads", 0), facts.get("confirmed") or {}
    if not reads:
        return "not read yet: all figures are on validation images"
    often = (
        "once"
        if reads == 1
        else f"{reads} times, so figures on test are no longer those of unseen images"
    )
    if not asked:
        return f"read {often}"
    who = (
        f"the best {asked['top']} of each search" if asked["top"] > 1 else "the best of each search"
    )
    baselines = " and the baselines" if asked.get("baselines") else ""
    seeds = counted(asked["seeds"], "seeds")
    done = facts.get(CUT_SHORT, {}).get("done", ())
    cut = f"; cut short, with {counted(len(done), 'trainings')} done" if done else ""
    return (
        f"read {often}, by {who}{baselines}, trained anew with {seeds} on"
        f" {asked.get('fit_on', 'train')}{cut}"
    )


def details(study: Study) -> Iterator[tuple[str, str]]:
    """What is needed to do it again: names with words."""
    stored, config = study.facts, study.facts.get("config", {})
    if "digest" in stored["dataset"]:
        yield "Digest of the images", short(stored["dataset"]["digest"])
    hardware = stored.get("hardware")
    if hardware:
        cores, memory = hardware.get("cores"), hardware.get("memory_gib")
        parts = [
            hardware.get("processor"),
            f"{cores} cores",
            f"{memory} GiB",
            hardware.get("system"),
        ]
        yield "Machine", ", ".join(short(part) for part in parts if part)
    if stored.get("versions"):
        yield (
            "Versions",
            ", ".join(
                f"{short(name)} {short(version)}" for name, version in stored["versions"].items()
            ),
        )
    if stored.get("git_revision"):
        yield "Revision", short(stored["git_revision"])
    kept = {name: value for name, value in config.items() if name in SETTINGS and value is not None}
    if kept:
        yield (
            "Settings",
            ", ".join(f"{name.replace('_', ' ')} {short(value)}" for name, value in kept.items()),
        )
    if config.get("storage"):
        yield "Storage", short(config["storage"])
    yield "Folder", short(study.folder.name)


def where(study: Study) -> str:
    """The option by which a command finds the study, after a space; nothing where it needs none."""
    out = study.folder.parent
    return "" if out == DEFAULT_OUT else f" --out {shlex.quote(str(out))}"


def commands(study: Study, cut: bool) -> Iterator[tuple[str, str]]:
    """What one may type next, and what it does; `cut`: some trials have not come to their end."""
    name, place = shlex.quote(study.folder.name), where(study)
    if cut or study.facts.get("interrupted") or not study.facts.get("ended"):
        yield f"hypersearch resume {name}{place}", "goes on where it was cut short"
    yield f"hypersearch extend {name} --trials 20{place}", "adds trials to each search"
    if not study.facts.get("test_reads") and (study.trials["state"] == "COMPLETE").any():
        yield (
            f"hypersearch confirm {name} --seeds 3{place}",
            "judges the best trials on the test images, once",
        )
    elif asked := study.facts.get(CUT_SHORT, {}).get("asked"):
        options = confirm_options(asked)
        yield (
            f"hypersearch confirm {name} {options}{place}",
            "goes on with judging the best on the test images",
        )
    elif any(_unjudged(study, family) for family in families(study)):
        yield (
            f"hypersearch confirm {name} --force{place}",
            "reads the test images again, for the best found since",
        )
    yield f"hypersearch export {name} DIR{place}", "writes the best models as files"


def _unjudged(study: Study, family: str) -> bool:
    """True if the best trial of a search has no figures on test, though other trials of it may."""
    ranked = rank(study, family)
    best = ranked[ranked["state"] == "COMPLETE"].head(1)
    return len(best) > 0 and bool(best.filter(regex="^test[.]").isna().all(axis=None))
