"""Confirmation: the winners of each search and the baselines, trained with several seeds, judged on
the test images.

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
from hypersearch.search.confirm.selection import Confirmation, placing, trials_to_confirm
from hypersearch.search.engine.retraining import Retraining
from hypersearch.search.families import find
from hypersearch.search.planning.dataset import check_same_images, load_data
from hypersearch.search.storage.files import write_json
from hypersearch.search.storage.record import locked
from hypersearch.search.storage.study import Study, folders, load_all

Figures: TypeAlias = Mapping[
    tuple[Any, ...], Mapping[str, float]
]  # on test, by `_key` of a training


def confirm_study(out: Path, name: str, asked: Confirmation, force: bool = False) -> None:
    """Train what is chosen anew; write `test.*`.

    One that was cut short goes on, if it is to do the same.
    """
    with locked(folders(out, [name])[0]):
        study = load_all(out, [name])[0]
        work = [
            task for search in placing(study) for task in trials_to_confirm(study, search, asked)
        ]
        done = dict(done_before(study, work))
        if study.facts["test_reads"] and not force and not done:
            raise UserError(_refusal(study))
        config = StudyConfig.model_validate(study.facts["config"])
        dataset = load_data(
            config, [find(search["target"], config.home) for search in study.facts["searches"]]
        )
        check_same_images(dataset, study.facts)
        if not work:
            raise UserError(f"study {name!r} has no complete trial to confirm")
        sys.stdout.writelines(introductions(work))
        _retrain(study, work, done, config, dataset, asked)
    if len(done) < len(work):
        raise WorkFailedError(
            f"{len(work) - len(done)} of {len(work)} trainings failed; see {study.folder / 'logs'}"
        )


def _refusal(study: Study) -> str:
    words = (
        f"the test images have been read {times(int(study.facts['test_reads']))} for study"
        f" {study.name!r}"
    )
    cut = cut_short(study)
    return f"{words}; --force reads them again" + (f"; {cut}" if cut else "")


def done_before(study: Study, work: Sequence[Retraining]) -> Figures:
    """The test figures of what was done when a confirmation of the very same work was cut short, or
    some of it failed.

    A search that has gone on since may have another winner: then it is another work.
    """
    there = study.facts.get(CUT_SHORT) or {}
    same = there.get("work") == [list(_key(task)) for task in work]
    return {tuple(key): metrics for key, metrics in there["done"]} if same else {}


def _key(task: Retraining) -> tuple[str, int, int, bool]:
    return task.family, task.trial, task.seed, task.whole


def introductions(work: Iterable[Retraining]) -> list[str]:
    """A line for each winner of a clustering: kmeans: trial 3 is chosen without labels
    (silhouette).
    """
    told = {(task.family, task.trial): task.chosen_by for task in work if task.chosen_by}
    return [
        f"{family}: trial {number} is chosen {describe_choice(why)}\n"
        for (family, number), why in told.items()
    ]


def _retrain(
    study: Study,
    work: Sequence[Retraining],
    done: dict[tuple[Any, ...], Mapping[str, float]],
    config: StudyConfig,
    dataset: Dataset,
    asked: Confirmation,
) -> None:
    """Do what of the work is not `done` yet, and put the test figures of all that succeeds there,
    each kept at once.
    """
    from hypersearch.search.engine.retraining import retrain_all

    rest = [task for task in work if _key(task) not in done]
    reads = int(study.facts["test_reads"]) + (not done)
    facts = {**study.facts, "test_reads": reads, "confirmed": asdict(asked)}
    told = {"asked": asdict(asked), "work": list(map(_key, work))}
    if done:
        sys.stdout.write(f"goes on: {len(done)} of {len(work)} trainings are done\n")
    for task, result in retrain_all(config, rest, dataset, study.folder) if rest else ():
        if not done:
            for family, kind in product({task.family for task in work}, ("baselines", "winners")):
                shutil.rmtree(
                    study.folder / kind / family, ignore_errors=True
                )  # what an earlier one has left there
        if task.folder:
            write_evidence(task.folder, task, result, study, dataset)
        done[_key(task)] = result["metrics"]
        write_json(
            study.folder / "study.json", {**facts, CUT_SHORT: {**told, "done": [*done.items()]}}
        )
        _write_figures(study, done)
    if len(done) == len(work):
        _write_figures(
            study, {key: done[key] for key in map(_key, work)}
        )  # the same in whatever order they came
        write_json(
            study.folder / "study.json",
            {key: value for key, value in facts.items() if key != CUT_SHORT},
        )


def _write_figures(study: Study, done: Figures) -> None:
    figures = ((family, trial, metrics) for (family, trial, *_), metrics in done.items())
    write_test_columns(study.folder, over_seeds(figures))
