"""What is measured: each metric, where it is better, and what it may be compared with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

Mode: TypeAlias = Literal["min", "max"]

DIRECTIONS: Mapping[str, Mode] = {
    "accuracy": "max",
    "hungarian_accuracy": "max",
    "code_probe_accuracy": "max",
    "homogeneity": "max",
    "completeness": "max",
    "v_measure": "max",
    "nmi": "max",
    "ami": "max",
    "ari": "max",
    "silhouette": "max",
    "stability": "max",
    "recognised": "max",
    "prior_recognised": "max",
    "between_recognised": "max",
    "elbo": "max",
    "log_likelihood": "max",
    "loss": "min",
    "inertia": "min",
    "mse": "min",
    "pca_mse": "min",
    "entropy_floor": "min",
    "kl": "min",
    "bic": "min",
    "aic": "min",
    "davies_bouldin": "min",
    "noise_fraction": "min",
    "clusters": "min",
    "eps": "min",
    "parameters": "min",
}
"""The metric names that a run may report, each with the direction in which it is better."""

UNSUPERVISED = frozenset(
    {
        "silhouette",
        "davies_bouldin",
        "stability",
        "bic",
        "aic",
        "log_likelihood",
        "inertia",
        "noise_fraction",
        "clusters",
        "eps",
    }
)
"""Metrics of a clustering that look at no label."""

SAME: Mapping[str, tuple[str, ...]] = {"inertia": ("k", "fit_on")}
"""Metrics that say which trial is better only among trials with the same values of these
parameters.
"""

NO_OBJECTIVE = frozenset({"clusters", "eps"})
"""Metrics that are no objective by themselves: at their best is one cluster, or none."""
