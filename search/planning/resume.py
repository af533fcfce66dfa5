"""Taking up a study again, and learning from another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlalchemy.engine import make_url

from hypersearch.clustering.features.feature_spec import kind
from hypersearch.models.errors import UserError
from hypersearch.search.config.messages import validation_message
from hypersearch.search.config.settings import SEARCH_KEYS, StudyConfig, storage_url
from hypersearch.search.planned_search import Search
from hypersearch.search.space.proposals import is_searched
from hypersearch.search.storage.journal import replay_journal
from hypersearch.search.storage.study import load_all
from hypersearch.search.storage.trial import Trial


def reopen_config(
    out: Path, name: str, more: int, changes: Mapping[str, Any]
) -> tuple[StudyConfig, dict[str, Any]]:
    """The configuration of an earlier study with `more` trials and `changes`; its study.json."""
    study = load_all(out, [name])[0].facts
    given = {key: value for key, value in changes.items() if value is not None}
    stored = {**study["config"], "storage": own_storage(study), "out": out, "name": name}
    for search in stored["searches"]:
        search["trials"] += more
        search.update({key: value for key, value in given.items() if key in SEARCH_KEYS})
    stored.update({key: value for key, value in given.items() if key not in SEARCH_KEYS})
    stored["time_budget"] = given.get("time_budget")  # the earlier one is spent
    try:
        return StudyConfig.model_validate(stored), study
    except ValidationError as error:
        raise UserError(validation_message(error, given)) from error


def own_storage(study: Mapping[str, Any]) -> str | None:
    """The storage that a study was given, or None for the default.

    The default is in the studies' folder, wherever that is moved.
    """
    recorded = str(study["config"]["storage"])
    return None if recorded == storage_url(Path(study["config"]["out"])) else without_mask(recorded)


def recorded_storage(study: Mapping[str, Any], out: Path) -> str:
    """Where the trials of a study, which now lies in `out`, are stored as well."""
    return own_storage(study) or storage_url(out)


def without_mask(url: str) -> str:
    """A database URL without the mask of a password that was not recorded.

    The driver then looks for the password where it always does.
    """
    parsed = make_url(url)
    return parsed.set(password=None).render_as_string() if parsed.password == "***" else url


def warm_start_trials(config: StudyConfig, searches: Sequence[Search]) -> dict[str, list[Trial]]:
    """By family, finished trials of the study named by `--warm-start`.

    Only those in the space of the search.
    """
    return {
        search.family.name: _learned(config, search) for search in searches if config.warm_start
    }


def _learned(config: StudyConfig, search: Search) -> list[Trial]:
    assert config.warm_start is not None
    study = load_all(config.out, [config.warm_start])[0]
    family = search.family.name
    recorded = {each["family"]: each for each in study.facts["searches"]}.get(family)
    if recorded is None:
        return []
    before = f"--warm-start {config.warm_start}: its {family} was"
    if list(recorded["objectives"]) != list(search.metrics):
        asked, objectives = ", ".join(search.metrics), ", ".join(recorded["objectives"])
        raise UserError(f"{before} judged by {objectives}, not {asked}")
    features = recorded.get("features", "raw")
    if search.features and kind(features) != kind(search.features):
        raise UserError(f"{before} fitted on features {features}, not {search.features}")
    trials = replay_journal(study.folder / "journal.jsonl").values()
    finished = [trial for trial in trials if trial.family == family and trial.finished]
    return [
        trial
        for trial in finished
        if trial.state != "FAIL" and is_searched(search.space, trial.params)
    ]
