"""Every setting of a run, from the command line and from study files, checked in one place.

A setting given on the command line wins over a study file's `[[search]]` table, that over the file's top level, that
over the default.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from models.errors import UserError, nearest, unknown
from search.families import FAMILIES, find

DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s?)?")
STUDY_NAME = r"^[A-Za-z0-9_][A-Za-z0-9._-]*$"


def seconds(text: object) -> object:
    """The seconds in `90`, `90s`, `10m` or `1h30m`; numbers as they are."""
    if not isinstance(text, str):
        return text
    match = DURATION.fullmatch(text.strip())
    if not match or not text.strip():
        raise ValueError("expected a duration such as 90s, 10m or 1h30m")
    return sum(float(part or 0) * unit for part, unit in zip(match.groups(), (3600, 60, 1), strict=True))


def _texts(value: object) -> object:
    return {key: str(item) for key, item in value.items()} if isinstance(value, Mapping) else value


def _names(value: object) -> object:
    names = [part.strip() for part in value.split(",")] if isinstance(value, str) else value
    if isinstance(names, list) and len(set(names)) < len(names):
        raise ValueError("each name once")
    return names


SQLITE = "hypersearch.db"  # the default storage, beside the studies

PARSED = {"int_parsing": "a whole number", "float_parsing": "a number", "bool_parsing": "true or false"}
"""What pydantic's errors of these types mean."""

BOUNDS = {"greater_than_equal": "{} or more", "greater_than": "more than {}", "less_than_equal": "{} at most"}
"""And of these, which name a bound."""

Tracker: TypeAlias = Literal["tensorboard", "mlflow", "wandb"]


class SearchConfig(BaseModel):
    """One search: a family, and how it is searched."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    family: str
    trials: int = Field(10, ge=0)
    max_resource: int | None = Field(None, ge=1)
    reduction_factor: int = Field(3, ge=2)
    metric: Annotated[tuple[str, ...] | None, Field(min_length=1), BeforeValidator(_names)] = None
    searcher: Literal["tpe", "random", "gp", "qmc", "grid", "nsga2"] = "tpe"
    scheduler: Literal["asha", "hyperband", "median", "none"] = "asha"
    baselines: bool = True
    only_baselines: Annotated[tuple[str, ...] | None, Field(min_length=1), BeforeValidator(_names)] = None
    set: Annotated[dict[str, str], BeforeValidator(_texts)] = {}
    space: dict[str, str] = {}
    features: str | None = None


class StudyConfig(BaseModel):
    """One study: the searches, and what they have in common."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=STUDY_NAME, max_length=200)
    searches: list[SearchConfig] = Field(min_length=1)
    dataset: str = "fashion-mnist"
    data_dir: Path | None = None
    limit: int | None = Field(None, ge=1)
    seed: int = Field(0, ge=0, le=2**32 - 1)
    out: Path = Path("runs")
    storage: str | None = None
    time_budget: Annotated[Annotated[float, Field(gt=0)] | None, BeforeValidator(seconds)] = None
    trial_time_limit: Annotated[Annotated[float, Field(gt=0)] | None, BeforeValidator(seconds)] = None
    checkpoint_every: Annotated[Annotated[float, Field(gt=0)], BeforeValidator(seconds)] = 60.0
    keep_models: int = Field(1, ge=0)
    warm_start: str | None = None
    concurrency: int | None = Field(None, ge=1)
    cpus_per_trial: int = Field(1, ge=1)
    gpus_per_trial: float = Field(0, ge=0)
    address: str | None = None
    track: Annotated[tuple[Tracker, ...], BeforeValidator(_names)] = ()

    @property
    def cluster(self) -> str | None:
        """The Ray cluster to run on, as given or as `RAY_ADDRESS` says; None for this machine alone."""
        return self.address or os.environ.get("RAY_ADDRESS")

    @property
    def storage_url(self) -> str:
        """The Optuna storage: as given, or a SQLite file beside the studies."""
        return self.storage or storage_url(self.out)


STUDY_KEYS = [key for key in StudyConfig.model_fields if key != "searches"]
SEARCH_KEYS = [key for key in SearchConfig.model_fields if key != "family"]


def storage_url(out: Path) -> str:
    """The default storage of the studies in `out`."""
    return f"sqlite:///{out / SQLITE}"


def build(targets: Sequence[str], options: Mapping[str, Any]) -> StudyConfig:
    """The study that `targets` (families and study files) and command-line `options` (those given) ask for."""
    common: dict[str, Any] = {}
    searches: list[dict[str, Any]] = []
    for target in targets:
        if ":" in target or target in FAMILIES:
            searches.append({"family": target})
        else:
            top, tables = read_study_file(find_study_file(target))
            common.update(top)
            searches.extend(tables)
    given = {key: value for key, value in options.items() if value is not None}
    common.update({key: value for key, value in given.items() if key in STUDY_KEYS})
    override = {key: value for key, value in given.items() if key in SEARCH_KEYS}
    common.setdefault("name", default_name(targets))
    _refuse_twice([search["family"] for search in searches])
    data = {**common, "searches": [*given_to(searches, override)]}
    try:
        return StudyConfig.model_validate(data)
    except ValidationError as error:
        raise UserError(in_words(error, given)) from error


