"""Every setting of a run, from the command line and from study files, checked in one place.

A setting given on the command line wins over a study file's `[[search]]` table, that over the
file's top level, that over the default.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeAlias

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError, PydanticUndefined

from hypersearch.search import searchers
from hypersearch.search.schedulers import registry as schedulers
from hypersearch.search.trackers.registry import TRACKERS

DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s?)?")
STUDY_NAME = r"^[A-Za-z0-9_][A-Za-z0-9._-]*$"


def seconds(text: object) -> object:
    """The seconds in `90`, `90s`, `10m` or `1h30m`; numbers as they are."""
    if not isinstance(text, str):
        return text
    match = DURATION.fullmatch(text.strip())
    if not match or not text.strip():
        raise ValueError("expected a duration such as 90s, 10m or 1h30m")
    return sum(
        float(part or 0) * unit for part, unit in zip(match.groups(), (3600, 60, 1), strict=True)
    )


def _texts(value: object) -> object:
    return {key: str(item) for key, item in value.items()} if isinstance(value, Mapping) else value


def _names(value: object) -> object:
    names = [part.strip() for part in value.split(",")] if isinstance(value, str) else value
    if isinstance(names, list) and len(set(names)) < len(names):
        raise ValueError("each name once")
    return names


def _registered(names: Iterable[str]) -> BeforeValidator:
    """Admits the names of a registry, and says which they are."""

    def check(value: object) -> object:
        if not isinstance(value, str) or value not in names:
            raise PydanticCustomError("unknown_name", "unknown name", {"allowed": list(names)})
        return value

    return BeforeValidator(check)


RENAMED = {"max_samples": ("limit",)}  # settings by their name, and how they were called before

SQLITE = "hypersearch.db"  # the default storage, beside the studies

Duration: TypeAlias = Annotated[float, Field(gt=0)]
Names: TypeAlias = Annotated[tuple[str, ...] | None, Field(min_length=1), BeforeValidator(_names)]


def setting(
    default: Any,
    words: str,
    metavar: str = "",
    *,
    shown: str = "",
    again: bool = False,
    **bounds: Any,
) -> Any:
    """A field that is also an option of the command line (search/cli/options.py makes it).

    `shown` is the default in words, where its value does not say it; with `again` the option may
    be given anew when a study goes on. `bounds` are pydantic's.
    """
    extra: JsonDict = {"metavar": metavar, "shown": shown, "again": again}
    return Field(default, description=words, json_schema_extra=extra, **bounds)


SearcherName: TypeAlias = Annotated[str, _registered(searchers.SEARCHERS)]
SchedulerName: TypeAlias = Annotated[str, _registered(schedulers.SCHEDULERS)]
TrackerName: TypeAlias = Annotated[str, _registered(TRACKERS)]


class SearchConfig(BaseModel):
    """One search: a family, and how it is searched."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    family: str
    trials: int = setting(10, "Trials a family, besides its baselines", "N", ge=0)
    max_resource: int | None = setting(
        None, "Full resource of a trial (epochs, trees, passes); caps baselines.", "R", ge=1
    )
    reduction_factor: int = setting(3, "ASHA: one in F goes on at each rung", "F", ge=2)
    searcher: SearcherName = setting(
        searchers.DEFAULT, f"Who proposes: {', '.join(searchers.SEARCHERS)}", "S"
    )
    scheduler: SchedulerName = setting(
        schedulers.DEFAULT, f"Who stops early: {', '.join(schedulers.SCHEDULERS)}", "S"
    )
    metric: Names = setting(
        None, "The objective, or several: accuracy,parameters", "M", shown="the family's"
    )
    baselines: bool = setting(True, "Run the published configurations too", shown="yes")
    only_baselines: Names = setting(
        None, "Of each family these published configurations: R3-own,R5.", "B"
    )
    features: str | None = setting(
        None, "What clusterings are fitted on, as autoencoder,umap:10", "F", shown="raw"
    )
    set: Annotated[dict[str, str], BeforeValidator(_texts)] = setting(
        {}, "Fix a parameter: --set depth=3", "P=V", again=True
    )
    space: dict[str, str] = setting({}, "Search a range: --space depth=2..4", "P=R", again=True)


