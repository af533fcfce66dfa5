"""What a study file of a report asks for, what of it the studies of a folder have, and what is left
to run.

Whatever trial stands in any study of the folder with a report's own configuration, on the same
images with the same seed, for the same number of steps, stands for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

from hypersearch.analysis.reproduced.matching import Match, Target, find
from hypersearch.clustering.features import feature_spec
from hypersearch.models.api import Family
from hypersearch.search.config.settings import SQLITE, SearchConfig, StudyConfig
from hypersearch.search.config.study_files import build
from hypersearch.search.families import find as find_family
from hypersearch.search.planning import feature_dependencies
from hypersearch.search.space import narrowing
from hypersearch.search.storage.study import Study, load_all

CONFIRMED: Mapping[str, Any] = {
    "top": 2,
    "seeds": 1,
    "baselines": True,
    "fit_on": "train+validation",
}
QUICK_IMAGES, QUICK_EPOCHS = 2_000, 2


@dataclass(frozen=True)
class ReportStudy:
    """One study file of a report, as it is to be run. options: of
    `hypersearch.search.config.study_files.build`, as from the command line.
    """

    file: str
    quick: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What its study is called."""
        return Path(self.file).stem + "-quick" * self.quick

    def config(self) -> StudyConfig:
        """The whole study."""
        limit = str(QUICK_IMAGES) if self.quick else None
        config = build([self.file], {"max_samples": limit, **self.options, "name": self.name})
        searches = [self._shortened(each) for each in config.searches]
        return config.model_copy(update={"searches": searches})

    def _shortened(self, asked: SearchConfig) -> SearchConfig:
        epochs = self.quick and find_family(asked.family).resource == "epochs"
        return asked.model_copy(update={"max_resource": QUICK_EPOCHS}) if epochs else asked

    def owns(self, name: str) -> bool:
        """True of the names that its studies may have."""
        return bool(re.fullmatch(rf"{re.escape(self.name)}(-\d+)?", name))


def studies_of(config: StudyConfig) -> list[Target]:
    """The trials that a study of the part has: its baselines, and the one trial of a search that
    fixes everything.
    """
    return [
        each
        for asked in config.searches
        for each in _of_search(asked, find_family(asked.family), config)
    ]


def _of_search(asked: SearchConfig, family: Family, config: StudyConfig) -> Iterator[Target]:
    features = feature_spec.kind(asked.features or "raw") if family.takes_features else ""
    like = Target(
        family.name,
        "",
        {},
        0,
        config.dataset,
        config.max_samples,
        config.seed,
        features=features,
        unit=family.resource,
    )
    for baseline in family.baselines:
        if baseline.name in (asked.only_baselines or ()):
            resource = min(baseline.resource, asked.max_resource or baseline.resource)
            yield replace(
                like,
                name=baseline.name,
                config=baseline.config,
                resource=resource,
                network=baseline.network,
                shortened=resource < baseline.resource,
                figures=baseline.figures if baseline.dataset == config.dataset else {},
            )
    if asked.trials:
        fixed = {name: narrowing.read(family.space[name], text) for name, text in asked.set.items()}
        yield replace(like, config=fixed, resource=asked.max_resource or family.max_resource)


def missing(part: ReportStudy, out: Path) -> list[Target]:
    """What no study in `out` has."""
    studies = load_all(out)
    return [each for each in studies_of(part.config()) if not find(studies, each, part.owns)]


def unfinished(part: ReportStudy, config: StudyConfig) -> list[str]:
    """The studies of the part's own, on the same images and of nothing else, that have not come to
    their end.
    """
    mine = [
        study for study in load_all(config.out) if part.owns(study.name) and _like(study, config)
    ]
    return [study.name for study in mine if not _ended(study)]


def _like(study: Study, config: StudyConfig) -> bool:
    theirs = study.facts.get("config", {})
    trials = {each.family: each.trials for each in config.searches}
    same = all(trials.get(each["family"]) == each["trials"] for each in theirs.get("searches", ()))
    images = theirs.get("dataset"), theirs.get("max_samples"), theirs.get("seed")
    return same and images == (config.dataset, config.max_samples, config.seed)


def _ended(study: Study) -> bool:
    planned = sum(search["trials"] + len(search["baselines"]) for search in study.facts["searches"])
    cut = study.facts.get("interrupted") or not study.facts.get("ended")
    return not cut and len(study.trials) >= planned


def unconfirmed(part: ReportStudy, out: Path) -> list[str]:
    """The part's own studies that have a trial which it needs, and have not judged it on the test
    images.

    A study that has been confirmed in another way is the user's own, whatever its name: it stays as
    it is.
    """
    studies = load_all(out)
    used = [
        found for each in studies_of(part.config()) if (found := find(studies, each, part.owns))
    ]
    open_ = [found.study for found in used if not found.confirmed]
    ours = [study for study in open_ if (study.facts.get("confirmed") or CONFIRMED) == CONFIRMED]
    return list(dict.fromkeys(study.name for study in ours))


def reduced(part: ReportStudy, config: StudyConfig) -> StudyConfig:
    """A new study of the searches of which something is missing, under the first name that is free.

    Features of a network that another study has come from there, if its model was kept; else it is
    trained again.
    """
    studies = load_all(config.out)
    found = {
        (each.family, each.name): find(studies, each, part.owns) for each in studies_of(config)
    }
    rest = {family for (family, _), there in found.items() if not there}
    takers = {
        each.family: needs
        for each in config.searches
        if each.family in rest
        and (needs := feature_dependencies.source_family(each.features or ""))
    }
    at = {kind: _lender(found, config, kind) for kind in {*takers.values()} - rest}
    rest |= {kind for kind, lender in at.items() if not lender}
    searches = [_fed_from(each, at) for each in config.searches if each.family in rest]
    names = (part.name if number == 1 else f"{part.name}-{number}" for number in count(1))
    taken = _in_storage(config)
    name = next(name for name in names if name not in taken and not (config.out / name).exists())
    return config.model_copy(update={"searches": searches, "name": name})


def _in_storage(config: StudyConfig) -> set[str]:
    from hypersearch.search.optuna_storage.connection import names_in, storage_at

    if not config.storage and not (config.out / SQLITE).exists():
        return set()
    with storage_at(config.storage_url) as storage:
        return names_in(storage)


def _lender(found: Mapping[tuple[str, str], Match | None], config: StudyConfig, kind: str) -> str:
    """The study that has kept the network which the part's clusterings name; empty if none has."""
    from hypersearch.search.features.network_export import kept

    named = {each.network for each in studies_of(config) if each.network}
    there = [
        each for (family, name), each in found.items() if each and family == kind and name in named
    ]
    for each in there:
        if any(trial.number == each.where[2] for trial, _ in kept(each.study, kind)):
            return each.study.name
    return ""


def _fed_from(asked: SearchConfig, at: Mapping[str, str]) -> SearchConfig:
    step = feature_spec.network(asked.features) if asked.features else None
    if not step or not at.get(step.kind):
        return asked
    first, comma, others = feature_spec.kind(asked.features or "").partition(",")
    return asked.model_copy(update={"features": f"{first}:{at[step.kind]}{comma}{others}"})
