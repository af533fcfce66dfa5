"""The searchers by name: who proposes. A new one is a row here; everything that names a searcher
reads it from the row.

A sampler is made anew for each trial, with a seed from the study's seed and the trial's number. So
a proposal depends on the seed, the number and what is known of the other trials, and not on whether
the search was interrupted before. Importing this loads no Optuna.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from hypersearch.models.errors import UserError

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler

STARTUP = 10  # trials that are proposed at random before TPE models them


@dataclass(frozen=True)
class SearcherSpec:
    """What there is to know of a searcher without making its sampler."""

    name: str
    help: str  # a sentence: how it proposes
    make: Callable[[int, int], BaseSampler]  # from a trial's own seed and the study's
    learns: bool = True  # from the trials; one that does not begins nowhere in particular
    models: bool = (
        False  # its time grows with the trials that it sees, so it is shown the best and the latest
    )
    enumerates: bool = (
        False  # it proposes the points of a grid in order, see search/space/proposals.py
    )
    package: str = ""  # that it needs beyond Optuna
    extra: str = ""  # of hypersearch, which brings the package


def _tpe(own: int, study: int) -> BaseSampler:
    from optuna.samplers import TPESampler

    return TPESampler(
        seed=own,
        n_startup_trials=STARTUP,
        multivariate=True,
        group=True,
        constant_liar=True,
    )


def _random(own: int, study: int) -> BaseSampler:
    from optuna.samplers import RandomSampler

    return RandomSampler(seed=own)


def _gp(own: int, study: int) -> BaseSampler:
    from optuna.samplers import GPSampler

    return GPSampler(seed=own, n_startup_trials=5)


def _qmc(own: int, study: int) -> BaseSampler:
    """One sequence with one seed. What it does not cover is drawn at random, anew each time."""
    from optuna.samplers import QMCSampler

    return QMCSampler(
        seed=study,
        scramble=True,
        independent_sampler=_random(own, study),
        warn_independent_sampling=False,
    )


def _nsga2(own: int, study: int) -> BaseSampler:
    from optuna.samplers import NSGAIISampler

    return NSGAIISampler(seed=own, population_size=20)


DEFAULT = "tpe"
SEARCHERS: dict[str, SearcherSpec] = {
    spec.name: spec
    for spec in (
        SearcherSpec(
            name="tpe",
            help="Tree-structured Parzen estimators (Watanabe 2023, arXiv 2304.11127).",
            make=_tpe,
            models=True,
        ),
        SearcherSpec(
            name="random", help="Each trial is drawn at random.", make=_random, learns=False
        ),
        SearcherSpec(
            name="gp",
            help="A Gaussian process, by its log expected improvement.",
            make=_gp,
            models=True,
            package="torch",
            extra="gp",
        ),
        SearcherSpec(name="qmc", help="Scrambled Sobol points.", make=_qmc, learns=False),
        SearcherSpec(
            name="grid",
            help="Every point of a grid, one after another.",
            make=_random,
            learns=False,
            enumerates=True,
        ),
        SearcherSpec(
            name="nsga2", help="The genetic algorithm NSGA-II (Deb et al. 2002).", make=_nsga2
        ),
    )
}


def make_sampler(name: str, study_seed: int, number: int) -> BaseSampler:
    """The sampler that proposes trial `number`."""
    import optuna

    from hypersearch.search.storage.trial import trial_seed

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return SEARCHERS[name].make(trial_seed(study_seed, number, replicate=1), study_seed)


def check_installed(name: str) -> None:
    """Raise a `UserError` if a searcher needs what is not installed."""
    spec = SEARCHERS[name]
    if spec.package and find_spec(spec.package) is None:
        install = f"pip install 'hypersearch[{spec.extra}]'"
        raise UserError(f"--searcher {name} needs {spec.package}: {install}")
