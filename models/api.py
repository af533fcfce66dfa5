"""The narrow waist: what a model family is, and what a search may ask of it.

Nothing here knows of Ray or Optuna. A search pulls: it calls `Run.step` while it wants more, early
stopping means that it no longer calls, recovery is `save` and `load`. A new family is one file that
builds a `Family` and one line in `search/families.py`.

Shape suffixes in numeric code: n images, h height, w width, c channels or classes, d features, k
clusters.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from hypersearch.models.data.dataset import Dataset
from hypersearch.models.metrics import Mode, mode_of

Value: TypeAlias = str | int | float | bool | None
Config: TypeAlias = Mapping[str, Value]
Condition: TypeAlias = Mapping[
    str, Value | tuple[Value, ...]
]  # another parameter's value, or several
Shared: TypeAlias = Any  # what `prepare` returns: arrays that every trial reads and none writes

TRIAL_COLUMNS = ("study", "family", "trial", "name", "state", "objective", "resource", "seconds")
"""What every row of trials.csv and of a leaderboard begins with."""


@dataclass(frozen=True)
class Float:
    """A real parameter in [low, high], both ends included; `log` searches its logarithm.

    A user's range may leave these, but not go beyond `upper_bound`, nor below zero where `low` does
    not.
    """

    low: float
    high: float
    log: bool = False
    when: Condition = field(default_factory=dict)
    upper_bound: float = math.inf


@dataclass(frozen=True)
class Int:
    """A whole parameter in [low, high], both ends included; `log` searches its logarithm.

    A user's range may leave these, but not go below one, or zero, where `low` does not. Baselines
    and `--set` may also take the values `also`.
    """

    low: int
    high: int
    log: bool = False
    when: Condition = field(default_factory=dict)
    also: tuple[int, ...] = ()


@dataclass(frozen=True)
class Choice:
    """One of `values`.

    A search proposes only `searched` (default: all); baselines and `--set` may take any.
    """

    values: tuple[Value, ...]
    searched: tuple[Value, ...] = ()
    when: Condition = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.searched:
            object.__setattr__(self, "searched", self.values)


Parameter: TypeAlias = Float | Int | Choice
Space: TypeAlias = Mapping[str, Parameter]
"""Parameters by name. One with `when={"other": value}` exists only where `other` has that value, or
one of a tuple of values; `other` stands before it in the space."""


@dataclass(frozen=True)
class Baseline:
    """A configuration from elsewhere that every search runs first and never stops early.

    `figures` are what its source reports (metric names as in `METRICS`, prefixed `val.`,
    `train.` or `test.`), on `dataset`. `resource` is how long the source trained, in the family's
    unit. `features`: the only ones that it is run on, spelled as in `--features` but without a
    study; empty: whatever the search has. `network`: the baseline of the network's family whose
    code they are; empty: any.
    """

    name: str
    config: Config
    resource: int
    source: str
    dataset: str = "fashion-mnist"
    figures: Mapping[str, float] = field(default_factory=dict)
    features: str = ""
    network: str = ""


@dataclass(frozen=True)
class Source:
    """A fitted network whose codes are features: the folder that it was exported to, and a digest
    of its weights.
    """

    folder: Path
    digest: str


Encode: TypeAlias = Callable[[Path, str, Any], Any]
"""From the folder of an exported network, the name of a layer (or "") and uint8 images (n, h, w) to
float32 (n, d).
"""


def no_op(line: str) -> None:
    """The default of `Options.say`: nobody is told."""


@dataclass(frozen=True)
class Options:
    """What a family may need to know of the search when it prepares: seed, threads a trial, a full
    trial's resource.

    Of a family that takes features also which (`hypersearch.clustering.features.feature_spec`), the
    network that they come from, if any, how to ask it (None: in this process), and who is told how
    long this takes.
    """

    seed: int = 0
    threads: int = 1
    limit: int = 1
    features: str = "raw"
    source: Source | None = None
    encode: Encode | None = None
    say: Callable[[str], None] = no_op

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled without `encode` and `say`, which mean something where they were made only."""
        return Options, (self.seed, self.threads, self.limit, self.features, self.source)


@dataclass(frozen=True)
class Evaluation:
    """Figures on the test images by metric name, and arrays for pictures and tables by name."""

    metrics: Mapping[str, float]
    artifacts: Mapping[str, Any] = field(default_factory=dict)


class Run(Protocol):
    """One configuration being fitted."""

    @property
    def finished(self) -> bool:
        """True once a further step would change nothing (all trees grown, converged)."""

    def step(self) -> Mapping[str, float]:
        """Fit one more unit of resource; return the metrics so far, on validation data.

        Names are those of `METRICS`; `train.` before a name marks a figure on training data.
        """

    def save(self, folder: Path) -> None:
        """Write all that `load` needs to go on as if nothing had happened, into an existing
        folder.
        """

    def load(self, folder: Path) -> None:
        """Take up the state that `save` wrote, in a run started with the same config, data and
        seed.
        """


def always_feasible(config: Config, dataset: Dataset) -> str | None:
    """The default of `Family.infeasible_reason`: every configuration can be built on every data
    set.
    """
    return None


def unbounded(space: Space, dataset: Dataset) -> Mapping[str, int]:
    """The default of `Family.upper_bounds`: no data set is too small for any value."""
    return {}


def save_state(run: Any, dataset: Dataset, folder: Path) -> None:
    """The default of `Family.export`: what `Run.save` writes."""
    run.save(folder)


@dataclass(frozen=True)
class Family:
    """A kind of model: what is searched, how a run starts, how a winner is judged."""

    name: str
    space: Space
    baselines: tuple[Baseline, ...]
    metric: str  # the objective, unless the user names another of `metrics`
    metrics: tuple[str, ...]  # what every step reports on validation
    resource: str  # what a step spends: "epochs", "trees", "passes"
    max_resource: int  # a full run of the search, in that unit; 1 = cannot be stopped early
    prepare: Callable[[Dataset, Options], Shared]  # once a search
    start: Callable[[Config, Shared, int], Run]  # config, shared, seed
    # of the family's own kind of run; it alone reads the test images
    evaluate: Callable[[Any, Dataset], Evaluation]
    export: Callable[[Any, Dataset, Path], None] = save_state  # the fitted model, for use elsewhere
    # why a configuration cannot be built on these data, or None
    infeasible_reason: Callable[[Config, Dataset], str | None] = always_feasible
    # the greatest values of whole parameters on these data
    upper_bounds: Callable[[Space, Dataset], Mapping[str, int]] = unbounded
    # known to do well: what a searcher that learns proposes first
    initial_points: tuple[Config, ...] = ()
    needs_data: bool = True
    # the whole parameter, if any, that says at what resource a trial is complete (a forest's trees)
    resource_parameter: str = ""
    deterministic: bool = False  # the same configuration gives the same figures, whatever the seed
    # it is fitted on rows of numbers, of which `--features` says how they are made
    takes_features: bool = False

    @property
    def mode(self) -> Mode:
        """The direction in which the objective is better."""
        return mode_of(self.metric)
