"""A search that is ready to run: what the user asked for and the family make together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hypersearch.models.api import Baseline, Family, Space
from hypersearch.models.metrics import Mode, mode_of
from hypersearch.search.config.settings import SearchConfig
from hypersearch.search.storage.trial import Trial

TRAIN = "train"


@dataclass(frozen=True)
class Origin:
    """Which network makes the features of a search."""

    study: str
    family: str
    trial: int
    name: str  # a baseline's, else empty
    # "train", or what else its configuration says: then it has seen validation images as well
    fitted_on: str
    digest: str  # of its configuration and its checkpoint's files
    files: Mapping[str, str]  # of its export in `sources/`, by name: SHA-256

    @property
    def label(self) -> str:
        """Which trial it is, in words: trial 3 R4."""
        return f"trial {self.trial} {self.name}".strip()


@dataclass(frozen=True)
class Search:
    """One search, ready to run: what the user asked for and the family make together."""

    target: str  # as the registry knows the family
    family: Family
    asked: SearchConfig
    space: Space
    baselines: list[tuple[Baseline, int]]  # with the resource that each runs for
    left_out: dict[str, str]  # baselines that these data do not admit, and why
    metrics: tuple[str, ...]  # the objectives; more than one make a Pareto search
    max_resource: int  # the full resource of a searched trial
    ladder: list[int]  # rungs; empty without ASHA
    features: str = ""  # what a family that takes them is fitted on
    provides_features: bool = False  # another search of the study takes its best network's codes
    required_baselines: tuple[str, ...] = ()  # or those of these baselines' networks
    source: Origin | None = None  # of the features' network, once that was handed over

    @property
    def metric(self) -> str:
        """The first objective: the one that is shown."""
        return self.metrics[0]

    @property
    def mode(self) -> Mode:
        """Where it is better."""
        return mode_of(self.metric)

    @property
    def modes(self) -> list[Mode]:
        """Where each objective is better."""
        return [mode_of(metric) for metric in self.metrics]

    @property
    def others(self) -> str:
        """The objectives beside the first, in words."""
        return "".join(f", {metric} ({mode_of(metric)})" for metric in self.metrics[1:])

    def merit(self, trial: Trial) -> tuple[float, int]:
        """Of complete trials the least is the best: the objective decides, then the number."""
        assert trial.objective is not None
        return -trial.objective if self.mode == "max" else trial.objective, trial.number

    @property
    def total(self) -> int:
        """Trials, baselines among them."""
        return len(self.baselines) + self.asked.trials
