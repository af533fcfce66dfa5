"""Expectation and maximisation, one iteration at a time, on scikit-learn's Gaussian mixture.

Shape suffixes: n images, d features, k components.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning

from hypersearch.models.api import Config
from hypersearch.models.compat.sklearn_internals import (
    OneStepMixture,
    log_prob_and_responsibilities,
)

FITTED = (
    "weights_",
    "means_",
    "covariances_",
    "precisions_cholesky_",
    "precisions_",
    "converged_",
    "lower_bound_",
)
"""What scikit-learn goes on from, and what it predicts by."""


class Mixture(OneStepMixture):
    """scikit-learn's mixture, which judges the rows that it is fitted to by its last E-step."""

    def judge_fitted(self, x_nd: NDArray[np.float64]) -> tuple[float, NDArray[np.int32]]:
        """`judged` of the rows that it is fitted to, at no cost."""
        likelihood, responsibility_nk = self.e_step(x_nd)
        return float(likelihood), responsibility_nk.argmax(axis=1).astype(np.int32)


def empty(config: Config, x_nd: NDArray[np.float64], seed: int) -> Any:
    """The scikit-learn mixture of a configuration, not yet fitted; each fit is one iteration.

    `reg_covar`, which is added to every variance, is that of the configuration. If it is
    "relative", `regularisation` times the mean variance of x, float64 (n, d), is added instead,
    which means the same whatever the features' scale. It matters where a unit of a code is nearly
    always 0: on R4's codes, 1e-6 of either kind changes a tenth of the labels.
    """
    added = config.get("reg_covar", "relative")
    if added == "relative":
        added = float(config["regularisation"] or 0) * (float(x_nd.var(axis=0).mean()) or 1.0)
    return Mixture(
        n_components=config["components"],
        covariance_type=config["covariance_type"],
        init_params=config["init"],
        reg_covar=added,
        max_iter=1,
        warm_start=True,
        random_state=seed,
    )


def iterate(mixture: Any, x_nd: NDArray[np.float64]) -> None:
    """One iteration of EM on x, float64 (n, d), from the present state; the first initialises."""
    with warnings.catch_warnings():
        # that one iteration is not enough is known
        warnings.simplefilter("ignore", ConvergenceWarning)
        mixture.fit(x_nd)


def judged(mixture: Any, x_nd: NDArray[np.float64]) -> tuple[float, NDArray[np.int32]]:
    """The mean log-likelihood of images, in nats, and the component of each, int32 (n,)."""
    likelihood_n, responsibility_nk = log_prob_and_responsibilities(mixture, x_nd)
    return float(likelihood_n.mean()), responsibility_nk.argmax(axis=1).astype(np.int32)


def state(mixture: Any) -> dict[str, NDArray[Any]]:
    """The fitted attributes of a mixture, as arrays by scikit-learn's names.

    Empty before the first iteration.
    """
    return {name: np.asarray(getattr(mixture, name)) for name in FITTED if hasattr(mixture, name)}


def restored(mixture: Any, fitted: Mapping[str, NDArray[Any]]) -> Any:
    """The mixture with the `state` of another; both then continue bit for bit alike."""
    for name, array in fitted.items():
        setattr(mixture, name, array if array.ndim else array.item())
    if fitted:
        mixture.n_features_in_ = mixture.means_.shape[1]
    return mixture
