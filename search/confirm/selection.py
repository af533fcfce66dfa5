"""What a confirmation trains: the best trials, winners by other criteria, and baselines."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from hypersearch.analysis.study.cluster_choices import chosen_by
from hypersearch.analysis.study.ranking import objectives, rank
from hypersearch.clustering.features.feature_spec import places_others
from hypersearch.models.api import Space
from hypersearch.models.errors import UserError
from hypersearch.search.config.settings import recorded_home
from hypersearch.search.engine.retraining import Retraining
from hypersearch.search.families import find
from hypersearch.search.features.feature_source import FeatureSource
from hypersearch.search.space.narrowing import read
from hypersearch.search.storage import checkpoints
from hypersearch.search.storage.files import read_csv
from hypersearch.search.storage.study import Study
from hypersearch.search.storage.trial import trial_seed

TRAIN, ALL = "train", "train+validation"


@dataclass(frozen=True)
class Confirmation:
    """What to confirm: the best `top` trials of each search, and its `baselines`.

    Each is trained with `seeds` seeds. Of a clustering, the trials that win by another criterion
    are confirmed as well.
    """

    top: int = 1
    seeds: int = 1
    baselines: bool = True
    fit_on: str = ALL


def confirmable_searches(study: Study) -> list[Mapping[str, Any]]:
    """The searches whose features can be made of test images; a `UserError` if there are none."""
    searches = study.facts["searches"]
    confirmable, others = [], []
    for search in searches:
        if places_others(search.get("features") or "raw"):
            confirmable.append(search)
        else:
            others.append(search["family"])
    if others:
        fitted = f"{', '.join(others)} of study {study.name!r} was fitted on t-SNE"
        words = f"{fitted}, which cannot place test images"
        if not confirmable:
            raise UserError(f"{words}; umap:2 can")
        sys.stderr.write(f"left out: {words}\n")
    return confirmable


def trials_to_confirm(
    study: Study, search: Mapping[str, Any], asked: Confirmation
) -> Iterator[Retraining]:
    """What to retrain of one search: its best trials, the winners of a clustering, its baselines.

    Only complete trials are confirmed. Each is yielded once for each seed.
    """
    name = search["family"]
    ranked = rank(study, name)
    criteria = chosen_by(ranked, list(objectives(study, name)))
    numbers = _numbers_to_confirm(ranked, criteria, asked)
    if not numbers:
        return
    _, rows = read_csv(study.folder / "trials.csv")
    rows_by_number = {int(row["trial"]): row for row in rows if row["family"] == name}
    for number in numbers:
        yield from _retrainings(
            study,
            search,
            rows_by_number[number],
            asked,
            best=number == numbers[0],
            wins_by=tuple(criteria.get(number, ())),
        )


def _numbers_to_confirm(
    ranked: pd.DataFrame, criteria: Mapping[int, Sequence[str]], asked: Confirmation
) -> list[int]:
    """The trials to confirm, the best first, each once."""
    complete = ranked[ranked["state"] == "COMPLETE"]
    numbers = [*complete["trial"].head(asked.top), *criteria]
    if asked.baselines:
        numbers += list(complete.loc[complete["name"] != "", "trial"])
    return list(dict.fromkeys(map(int, numbers)))


def _retrainings(
    study: Study,
    search: Mapping[str, Any],
    row: Mapping[str, str],
    asked: Confirmation,
    best: bool,
    wins_by: tuple[str, ...],
) -> Iterator[Retraining]:
    """The trainings of one trial, whose row of trials.csv is given."""
    folder, family = study.folder.resolve(), find(search["target"], recorded_home(study.facts))
    number, name, params = int(row["trial"]), row["name"], stored_params(row, family.space)
    resources = {baseline["name"]: baseline["resource"] for baseline in search["baselines"]}
    names_its_images = "fit_on" in params and (name or params["fit_on"] != TRAIN)
    whole = asked.fit_on == ALL and not names_its_images
    to = _result_folder(folder, search["family"], name, best, wins_by)
    for replicate in range(asked.seeds):
        first = replicate == 0
        # the first seed is that of the search, whose model is the same if its images are
        reusable = first and not whole
        yield Retraining(
            target=search["target"],
            family=search["family"],
            trial=number,
            params=params,
            max_resource=resources.get(name, search["max_resource"]),
            full_resource=search["max_resource"],
            seed=trial_seed(study.facts["seed"], number, replicate),
            whole=whole,
            checkpoint=_kept_checkpoint(folder, search["family"], row) if reusable else None,
            folder=to if first else None,
            export=to if first and best else None,
            feature_source=FeatureSource.of(study.folder, search),
            chosen_by=wins_by,
        )


def _kept_checkpoint(folder: Path, family: str, row: Mapping[str, str]) -> Path | None:
    """The checkpoint of a complete trial at its end, if the search has kept it."""
    saved = checkpoints.latest(checkpoints.home(folder / "checkpoints", family, int(row["trial"])))
    return saved.folder if saved and saved.resource == int(row["resource"]) else None


def _result_folder(
    folder: Path, family: str, name: str, best: bool, wins_by: Sequence[str]
) -> Path | None:
    """Where the results of a trial go: the best, a baseline, a winner by another criterion."""
    if best:
        return folder / "best" / family
    if name:
        return folder / "baselines" / family / name
    return folder / "winners" / family / wins_by[0] if wins_by else None


def stored_params(row: Mapping[str, str], space: Space) -> dict[str, Any]:
    """The configuration in a row of trials.csv."""
    return {
        name: read(parameter, row[f"param.{name}"])
        for name, parameter in space.items()
        if row.get(f"param.{name}")
    }
