"""Confirmation: the winners and baselines of a study, retrained and scored on the test images.

A clustering has several winners: by labels and by criteria that look at none
(analysis/study/cluster_choices.py).

They are trained for as long as in the search, on training and validation images together (`ALL`) or
on the training images alone (`TRAIN`). The first seed is that of the search, so that in the second
case a model which the search has kept is taken as it is. A baseline that says itself what it is
fitted on keeps to that. This is the only command that reads the test images.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from itertools import product
from pathlib import Path
from typing import Any, TypeAlias

from hypersearch.analysis.leaderboard.footnotes import CUT_SHORT, cut_short, times
from hypersearch.analysis.study.cluster_choices import describe_choice
from hypersearch.models.data.datasets import Dataset
from hypersearch.models.errors import UserError, WorkFailedError
from hypersearch.search.config.settings import StudyConfig
from hypersearch.search.confirm.over_seeds import over_seeds
from hypersearch.search.confirm.results import write_evidence, write_test_columns
from hypersearch.search.confirm.selection import (
    Confirmation,
    confirmable_searches,
    trials_to_confirm,
)
from hypersearch.search.engine.retraining import Retraining
from hypersearch.search.families import find
from hypersearch.search.planning.dataset import check_same_images, load_data
from hypersearch.search.storage.files import write_json
from hypersearch.search.storage.record import locked
from hypersearch.search.storage.study import Study, folders, load_all

# scores on test images, by the `_key` of a training
TestScores: TypeAlias = Mapping[tuple[Any, ...], Mapping[str, float]]


def confirm_study(out: Path, name: str, asked: Confirmation, force: bool = False) -> None:
    """Retrain the chosen trials, score them on the test images and write `test.*`.

    A confirmation that was cut short is continued if it is asked for the same. Raises a
    `UserError` if the test images have been read already and `force` is False, and a
    `WorkFailedError` if a training fails.
    """
    with locked(folders(out, [name])[0]):
        study = load_all(out, [name])[0]
        searches = confirmable_searches(study)
        work = [task for search in searches for task in trials_to_confirm(study, search, asked)]
        done = dict(done_before(study, work))
        if study.facts["test_reads"] and not force and not done:
            raise UserError(_refusal(study))
        config = StudyConfig.model_validate(study.facts["config"])
        families = [find(search["target"], config.home) for search in study.facts["searches"]]
        dataset = load_data(config, families)
        check_same_images(dataset, study.facts)
        if not work:
            raise UserError(f"study {name!r} has no complete trial to confirm")
        sys.stdout.writelines(introductions(work))
        _retrain(study, work, done, config, dataset, asked)
    failed = len(work) - len(done)
    if failed:
        logs = study.folder / "logs"
        raise WorkFailedError(f"{failed} of {len(work)} trainings failed; see {logs}")


def _refusal(study: Study) -> str:
    reads = times(int(study.facts["test_reads"]))
    words = f"the test images have been read {reads} for study {study.name!r}"
    words += "; --force reads them again"
    unfinished = cut_short(study)
    return f"{words}; {unfinished}" if unfinished else words


def done_before(study: Study, work: Sequence[Retraining]) -> TestScores:
    """The test scores that an unfinished confirmation of the same `work` has recorded.

    A search that has gone on since may have another winner: then the work is not the same.
    """
    unfinished = study.facts.get(CUT_SHORT) or {}
    if unfinished.get("work") != [list(_key(task)) for task in work]:
        return {}
    return {tuple(key): metrics for key, metrics in unfinished["done"]}


def _key(task: Retraining) -> tuple[str, int, int, bool]:
    return task.family, task.trial, task.seed, task.whole


def introductions(work: Iterable[Retraining]) -> list[str]:
    """A line for each winner of a clustering.

    As in: kmeans: trial 3 is chosen without labels (silhouette).
    """
    criteria = {(task.family, task.trial): task.chosen_by for task in work if task.chosen_by}
    return [
        f"{family}: trial {number} is chosen {describe_choice(chosen_by)}\n"
        for (family, number), chosen_by in criteria.items()
    ]


def _retrain(
    study: Study,
    work: Sequence[Retraining],
    done: dict[tuple[Any, ...], Mapping[str, float]],
    config: StudyConfig,
    dataset: Dataset,
    asked: Confirmation,
) -> None:
    """Do the part of `work` that is not `done` yet; add its test scores to `done`.

    Each result is recorded at once.
    """
    from hypersearch.search.engine.retraining import retrain_all

    rest = [task for task in work if _key(task) not in done]
    # a confirmation that goes on has been counted
    reads = int(study.facts["test_reads"]) + (0 if done else 1)
    facts = {**study.facts, "test_reads": reads, "confirmed": asdict(asked)}
    progress = {"asked": asdict(asked), "work": [_key(task) for task in work]}
    study_json = study.folder / "study.json"
    if done:
        sys.stdout.write(f"goes on: {len(done)} of {len(work)} trainings are done\n")
    for task, result in retrain_all(config, rest, dataset, study.folder) if rest else ():
        if not done:
            _remove_earlier_results(study, work)
        if task.folder:
            write_evidence(task.folder, task, result, study, dataset)
        done[_key(task)] = result["metrics"]
        write_json(study_json, {**facts, CUT_SHORT: {**progress, "done": list(done.items())}})
        _write_scores(study, done)
    if len(done) == len(work):
        # the same table in whatever order the results came
        _write_scores(study, {_key(task): done[_key(task)] for task in work})
        facts.pop(CUT_SHORT, None)
        write_json(study_json, facts)


def _remove_earlier_results(study: Study, work: Sequence[Retraining]) -> None:
    """Remove what an earlier confirmation has left of baselines and winners."""
    families = {task.family for task in work}
    for family, kind in product(families, ("baselines", "winners")):
        shutil.rmtree(study.folder / kind / family, ignore_errors=True)


def _write_scores(study: Study, done: TestScores) -> None:
    scores = ((family, trial, metrics) for (family, trial, *_), metrics in done.items())
    write_test_columns(study.folder, over_seeds(scores))
