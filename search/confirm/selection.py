"""What a confirmation trains: the best trials, winners by other criteria, and baselines."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
    """What is to be confirmed, each with `seeds` seeds: the best `top` trials of each search, and
    `baselines`.

    Of a clustering in any case also the trials that win by another criterion.
    """

    top: int = 1
    seeds: int = 1
    baselines: bool = True
    fit_on: str = ALL


def placing(study: Study) -> list[Mapping[str, Any]]:
    """The searches whose features other images than those of the search can be brought into; a
    `UserError` if none.
    """
    searches = study.facts["searches"]
    stuck = [
        search["family"]
        for search in searches
        if not places_others(search.get("features") or "raw")
    ]
    words = (
        f"{', '.join(stuck)} of study {study.name!r} was fitted on t-SNE, which cannot place test"
        " images"
    )
    if stuck and len(stuck) == len(searches):
        raise UserError(f"{words}; umap:2 can")
    if stuck:
        sys.stderr.write(f"left out: {words}\n")
    return [search for search in searches if search["family"] not in stuck]


def trials_to_confirm(
    study: Study, search: Mapping[str, Any], asked: Confirmation
) -> Iterable[Retraining]:
    """What to retrain of one search: its best complete trials, the winners of a clustering, its
    complete baselines.
    """
    ranked = rank(study, search["family"])
    complete = ranked[ranked["state"] == "COMPLETE"]
    criteria = chosen_by(ranked, list(objectives(study, search["family"])))
    baselines = complete.loc[(complete["name"] != "") & asked.baselines, "trial"]
    numbers = list(
        dict.fromkeys(map(int, [*complete["trial"].head(asked.top), *criteria, *baselines]))
    )
    best = numbers[:1]
    if not numbers:
        return
    _, rows = read_csv(study.folder / "trials.csv")
    limits = {baseline["name"]: baseline["resource"] for baseline in search["baselines"]}
    stored = {int(row["trial"]): row for row in rows if row["family"] == search["family"]}
    family = find(search["target"], recorded_home(study.facts))
    for number in numbers:
        name, params = stored[number]["name"], stored_params(stored[number], family.space)
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
                max_resource=limits.get(name, search["max_resource"]),
                full=search["max_resource"],
                seed=trial_seed(study.facts["seed"], number, replicate),
                whole=whole,
                kept=(
                    _kept(study.folder.resolve(), search["family"], stored[number])
                    if first and not whole
                    else None
                ),
                folder=place if first else None,
                export=place if first and number in best else None,
                feed=FeatureSource.of(study.folder, search),
                chosen_by=wins_by,
            )


def _kept(folder: Path, family: str, row: Mapping[str, str]) -> Path | None:
    """The checkpoint of a complete trial at its end, if the search has kept it."""
    saved = checkpoints.latest(checkpoints.home(folder / "checkpoints", family, int(row["trial"])))
    return saved.folder if saved and saved.resource == int(row["resource"]) else None


def _place(folder: Path, family: str, name: str, best: bool, wins_by: Sequence[str]) -> Path | None:
    """The best trial's evidence has a place, each baseline's, and that of a winner by another
    criterion.
    """
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