class StudyConfig(BaseModel):
    """One study: the searches, and what they have in common."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    name: str = setting(
        PydanticUndefined,
        "Of the study",
        "NAME",
        shown="targets and time",
        pattern=STUDY_NAME,
        max_length=200,
    )
    searches: list[SearchConfig] = Field(min_length=1)
    dataset: str = setting("fashion-mnist", "Name or path of the data", "D")
    data_dir: Path | None = setting(None, "Where to look for named data first.", "DIR")
    code_dir: Path | None = None  # where own families are imported from
    max_samples: int | None = setting(
        None,
        "Use N images to train on and validate with.",
        "N",
        ge=1,
        validation_alias=AliasChoices("max_samples", *RENAMED["max_samples"]),
    )
    seed: int = setting(0, "Of the split, the proposals and every trial", "S", ge=0, le=2**32 - 1)
    out: Path = setting(Path("runs"), "Folder of the studies", "DIR")
    warm_start: str | None = setting(
        None, "Let the sampler learn from the trials of another study.", "STUDY"
    )
    time_budget: Annotated[Duration | None, BeforeValidator(seconds)] = setting(
        None, "Stop after T (90s, 10m, 1h30m), shared among the families.", "T", again=True
    )
    trial_time_limit: Annotated[Duration | None, BeforeValidator(seconds)] = setting(
        None, "A trial that takes longer has failed.", "T", again=True
    )
    checkpoint_every: Annotated[Duration, BeforeValidator(seconds)] = setting(
        60.0, "Save running trials at rungs, and after T", "T", shown="60s", again=True
    )
    keep_models: int = setting(
        1, "Models of finished trials to keep, a family", "K", again=True, ge=0
    )
    storage: str | None = setting(
        None, "Optuna storage", "URL", shown=f"sqlite:///OUT/{SQLITE}", again=True
    )
    cpus_per_trial: int = setting(1, "Cores, and threads, a trial", "C", again=True, ge=1)
    gpus_per_trial: float = setting(0, "GPUs a trial; a fraction shares one", "G", again=True, ge=0)
    concurrency: int | None = setting(
        None, "Trials at once", "N", shown="as many as fit", again=True, ge=1
    )
    track: Annotated[tuple[TrackerName, ...], BeforeValidator(_names)] = setting(
        (), f"Also tell a tracker: {', '.join(TRACKERS)}", "T", again=True
    )
    address: str | None = setting(
        None, "Ray cluster: auto or HOST:PORT", "A", shown="this machine", again=True
    )

    @property
    def home(self) -> Path:
        """The folder that own families are imported from: where the study was started."""
        return self.code_dir or Path.cwd()

    @property
    def cluster(self) -> str | None:
        """The Ray cluster, as given or as `RAY_ADDRESS` says; None for this machine alone."""
        return self.address or os.environ.get("RAY_ADDRESS")

    @property
    def storage_url(self) -> str:
        """The Optuna storage: as given, or a SQLite file beside the studies."""
        return self.storage or storage_url(self.out)


STUDY_KEYS = [key for key in StudyConfig.model_fields if key not in ("searches", "code_dir")]
SEARCH_KEYS = [key for key in SearchConfig.model_fields if key != "family"]


def recorded_home(facts: Mapping[str, Any]) -> Path:
    """The folder that a study's own families are imported from, as its study.json has it."""
    return Path(facts["config"].get("code_dir") or Path.cwd())


def storage_url(out: Path) -> str:
    """The default storage of the studies in `out`."""
    return f"sqlite:///{out / SQLITE}"
