"""Confirmation: the winners of each search and the baselines, trained with several seeds, judged on the test images.

A clustering has several winners: by labels and by criteria that look at none (analysis/choices.py).

They are trained for as long as in the search, on training and validation images together (`ALL`) or on the training
images alone (`TRAIN`). The first seed is that of the search, so that in the second case a model which the search has
kept is taken as it is. A baseline that says itself what it is fitted on keeps to that. This is the only command that
reads the test images.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from analysis.choices import chosen_by, in_words
from analysis.notes import CUT_SHORT, cut_short, times
from analysis.ranking import objectives, rank
from analysis.tables import Study, folders, load_all
from clustering.steps import places_others
from models.api import Space
from models.datasets import Dataset
from models.errors import UserError, WorkFailedError
from search import checkpoints
from search.config import StudyConfig
from search.families import find
from search.over_seeds import over_seeds
from search.plan import check_same_images, load_data
from search.record import held
from search.sources import Feed
from search.spaces import read
from search.trials import read_csv, trial_seed, write_csv, write_json

TRAIN, ALL = "train", "train+validation"
Figures: TypeAlias = Mapping[tuple[Any, ...], Mapping[str, float]]  # on test, by `_key` of a training
EVIDENCE = {"best": "best.json", "baselines": "baseline.json", "winners": "winner.json"}  # by folder of the study


@dataclass(frozen=True)
class Retraining:
    """One training run of a confirmation."""

    target: str
    family: str
    trial: int
    params: dict[str, Any]
    limit: int  # of its resource
    full: int  # resource of a full trial of its search
    seed: int
    whole: bool  # fitted on the validation images too
    kept: Path | None  # a checkpoint of this very training at its end
    folder: Path | None  # where its predictions and the like are saved
    export: Path | None  # where the model is saved
    feed: Feed  # what a family that takes features is fitted on
    chosen_by: tuple[str, ...] = ()  # of a clustering: the criteria by which it wins


@dataclass(frozen=True)
class Confirmation:
    """What is to be confirmed, each with `seeds` seeds: the best `top` trials of each search, and `baselines`.

    Of a clustering in any case also the trials that win by another criterion.
    """

    top: int = 1
    seeds: int = 1
    baselines: bool = True
    fit_on: str = ALL


def confirm_study(out: Path, name: str, asked: Confirmation, force: bool = False) -> None:
    """Train what is chosen anew; write `test.*`. One that was cut short goes on, if it is to do the same."""
    with held(folders(out, [name])[0]):
        study = load_all(out, [name])[0]
        work = [task for search in placing(study) for task in chosen(study, search, asked)]
        done = dict(done_before(study, work))
        if study.facts["test_reads"] and not force and not done:
            raise UserError(_refusal(study))
        config = StudyConfig.model_validate(study.facts["config"])
        dataset = load_data(config, [find(search["target"]) for search in study.facts["searches"]])
        check_same_images(dataset, study.facts)
        if not work:
            raise UserError(f"study {name!r} has no complete trial to confirm")
        sys.stdout.writelines(introductions(work))
        _retrain(study, work, done, config, dataset, asked)
    if len(done) < len(work):
        raise WorkFailedError(f"{len(work) - len(done)} of {len(work)} trainings failed; see {study.folder / 'logs'}")


def _refusal(study: Study) -> str:
    words = f"the test images have been read {times(int(study.facts['test_reads']))} for study {study.name!r}"
    cut = cut_short(study)
    return f"{words}; --force reads them again" + (f"; {cut}" if cut else "")


def done_before(study: Study, work: Sequence[Retraining]) -> Figures:
    """The test figures of what was done when a confirmation of the very same work was cut short, or some of it failed.

    A search that has gone on since may have another winner: then it is another work.
    """
    there = study.facts.get(CUT_SHORT) or {}
    same = there.get("work") == [list(_key(task)) for task in work]
    return {tuple(key): metrics for key, metrics in there["done"]} if same else {}


def _key(task: Retraining) -> tuple[str, int, int, bool]:
    return task.family, task.trial, task.seed, task.whole


def introductions(work: Iterable[Retraining]) -> list[str]:
    """A line for each winner of a clustering: kmeans: trial 3 is chosen without labels (silhouette)."""
    told = {(task.family, task.trial): task.chosen_by for task in work if task.chosen_by}
    return [f"{family}: trial {number} is chosen {in_words(why)}\n" for (family, number), why in told.items()]


def placing(study: Study) -> list[Mapping[str, Any]]:
    """The searches whose features other images than those of the search can be brought into; a `UserError` if none."""
    searches = study.facts["searches"]
    stuck = [search["family"] for search in searches if not places_others(search.get("features") or "raw")]
    words = f"{', '.join(stuck)} of study {study.name!r} was fitted on t-SNE, which cannot place test images"
    if stuck and len(stuck) == len(searches):
        raise UserError(f"{words}; umap:2 can")
    if stuck:
        sys.stderr.write(f"left out: {words}\n")
    return [search for search in searches if search["family"] not in stuck]


def _retrain(
    study: Study,
    work: Sequence[Retraining],
    done: dict[tuple[Any, ...], Mapping[str, float]],
    config: StudyConfig,
    dataset: Dataset,
    asked: Confirmation,
) -> None:
    """Do what of the work is not `done` yet, and put the test figures of all that succeeds there, each kept at once."""
    from search.engine import retrain_all

    rest = [task for task in work if _key(task) not in done]
    reads = int(study.facts["test_reads"]) + (not done)
    facts = {**study.facts, "test_reads": reads, "confirmed": asdict(asked)}
    told = {"asked": asdict(asked), "work": list(map(_key, work))}
    if done:
        sys.stdout.write(f"goes on: {len(done)} of {len(work)} trainings are done\n")
    for task, result in retrain_all(config, rest, dataset, study.folder) if rest else ():
        if not done:
            for family, kind in product({task.family for task in work}, ("baselines", "winners")):
                shutil.rmtree(study.folder / kind / family, ignore_errors=True)  # what an earlier one has left there
        if task.folder:
            write_evidence(task.folder, task, result, study, dataset)
        done[_key(task)] = result["metrics"]
        write_json(study.folder / "study.json", {**facts, CUT_SHORT: {**told, "done": [*done.items()]}})
        _write_figures(study, done)
    if len(done) == len(work):
        _write_figures(study, {key: done[key] for key in map(_key, work)})  # the same in whatever order they came
        write_json(study.folder / "study.json", {key: value for key, value in facts.items() if key != CUT_SHORT})


def _write_figures(study: Study, done: Figures) -> None:
    figures = ((family, trial, metrics) for (family, trial, *_), metrics in done.items())
    write_test_columns(study.folder, over_seeds(figures))


def chosen(study: Study, search: Mapping[str, Any], asked: Confirmation) -> Iterable[Retraining]:
    """What to retrain of one search: its best complete trials, the winners of a clustering, its complete baselines."""
    ranked = rank(study, search["family"])
    complete = ranked[ranked["state"] == "COMPLETE"]
    criteria = chosen_by(ranked, list(objectives(study, search["family"])))
    baselines = complete.loc[(complete["name"] != "") & asked.baselines, "trial"]
    numbers = list(dict.fromkeys(map(int, [*complete["trial"].head(asked.top), *criteria, *baselines])))
    best = numbers[:1]
    if not numbers:
        return
    _, rows = read_csv(study.folder / "trials.csv")
    limits = {baseline["name"]: baseline["resource"] for baseline in search["baselines"]}
    stored = {int(row["trial"]): row for row in rows if row["family"] == search["family"]}
    for number in numbers:
        name, params = stored[number]["name"], stored_params(stored[number], find(search["target"]).space)
        own = "fit_on" in params and (name or params["fit_on"] != TRAIN)
        whole = asked.fit_on == ALL and not own
        wins_by = tuple(criteria.get(number, ()))
        place = _place(study.folder.resolve(), search["family"], name, number in best, wins_by)
        for replicate in range(asked.seeds):
            first = replicate == 0
            yield Retraining(
                target=search["target"],
                family=search["family"],
                trial=number,
                params=params,
                limit=limits.get(name, search["max_resource"]),
                full=search["max_resource"],
                seed=trial_seed(study.facts["seed"], number, replicate),
                whole=whole,
                kept=_kept(study.folder.resolve(), search["family"], stored[number]) if first and not whole else None,
                folder=place if first else None,
                export=place if first and number in best else None,
                feed=Feed.of(study.folder, search),
                chosen_by=wins_by,
            )


def _kept(folder: Path, family: str, row: Mapping[str, str]) -> Path | None:
    """The checkpoint of a complete trial at its end, if the search has kept it."""
    saved = checkpoints.latest(checkpoints.home(folder / "checkpoints", family, int(row["trial"])))
    return saved.folder if saved and saved.resource == int(row["resource"]) else None


def _place(folder: Path, family: str, name: str, best: bool, wins_by: Sequence[str]) -> Path | None:
    """The best trial's evidence has a place, each baseline's, and that of a winner by another criterion."""
    if best:
        return folder / "best" / family
    if name:
        return folder / "baselines" / family / name
    return folder / "winners" / family / wins_by[0] if wins_by else None


def stored_params(row: Mapping[str, str], space: Space) -> dict[str, Any]:
    """The configuration in a row of trials.csv."""
    return {
        name: read(parameter, row[f"param.{name}"]) for name, parameter in space.items() if row.get(f"param.{name}")
    }


def write_test_columns(folder: Path, figures: Mapping[tuple[str, int], Mapping[str, float]]) -> None:
    """Put the figures into the rows of trials.csv, in place of those of an earlier confirmation."""
    columns, rows = read_csv(folder / "trials.csv")
    columns = [column for column in columns if not column.startswith("test.")]
    columns += dict.fromkeys(column for row in figures.values() for column in row)
    kept = [{key: value for key, value in row.items() if not key.startswith("test.")} for row in rows]
    write_csv(folder / "trials.csv", columns, [{**r, **figures.get((r["family"], int(r["trial"])), {})} for r in kept])


def write_evidence(folder: Path, task: Retraining, result: Mapping[str, Any], study: Study, dataset: Dataset) -> None:
    """What was trained and its figures, and test.npz: its predictions on the test images, or its codes and so on."""
    folder.mkdir(parents=True, exist_ok=True)
    facts = {"study": study.name, "family": task.family, "trial": task.trial, "config": task.params}
    fitted = {"whole": task.whole, "limit": task.limit, "seed": task.seed}
    images = {"dataset": dataset.name, "digest": dataset.digest}
    why = {"chosen_by": task.chosen_by} if task.chosen_by else {}
    kind = folder.relative_to(study.folder.resolve()).parts[0]
    write_json(folder / EVIDENCE[kind], {**facts, **fitted, **images, **why, "test": result["metrics"]})
    np.savez_compressed(folder / "test.npz", **result["artifacts"])
