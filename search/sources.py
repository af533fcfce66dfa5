"""Handing a fitted network over to the search that is fitted on its codes (search/chain.py says which network)."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.ranking import rank
from analysis.tables import Study, load
from clustering import steps
from models.api import Config, Encode, Options, Source, silent
from models.datasets import Dataset
from models.errors import UserError, WorkFailedError
from search import checkpoints
from search.chain import TRAIN, Origin, only_on_train, other_study, wanted
from search.checkpoints import Checkpoint
from search.config import StudyConfig
from search.families import find
from search.record import replayed
from search.trials import Trial

if TYPE_CHECKING:
    from search.plan import Search

Call = Callable[..., Any]
"""Calls a function with arguments, perhaps on a worker, and gives what it gives."""


@dataclass(frozen=True)
class Feed:
    """What a search is fitted on; nothing to be said for a family that takes no features."""

    features: str = ""
    source: Source | None = None

    @classmethod
    def from_origin(cls, folder: Path, features: str, origin: Origin) -> Feed:
        """Of a study in `folder`, which has been given the network."""
        return cls(features, Source(place(folder, origin), origin.digest))

    @classmethod
    def of(cls, folder: Path, search: Mapping[str, Any]) -> Feed:
        """As a study in `folder` has recorded it of one of its searches; a `UserError` if its network is lost."""
        features, source = str(search.get("features", "")), search.get("source")
        if source and not is_there(folder, Origin(**source)):
            where = place(folder, Origin(**source))
            raise UserError(f"{where} is not the network that made the features; hypersearch resume brings it back")
        return cls.from_origin(folder, features, Origin(**source)) if source else cls(features)

    def options(
        self, config: StudyConfig, limit: int, encode: Encode | None = None, say: Callable[[str], None] = silent
    ) -> Options:
        """What a family that is fitted on this needs to know of a study; a full trial takes `limit` steps."""
        features = self.features or "raw"
        return Options(config.seed, config.cpus_per_trial, limit, features, self.source, encode, say)


def place(folder: Path, origin: Origin) -> Path:
    """Where a study keeps a network that makes features."""
    name = f"{origin.study}.{origin.family}.{origin.trial}.{origin.digest[:8]}"
    return folder.resolve() / "sources" / name.replace(":", "-")


def hand_over(
    config: StudyConfig,
    step: steps.Step,
    search: Search,
    known: Sequence[Origin],
    dataset: Dataset,
    folder: Path,
    call: Call,
) -> Origin:
    """Have the network of a step in the study's folder, exported by `call`; which it is.

    The one that the search had before, which must be so again, or else the best. `known`: those that the study has been
    given already. A `UserError` if there is none, or no longer that one.
    """
    if search.source and is_there(folder, search.source):
        return search.source
    study = other_study(config, step) if step.study else load(folder)
    trial, saved = _recorded(study, search.source) if search.source else _best(study, step, wanted(search))
    origin = _origin(study, trial, saved)
    same = next((each for each in known if replace(each, files={}) == origin and is_there(folder, each)), None)
    return same or _exported(config, study, trial, saved, dataset, folder, origin, call)


def is_there(folder: Path, origin: Origin) -> bool:
    """True if a study's copy of a network is as it was."""
    return sums(place(folder, origin)) == origin.files


def _origin(study: Study, trial: Trial, saved: Checkpoint) -> Origin:
    fitted_on = str(trial.params.get("fit_on", TRAIN))
    return Origin(study.name, trial.family, trial.number, trial.name, fitted_on, digest(trial.params, saved), files={})


def _exported(
    config: StudyConfig,
    study: Study,
    trial: Trial,
    saved: Checkpoint,
    dataset: Dataset,
    folder: Path,
    origin: Origin,
    call: Call,
) -> Origin:
    """Export the network of a trial to its place, whole or not at all."""
    record, to = study.search(trial.family), place(folder, origin)
    options = Options(study.facts["seed"], config.cpus_per_trial, record["max_resource"])
    partial = to.with_name(f"{to.name}.partial")
    model = record["target"], Path.cwd(), trial.params, trial.seed
    call(export_model, *model, dataset, options, saved.folder.resolve(), partial)
    shutil.rmtree(to, ignore_errors=True)
    partial.rename(to)
    return replace(origin, files=sums(to))


def export_model(
    target: str, home: Path, config: Config, seed: int, dataset: Dataset, options: Options, saved: Path, to: Path
) -> None:
    """Write the model of a checkpoint to the folder `to`, which is made anew."""
    shutil.rmtree(to, ignore_errors=True)  # what an attempt that failed has left
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
        trial = trials[family, int(number)]
        if saved and saved.resource == trial.resource:
            yield trial, saved


def sums(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file in a folder, by name; empty if there is no folder."""
    files = sorted(path for path in folder.glob("*") if path.is_file())
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def digest(config: Config, saved: Checkpoint) -> str:
    """A digest of a configuration and the files of its checkpoint."""
    files = {name: found for name, found in sums(saved.folder).items() if name != "state.json"}
    return hashlib.sha256(json.dumps([dict(config), files], sort_keys=True).encode()).hexdigest()


def _best(study: Study, step: steps.Step, name: str) -> tuple[Trial, Checkpoint]:
    """The baseline of this name, if it is there; the best that was fitted on training images alone; or the best."""
    there = list(kept(study, step.kind))
    if not there:
        words = f"{step.kind} of study {study.name!r} has no complete trial whose model was kept"
        raise UserError(words) if step.study else WorkFailedError(words)
    named = [pair for pair in there if name and pair[0].name == name]
    on_train = [pair for pair in there if only_on_train(pair[0].params)]
    return (named or on_train or there)[0]


def _recorded(study: Study, origin: Origin) -> tuple[Trial, Checkpoint]:
    for trial, saved in kept(study, origin.family):
        if trial.number == origin.trial and digest(trial.params, saved) == origin.digest:
            return trial, saved
    raise UserError(
        f"the features came from {origin.told} of {origin.family} in study {origin.study!r}, whose model is neither in "
        "sources/ as it was nor among those that study has kept"
    )
