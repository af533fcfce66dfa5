"""A study from targets, study files and command-line options."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from hypersearch.models.data.datasets import NAMES
from hypersearch.models.errors import UserError, nearest, unknown
from hypersearch.search.config.messages import validation_message
from hypersearch.search.config.settings import RENAMED, SEARCH_KEYS, STUDY_KEYS, StudyConfig
from hypersearch.search.families import FAMILIES, find

SQLITE_URL = "sqlite:///"  # before the path of a file


def build(targets: Sequence[str], options: Mapping[str, Any]) -> StudyConfig:
    """The study that `targets` and command-line `options` ask for.

    Targets are families and study files. Options that are None were not given.
    """
    common: dict[str, Any] = {}
    searches: list[dict[str, Any]] = []
    for target in targets:
        if ":" in target or target in FAMILIES:
            searches.append({"family": target})
        else:
            top, tables = read_study_file(find_study_file(target))
            common.update(top)
            searches.extend(tables)
    given = with_new_names({k: value for k, value in options.items() if value is not None})
    common.update({key: value for key, value in given.items() if key in STUDY_KEYS})
    override = {key: value for key, value in given.items() if key in SEARCH_KEYS}
    common.setdefault("name", default_name(targets))
    _refuse_twice([search["family"] for search in searches])
    data = {**common, **wherever(common), "searches": [*given_to(searches, override)]}
    try:
        return StudyConfig.model_validate(data)
    except ValidationError as error:
        raise UserError(validation_message(error, given)) from error


def wherever(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The paths among the settings, absolute: they lead there from any other folder, too."""
    dataset, data_dir = settings.get("dataset"), settings.get("data_dir")
    storage = str(settings.get("storage") or "")
    found: dict[str, Any] = {"code_dir": Path.cwd()}
    if isinstance(dataset, str) and dataset not in NAMES and Path(dataset).exists():
        found["dataset"] = str(Path(dataset).resolve())
    if data_dir and Path(data_dir).is_dir():
        found["data_dir"] = Path(data_dir).resolve()
    file = storage.removeprefix(SQLITE_URL)
    if file != storage and not file.startswith(("/", ":", "file:")):
        found["storage"] = SQLITE_URL + str(Path.cwd() / file)
    return found


def with_new_names(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings, those that are called as they were before under the names they have now."""
    now = {old: new for new, olds in RENAMED.items() for old in olds}
    return {now.get(key, key): value for key, value in settings.items()}


def read_study_file(path: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The study-wide settings of a study file, and the settings of each of its searches."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"cannot read the study file {path}: {error}") from error
    tables = data.pop("search", None)
    if (
        not isinstance(tables, list)
        or not tables
        or not all(isinstance(table, dict) for table in tables)
    ):
        raise UserError(f"{path.name}: expected at least one [[search]] table with a family")
    data = with_new_names(data)
    _refuse_unknown(path.name, data, [*STUDY_KEYS, *SEARCH_KEYS])
    for table in tables:
        _refuse_unknown(f"{path.name}: [[search]]", table, ["family", *SEARCH_KEYS])
        if "family" not in table:
            raise UserError(
                f"{path.name}: a [[search]] table has no family, allowed: {', '.join(FAMILIES)}"
            )
    everywhere = {key: value for key, value in data.items() if key in SEARCH_KEYS}
    searches = [
        {**own, **table} for own, table in zip(given_to(tables, everywhere), tables, strict=True)
    ]
    return {key: value for key, value in data.items() if key in STUDY_KEYS}, searches


def given_to(
    searches: Sequence[Mapping[str, Any]], settings: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The searches with settings that are for all of them; `features` only where they are taken."""
    if "features" not in settings:
        return [{**search, **settings} for search in searches]
    takers = [search["family"] for search in searches if find(search["family"]).takes_features]
    if not takers:
        names = ", ".join(str(search["family"]) for search in searches)
        others = ", ".join(feature_takers())
        features = settings["features"]
        raise UserError(f"features {features!r} are not taken by {names}, but by {others}")
    without_features = {key: value for key, value in settings.items() if key != "features"}
    return [
        {**search, **(settings if search["family"] in takers else without_features)}
        for search in searches
    ]


def feature_takers() -> list[str]:
    """The families of the registry that are fitted on features."""
    return [name for name in FAMILIES if find(name).takes_features]


def shipped_studies() -> dict[str, Path]:
    """The study files that come with hypersearch, by name."""
    folder = Path(str(resources.files("hypersearch.search.studies")))
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def find_study_file(target: str) -> Path:
    """The study file at the path `target`, or the shipped one of that name."""
    if Path(target).is_file() and not target.endswith(".py"):
        return Path(target)
    shipped = shipped_studies()
    if target.removesuffix(".toml") in shipped:
        return shipped[target.removesuffix(".toml")]
    if target.endswith(".toml"):
        raise UserError(
            f"there is no study file {target!r}; those that come with hypersearch:"
            f" {', '.join(shipped)}"
        )
    module = target.removesuffix(".py").strip("./").replace("/", ".")
    file = Path(f"{module.replace('.', '/')}.py")
    if file.is_file():
        raise UserError(
            f"unknown target {target!r}; to search a family in {file}, name it: {module}:FAMILY"
        )
    raise unknown("target", target, [*FAMILIES, *shipped, "package.module:FAMILY"])


def default_name(targets: Sequence[str]) -> str:
    """Targets and time: cnn-kmeans-20260131-235959."""
    words = [re.sub(r"[^A-Za-z0-9_]+", "-", Path(target).stem).strip("-") for target in targets]
    return f"{'-'.join(word for word in words if word) or 'study'}-{datetime.now():%Y%m%d-%H%M%S}"


def _refuse_unknown(where: str, table: Mapping[str, Any], allowed: Sequence[str]) -> None:
    for key in table:
        if key not in allowed:
            raise UserError(
                f"{where}: unknown key {key!r}, allowed:"
                f" {', '.join(allowed)}{nearest(key, allowed)}"
            )


def _refuse_twice(families: Sequence[str]) -> None:
    for family in families:
        if families.count(family) > 1:
            raise UserError(f"family {family!r} is named twice; a study holds one search a family")
