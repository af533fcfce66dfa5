"""Handing a fitted network over to the search that is fitted on its codes (search/chain.py says which network)."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.leaderboard import rank
from analysis.tables import Study, load
from clustering import steps
from models.api import Config, Encode, Options, Source, silent
from models.datasets import Dataset
from models.errors import UserError
from search import checkpoints
from search.chain import TRAIN, Origin, only_on_train, other_study
from search.checkpoints import Checkpoint
from search.config import StudyConfig
from search.families import find
from search.record import replayed
from search.trials import Trial

Call = Callable[..., Any]
"""Calls a function with arguments, perhaps on a worker, and gives what it gives."""


@dataclass(frozen=True)
class Feed:
    """What a search is fitted on; nothing to be said for a family that takes no features."""

    features: str = ""
    source: Source | None = None

    @classmethod
    def of(cls, folder: Path, search: Mapping[str, Any]) -> Feed:
        """As a study in `folder` has recorded it of one of its searches."""
        features, origin = str(search.get("features", "")), search.get("source")
        return cls(features, Source(place(folder, origin["family"]), origin["digest"]) if origin else None)

    def options(
        self, config: StudyConfig, limit: int, encode: Encode | None = None, say: Callable[[str], None] = silent
    ) -> Options:
        """What a family that is fitted on this needs to know of a study; a full trial takes `limit` steps."""
        features = self.features or "raw"
        return Options(config.seed, config.cpus_per_trial, limit, features, self.source, encode, say)


def place(folder: Path, family: str) -> Path:
    """Where a study keeps the network that makes its features."""
    return folder.resolve() / "sources" / family


def hand_over(
    config: StudyConfig, step: steps.Step, known: Origin | None, dataset: Dataset, folder: Path, call: Call
) -> Origin:
    """Have the network of a step in the study's folder, exported by `call`; which it is.

    `known`: the one that was there before and must be so again. A `UserError` if there is none, or no longer that one.
    """
    to = place(folder, step.kind)
    if known and sums(to) == known.files:
        return known
    study = other_study(config, step) if step.study else load(folder)
    trial, saved = _recorded(study, step.kind, known) if known else _best(study, step.kind)
    record = study.search(step.kind)
    options = Options(study.facts["seed"], config.cpus_per_trial, record["max_resource"])
    partial = to.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    model = record["target"], Path.cwd(), trial.params, trial.seed
    call(export_model, *model, dataset, options, saved.folder.resolve(), partial)
    shutil.rmtree(to, ignore_errors=True)
    partial.rename(to)
    fitted_on = str(trial.params.get("fit_on", TRAIN))
    return Origin(study.name, step.kind, trial.number, fitted_on, digest(trial.params, saved), sums(to))


def export_model(
    target: str, home: Path, config: Config, seed: int, dataset: Dataset, options: Options, saved: Path, to: Path
) -> None:
    """Write the model of a checkpoint to the folder `to`, which is made."""
    family = find(target, home)
    run = family.start(config, family.prepare(dataset, options), seed)
    run.load(saved)
    to.mkdir(parents=True)
    family.export(run, dataset, to)


def kept(study: Study, family: str) -> Iterator[tuple[Trial, Checkpoint]]:
    """The complete trials of which the whole model is there, best first."""
    trials = replayed(study.folder / "journal.jsonl")
    ranked = rank(study, family)
    for number in ranked.loc[ranked["state"] == "COMPLETE", "trial"]:
        saved = checkpoints.latest(checkpoints.home(study.folder / "checkpoints", family, int(number)))
        if saved:
            yield trials[family, int(number)], saved


def sums(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file in a folder, by name; empty if there is no folder."""
    files = sorted(path for path in folder.glob("*") if path.is_file())
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def digest(config: Config, saved: Checkpoint) -> str:
    """A digest of a configuration and the files of its checkpoint."""
    files = {name: found for name, found in sums(saved.folder).items() if name != "state.json"}
    return hashlib.sha256(json.dumps([dict(config), files], sort_keys=True).encode()).hexdigest()


def _best(study: Study, family: str) -> tuple[Trial, Checkpoint]:
    """The best that was fitted on training images alone; where there is none, the best."""
    there = list(kept(study, family))
    if not there:
        raise UserError(f"{family} of study {study.name!r} has no complete trial whose model was kept")
    return next((pair for pair in there if only_on_train(pair[0].params)), there[0])


def _recorded(study: Study, family: str, known: Origin) -> tuple[Trial, Checkpoint]:
    for trial, saved in kept(study, family):
        if trial.number == known.trial and digest(trial.params, saved) == known.digest:
            return trial, saved
    raise UserError(
        f"the features came from trial {known.trial} of {family} in study {known.study!r}, whose model is neither in "
        "sources/ as it was nor among those that study has kept"
    )
