"""Handing a fitted network over to the search that is fitted on its codes
(search/planning/feature_dependencies.py says which network).
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hypersearch.analysis.study.ranking import rank
from hypersearch.clustering.features import feature_spec
from hypersearch.models.api import Config, Options
from hypersearch.models.data.datasets import Dataset
from hypersearch.models.errors import UserError, WorkFailedError
from hypersearch.search.config.settings import StudyConfig
from hypersearch.search.families import find
from hypersearch.search.planned_search import TRAIN, Origin
from hypersearch.search.planning.feature_dependencies import (
    only_on_train,
    other_study,
    required_baseline,
)
from hypersearch.search.storage import checkpoints
from hypersearch.search.storage.checkpoints import Checkpoint
from hypersearch.search.storage.journal import replay_journal
from hypersearch.search.storage.study import Study, load
from hypersearch.search.storage.trial import Trial

if TYPE_CHECKING:
    from hypersearch.search.planned_search import Search
from hypersearch.search.features.feature_source import Call, is_there, place, sums


def export_network(
    config: StudyConfig,
    step: feature_spec.FeatureStep,
    search: Search,
    known: Sequence[Origin],
    dataset: Dataset,
    folder: Path,
    call: Call,
) -> Origin:
    """Have the network of a step in the study's folder, exported by `call`; which it is.

    The one that the search had before, which must be so again, or else the best. `known`: those
    that the study has been given already. A `UserError` if there is none, or no longer that one.
    """
    if search.source and is_there(folder, search.source):
        return search.source
    study = other_study(config, step) if step.study else load(folder)
    trial, saved = (
        _recorded(study, search.source)
        if search.source
        else _best(study, step, required_baseline(search))
    )
    origin = _origin(study, trial, saved)
    same = next(
        (each for each in known if replace(each, files={}) == origin and is_there(folder, each)),
        None,
    )
    return same or _exported(config, study, trial, saved, dataset, folder, origin, call)


def _origin(study: Study, trial: Trial, saved: Checkpoint) -> Origin:
    fitted_on = str(trial.params.get("fit_on", TRAIN))
    return Origin(
        study.name,
        trial.family,
        trial.number,
        trial.name,
        fitted_on,
        digest(trial.params, saved),
        files={},
    )


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
    model = record["target"], config.home, trial.params, trial.seed
    call(export_model, *model, dataset, options, saved.folder.resolve(), partial)
    shutil.rmtree(to, ignore_errors=True)
    partial.rename(to)
    return replace(origin, files=sums(to))


def export_model(
    target: str,
    home: Path,
    config: Config,
    seed: int,
    dataset: Dataset,
    options: Options,
    saved: Path,
    to: Path,
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
    trials = replay_journal(study.folder / "journal.jsonl")
    ranked = rank(study, family)
    for number in ranked.loc[ranked["state"] == "COMPLETE", "trial"]:
        saved = checkpoints.latest(
            checkpoints.home(study.folder / "checkpoints", family, int(number))
        )
        trial = trials[family, int(number)]
        if saved and saved.resource == trial.resource:
            yield trial, saved


def digest(config: Config, saved: Checkpoint) -> str:
    """A digest of a configuration and the files of its checkpoint."""
    files = {name: found for name, found in sums(saved.folder).items() if name != "state.json"}
    return hashlib.sha256(json.dumps([dict(config), files], sort_keys=True).encode()).hexdigest()


def _best(study: Study, step: feature_spec.FeatureStep, name: str) -> tuple[Trial, Checkpoint]:
    """The baseline of this name, if it is there; the best that was fitted on training images alone;
    or the best.
    """
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
        f"the features came from {origin.told} of {origin.family} in study {origin.study!r}, whose"
        " model is neither in sources/ as it was nor among those that study has kept"
    )