def read_study_file(path: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The study-wide settings of a study file, and the settings of each of its searches."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"cannot read the study file {path}: {error}") from error
    tables = data.pop("search", None)
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        raise UserError(f"{path.name}: expected at least one [[search]] table with a family")
    _refuse_unknown(path.name, data, [*STUDY_KEYS, *SEARCH_KEYS])
    for table in tables:
        _refuse_unknown(f"{path.name}: [[search]]", table, ["family", *SEARCH_KEYS])
        if "family" not in table:
            raise UserError(f"{path.name}: a [[search]] table has no family, allowed: {', '.join(FAMILIES)}")
    everywhere = {key: value for key, value in data.items() if key in SEARCH_KEYS}
    searches = [{**own, **table} for own, table in zip(given_to(tables, everywhere), tables, strict=True)]
    return {key: value for key, value in data.items() if key in STUDY_KEYS}, searches


def given_to(searches: Sequence[Mapping[str, Any]], settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The searches with settings that are for all of them; `features` only where they are taken."""
    if "features" not in settings:
        return [{**search, **settings} for search in searches]
    takers = [search["family"] for search in searches if find(search["family"]).takes_features]
    if not takers:
        names, ours = ", ".join(str(search["family"]) for search in searches), ", ".join(feature_takers())
        raise UserError(f"features {settings['features']!r} are not taken by {names}, but by {ours}")
    others = {key: value for key, value in settings.items() if key != "features"}
    return [{**search, **(settings if search["family"] in takers else others)} for search in searches]


def feature_takers() -> list[str]:
    """The families of the registry that are fitted on features."""
    return [name for name in FAMILIES if find(name).takes_features]


def shipped_studies() -> dict[str, Path]:
    """The study files that come with hypersearch, by name."""
    folder = Path(str(resources.files("search.studies")))
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def find_study_file(target: str) -> Path:
    """The study file at the path `target`, or the shipped one of that name."""
    if Path(target).is_file() and not target.endswith(".py"):
        return Path(target)
    shipped = shipped_studies()
    if target.removesuffix(".toml") in shipped:
        return shipped[target.removesuffix(".toml")]
    if target.endswith(".toml"):
        raise UserError(f"there is no study file {target!r}; those that come with hypersearch: {', '.join(shipped)}")
    module = target.removesuffix(".py").strip("./").replace("/", ".")
    file = Path(f"{module.replace('.', '/')}.py")
    if file.is_file():
        raise UserError(f"unknown target {target!r}; to search a family in {file}, name it: {module}:FAMILY")
    raise unknown("target", target, [*FAMILIES, *shipped, "package.module:FAMILY"])


def default_name(targets: Sequence[str]) -> str:
    """Targets and time: cnn-kmeans-20260131-235959."""
    words = [re.sub(r"[^A-Za-z0-9_]+", "-", Path(target).stem).strip("-") for target in targets]
    return f"{'-'.join(word for word in words if word) or 'study'}-{datetime.now():%Y%m%d-%H%M%S}"


def in_words(error: ValidationError, options: Mapping[str, Any]) -> str:
    """The first problem, in one line; `options` were given on the command line and are named as there."""
    problem = error.errors()[0]
    key = next(str(part) for part in reversed(problem["loc"]) if isinstance(part, str) and "[" not in part)
    shown = f"--{key.replace('_', '-')}" if key in options else key
    got, context = problem["input"], problem.get("ctx", {})
    if isinstance(got, float):
        got = options.get(key, got)  # 0s as it was typed
    if problem["type"] == "literal_error":
        allowed = [str(name) for name in re.findall(r"'([^']+)'", str(context["expected"]))]
        return f"unknown {key} {got!r}, allowed: {', '.join(allowed)}{nearest(str(got), allowed)}"
    if problem["type"] == "string_pattern_mismatch":
        return f"{shown} must be letters, digits, '.', '_' and '-', got {got!r}"
    if problem["type"] in PARSED:
        return f"{shown}: got {got!r}, expected {PARSED[problem['type']]}"
    if problem["type"] in BOUNDS:
        return (
            f"{shown}: got {got!r}, expected {BOUNDS[problem['type']].format(f'{next(iter(context.values())):.10g}')}"
        )
    message = problem["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    return f"{shown}: got {got!r}, expected {message.removeprefix('expected ')}"


def _refuse_unknown(where: str, table: Mapping[str, Any], allowed: Sequence[str]) -> None:
    for key in table:
        if key not in allowed:
            raise UserError(f"{where}: unknown key {key!r}, allowed: {', '.join(allowed)}{nearest(key, allowed)}")


def _refuse_twice(families: Sequence[str]) -> None:
    for family in families:
        if families.count(family) > 1:
            raise UserError(f"family {family!r} is named twice; a study holds one search a family")
