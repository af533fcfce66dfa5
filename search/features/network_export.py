"""Exports a fitted network for the search that is fitted on its codes.

search/planning/feature_dependencies.py says which network that is.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from hypersearch.analysis.study.ranking import rank
from hypersearch.clustering.features import feature_spec
from hypersearch.models.api import Config, Options
from hypersearch.models.data.datasets import Dataset
from hypersearch.models.errors import UserError, WorkFailedError
from hypersearch.search.config.settings import StudyConfig
from hypersearch.search.families import find
from hypersearch.search.features.feature_source import (
    Call,
    export_folder,
    file_digests,
    is_exported,
)
from hypersearch.search.planned_search import TRAIN, Origin, Search
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


def export_network(
    config: StudyConfig,
    step: feature_spec.FeatureStep,
    search: Search,
    known: Sequence[Origin],
    dataset: Dataset,
    folder: Path,
    call: Call,
) -> Origin:
    """Export the network of a step to the study's `folder` by `call`. Returns its origin.

    It is the network that the search had before, else the best one. `known` are the networks that
    the study has already. Raises a `UserError` if there is none, or it is no longer the same.
    """
    if search.source and is_exported(folder, search.source):
        return search.source
    study = other_study(config, step) if step.study else load(folder)
    if search.source:
        trial, saved = _recorded(study, search.source)
    else:
        trial, saved = _best(study, step, required_baseline(search))
    origin = _origin(study, trial, saved)
    for each in known:
        if replace(each, files={}) == origin and is_exported(folder, each):
            return each
    return _exported(config, study, trial, saved, dataset, folder, origin, call)


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
    record, to = study.search(trial.family), export_folder(folder, origin)
    options = Options(study.facts["seed"], config.cpus_per_trial, record["max_resource"])
    partial = to.with_name(f"{to.name}.partial")
    model = record["target"], config.home, trial.params, trial.seed
    call(export_model, *model, dataset, options, saved.folder.resolve(), partial)
    shutil.rmtree(to, ignore_errors=True)
    partial.rename(to)
    return replace(origin, files=file_digests(to))


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


def kept_models(study: Study, family: str) -> Iterator[tuple[Trial, Checkpoint]]:
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
    """The hexadecimal SHA-256 of a configuration and the files of its checkpoint."""
    files = file_digests(saved.folder)
    files.pop("state.json", None)  # it holds times, which differ
    return hashlib.sha256(json.dumps([dict(config), files], sort_keys=True).encode()).hexdigest()


def _best(study: Study, step: feature_spec.FeatureStep, name: str) -> tuple[Trial, Checkpoint]:
    """The baseline of this name, else the best fitted on training images alone, else the best."""
    models = list(kept_models(study, step.kind))
    if not models:
        words = f"{step.kind} of study {study.name!r} has no complete trial whose model was kept"
        raise UserError(words) if step.study else WorkFailedError(words)
    named = [pair for pair in models if name and pair[0].name == name]
    on_train = [pair for pair in models if only_on_train(pair[0].params)]
    return (named or on_train or models)[0]


def _recorded(study: Study, origin: Origin) -> tuple[Trial, Checkpoint]:
    for trial, saved in kept_models(study, origin.family):
        if trial.number == origin.trial and digest(trial.params, saved) == origin.digest:
            return trial, saved
    raise UserError(
        f"the features came from {origin.label} of {origin.family} in study {origin.study!r}, whose"
        " model is neither in sources/ as it was nor among those that study has kept"
    )
