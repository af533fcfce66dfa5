"""Who proposes: Optuna's samplers by name, and the memory of past trials that they look at.

A sampler is made anew for each trial, with a seed from the study's seed and the trial's number. So
a proposal depends on the seed, the number and what is known of the other trials, and not on whether
the search was interrupted before.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib.util import find_spec

import optuna
from optuna.samplers import BaseSampler

from hypersearch.models.errors import UserError
from hypersearch.search.storage.trial import trial_seed

STARTUP = 10  # trials that are proposed at random before TPE models them


def _tpe(own: int, study: int) -> BaseSampler:
    """Tree-structured Parzen estimators (Bergstra et al. 2011; Watanabe 2023, arXiv 2304.11127)."""
    return optuna.samplers.TPESampler(
        seed=own, n_startup_trials=STARTUP, multivariate=True, group=True, constant_liar=True
    )


def _random(own: int, study: int) -> BaseSampler:
    return optuna.samplers.RandomSampler(seed=own)


def _gp(own: int, study: int) -> BaseSampler:
    """Gaussian process, log expected improvement."""
    return optuna.samplers.GPSampler(seed=own, n_startup_trials=5)


def _qmc(own: int, study: int) -> BaseSampler:
    """Scrambled Sobol points: one sequence with one seed.

    What it does not cover is drawn at random, anew each time.
    """
    rest = optuna.samplers.RandomSampler(seed=own)
    return optuna.samplers.QMCSampler(
        seed=study, scramble=True, independent_sampler=rest, warn_independent_sampling=False
    )


def _nsga2(own: int, study: int) -> BaseSampler:
    """Deb et al. 2002."""
    return optuna.samplers.NSGAIISampler(seed=own, population_size=20)


SAMPLERS: dict[str, Callable[[int, int], BaseSampler]] = {  # by a trial's own seed and the study's
    "tpe": _tpe,
    "random": _random,
    "gp": _gp,
    "qmc": _qmc,
    "nsga2": _nsga2,
    "grid": _random,  # the points are enqueued, see search/space/proposals.py
}
BLIND = ("random", "qmc", "grid")  # learn nothing, and so begin nowhere in particular
MODELS = ("tpe", "gp")  # take time in proportion to what they see, or more


def make(name: str, study_seed: int, number: int) -> BaseSampler:
    """The sampler that proposes trial `number`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return SAMPLERS[name](trial_seed(study_seed, number, replicate=1), study_seed)


def check_installed(name: str) -> None:
    """Raise a `UserError` if a sampler needs what is not installed."""
    if name == "gp" and find_spec("torch") is None:
        raise UserError("--searcher gp needs torch: pip install 'hypersearch[gp]'")
