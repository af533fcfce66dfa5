"""The study files of the reports: what they ask for, what is there, and what is left to run.

A trial of any study in the folder counts if it has the report's configuration, images, seed and
number of steps.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
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
    """One study file of a report, as it is to be run.

    `options` are those of the command line, as `study_files.build` takes them.
    """

    file: str
    quick: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name of its study."""
        stem = Path(self.file).stem
        return f"{stem}-quick" if self.quick else stem

    def config(self) -> StudyConfig:
        """The configuration of the whole study."""
        limit = str(QUICK_IMAGES) if self.quick else None
        config = build([self.file], {"max_samples": limit, **self.options, "name": self.name})
        searches = [self._shortened(each) for each in config.searches]
        return config.model_copy(update={"searches": searches})

    def _shortened(self, asked: SearchConfig) -> SearchConfig:
        if self.quick and find_family(asked.family).resource == "epochs":
            return asked.model_copy(update={"max_resource": QUICK_EPOCHS})
        return asked

    def owns(self, name: str) -> bool:
        """True if `name` is one that its studies may have: r4, r4-2, r4-3 …"""
        return bool(re.fullmatch(rf"{re.escape(self.name)}(-\d+)?", name))


def targets_of(config: StudyConfig) -> list[Target]:
    """The trials that a report's study consists of.

    These are its baselines, and the one trial of a search that fixes every parameter.
    """
    targets: list[Target] = []
    for asked in config.searches:
        targets += _targets_of_search(asked, find_family(asked.family), config)
    return targets


def _targets_of_search(
    asked: SearchConfig, family: Family, config: StudyConfig
) -> Iterator[Target]:
    features = feature_spec.kind(asked.features or "raw") if family.takes_features else ""
    template = Target(
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
                template,
                name=baseline.name,
                config=baseline.config,
                resource=resource,
                network=baseline.network,
                shortened=resource < baseline.resource,
                figures=baseline.figures if baseline.dataset == config.dataset else {},
            )
    if asked.trials:
        fixed = {name: narrowing.read(family.space[name], text) for name, text in asked.set.items()}
        yield replace(template, config=fixed, resource=asked.max_resource or family.max_resource)


def missing(report_study: ReportStudy, out: Path) -> list[Target]:
    """The trials that no study in `out` has."""
    studies = load_all(out)
    targets = targets_of(report_study.config())
    return [target for target in targets if not find(studies, target, report_study.owns)]


def unfinished(report_study: ReportStudy, config: StudyConfig) -> list[str]:
    """The names of its own studies, on the same images, that have not ended."""
    return [
        study.name
        for study in load_all(config.out)
        if report_study.owns(study.name) and _has_settings(study, config) and not _ended(study)
    ]


def _has_settings(study: Study, config: StudyConfig) -> bool:
    """True if a study has the data and the numbers of trials of `config`."""
    recorded = study.facts.get("config", {})
    data = recorded.get("dataset"), recorded.get("max_samples"), recorded.get("seed")
    if data != (config.dataset, config.max_samples, config.seed):
        return False
    trials = {each.family: each.trials for each in config.searches}
    searches = recorded.get("searches", ())
    return all(trials.get(each["family"]) == each["trials"] for each in searches)


def _ended(study: Study) -> bool:
    planned = sum(search["trials"] + len(search["baselines"]) for search in study.facts["searches"])
    cut_short = study.facts.get("interrupted") or not study.facts.get("ended")
    return not cut_short and len(study.trials) >= planned


def unconfirmed(report_study: ReportStudy, out: Path) -> list[str]:
    """The names of studies that hold needed trials, not yet scored on the test images.

    A study that has been confirmed in another way is the user's own and is left as it is.
    """
    studies = load_all(out)
    matches = [find(studies, each, report_study.owns) for each in targets_of(report_study.config())]
    names = []
    for match in matches:
        if match is None or match.confirmed:
            continue
        if (match.study.facts.get("confirmed") or CONFIRMED) == CONFIRMED:
            names.append(match.study.name)
    return list(dict.fromkeys(names))


def reduced(report_study: ReportStudy, config: StudyConfig) -> StudyConfig:
    """The configuration of a new study of the searches of which something is missing.

    Its name is the first that is free. Where another study has kept the network of the features,
    they come from there; else the network is trained again.
    """
    studies = load_all(config.out)
    matches = {
        (target.family, target.name): find(studies, target, report_study.owns)
        for target in targets_of(config)
    }
    rest = {family for (family, _), match in matches.items() if not match}
    networks = _networks_needed(config, rest)
    providers = {network: _provider(matches, config, network) for network in networks - rest}
    rest |= {network for network, study in providers.items() if not study}
    searches = [_with_provider(each, providers) for each in config.searches if each.family in rest]
    name = _free_name(report_study, config)
    return config.model_copy(update={"searches": searches, "name": name})


def _networks_needed(config: StudyConfig, families: Container[str]) -> set[str]:
    """The families of the same study whose networks these families are fitted on."""
    needed = (
        feature_dependencies.source_family(each.features or "")
        for each in config.searches
        if each.family in families
    )
    return {network for network in needed if network}


def _free_name(report_study: ReportStudy, config: StudyConfig) -> str:
    """The first name that neither the folder nor the storage has."""
    taken = _names_in_storage(config)
    for number in count(1):
        name = report_study.name if number == 1 else f"{report_study.name}-{number}"
        if name not in taken and not (config.out / name).exists():
            return name
    raise AssertionError("unreachable: the numbers do not end")


def _names_in_storage(config: StudyConfig) -> set[str]:
    from hypersearch.search.optuna_storage.connection import names_in, storage_at

    if not config.storage and not (config.out / SQLITE).exists():
        return set()
    with storage_at(config.storage_url) as storage:
        return names_in(storage)


def _provider(
    matches: Mapping[tuple[str, str], Match | None], config: StudyConfig, network: str
) -> str:
    """The study that has kept the network of the report's clusterings; empty if none has."""
    from hypersearch.search.features.network_export import kept_models

    needed = {target.network for target in targets_of(config) if target.network}
    for (family, name), match in matches.items():
        if match is None or family != network or name not in needed:
            continue
        numbers = [trial.number for trial, _ in kept_models(match.study, network)]
        if match.where[2] in numbers:
            return match.study.name
    return ""


def _with_provider(asked: SearchConfig, providers: Mapping[str, str]) -> SearchConfig:
    """The search, its features taken from the study that provides their network, if any."""
    step = feature_spec.network(asked.features) if asked.features else None
    if not step or not providers.get(step.kind):
        return asked
    first, comma, others = feature_spec.kind(asked.features or "").partition(",")
    features = f"{first}:{providers[step.kind]}{comma}{others}"
    return asked.model_copy(update={"features": features})
