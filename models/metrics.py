"""The registry of metrics. A new one is a row here; whatever names a metric reads it from the row.

A run may also report metrics that are not registered. They are shown, but cannot be objectives:
nothing says where they are better.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Literal, TypeAlias

from hypersearch.models.errors import UserError, nearest

Mode: TypeAlias = Literal["min", "max"]
Needs: TypeAlias = Literal["labels", "proba", "nothing"]

BETTER: Mapping[str, str] = {"max": "higher", "min": "lower"}
"""The word for the direction in which a metric is better."""

FAR = 1e12  # beyond any value of a metric without a bound, and finite


@dataclass(frozen=True)
class Metric:
    """What there is to know of a metric.

    name: without `val.`, `test.` or `train.`.
    mode: where it is better, "max" or "min".
    help: one sentence with unit and range.
    needs: what it is computed from beside the images and the model: "labels", the true classes;
    "proba", the true classes (of autoencoders the pixels) and the probability, or margin, that the
    model gives each; "nothing".
    worst: what a degenerate clustering is given; None where it keeps its value, and of metrics that
    no clustering reports.
    comparable_within: the parameters that must be equal for two values to be compared.
    alone: False if it may be an objective only beside another.
    whole: a count, shown without decimals.
    grows_with: "clusters" or "images" where it grows with their number, whatever a clustering is
    worth; else empty.
    same_as: the metric that is the same figure by another name, or empty.
    test_only: measured by `confirm` on test images; no step reports it.
    """

    name: str
    mode: Mode
    _: KW_ONLY
    help: str
    needs: Needs = "labels"
    worst: float | None = None
    comparable_within: tuple[str, ...] = ()
    alone: bool = True
    whole: bool = False
    grows_with: Literal["", "clusters", "images"] = ""
    same_as: str = ""
    test_only: bool = False

    @property
    def looks_at_labels(self) -> bool:
        """True if the truth of the judged images is needed."""
        return self.needs != "nothing"

    @property
    def ranks_any(self) -> bool:
        """True if it alone ranks trials whatever their parameters."""
        return self.alone and not self.comparable_within


_ROWS = (
    Metric(
        "accuracy",
        "max",
        worst=0.0,
        grows_with="clusters",
        help="Share of images with the right class, 0 to 1; a cluster has that of its majority.",
    ),
    Metric(
        "hungarian_accuracy",
        "max",
        worst=0.0,
        help="Accuracy, 0 to 1, if each class gets one cluster, in the best way (Kuhn 1955).",
    ),
    Metric(
        "code_probe_accuracy",
        "max",
        help="Accuracy, 0 to 1, of a linear classifier fitted to codes of training images.",
    ),
    Metric(
        "homogeneity",
        "max",
        worst=0.0,
        grows_with="clusters",
        help="How far each cluster holds images of one class only, 0 to 1.",
    ),
    Metric(
        "completeness",
        "max",
        worst=0.0,
        help="How far the images of each class are in one cluster, 0 to 1.",
    ),
    Metric(
        "v_measure",
        "max",
        worst=0.0,
        same_as="nmi",
        help="Harmonic mean of homogeneity and completeness, 0 to 1.",
    ),
    Metric(
        "nmi",
        "max",
        worst=0.0,
        help="Mutual information with the classes over the mean of both entropies, 0 to 1.",
    ),
    Metric(
        "ami",
        "max",
        worst=-1.0,
        help="Mutual information adjusted for chance, at most 1; about 0 for random clusters.",
    ),
    Metric(
        "ari",
        "max",
        worst=-1.0,
        help="Rand index adjusted for chance, -0.5 to 1; about 0 for random clusters.",
    ),
    Metric(
        "silhouette",
        "max",
        needs="nothing",
        worst=-1.0,
        help="Mean silhouette of up to 2,000 images, always the same, -1 to 1; noise counts 0.",
    ),
    Metric(
        "stability",
        "max",
        needs="nothing",
        worst=-1.0,
        help="Adjusted Rand index of two further fits on disjoint images, -1 to 1.",
    ),
    Metric(
        "recognised",
        "max",
        test_only=True,
        help="Share of reconstructions that a CNN names with 90 % confidence, 0 to 1.",
    ),
    Metric(
        "prior_recognised",
        "max",
        test_only=True,
        help="Share of draws from the prior that a CNN names with 90 % confidence, 0 to 1.",
    ),
    Metric(
        "between_recognised",
        "max",
        test_only=True,
        help="Share of images decoded half way between two codes that a CNN names, 0 to 1.",
    ),
    Metric(
        "elbo",
        "max",
        needs="nothing",
        help="Evidence lower bound in nats an image, at most 0.",
    ),
    Metric(
        "log_likelihood",
        "max",
        needs="nothing",
        worst=-FAR,
        help="Mean log-likelihood in nats an image, without bound.",
    ),
    Metric(
        "loss",
        "min",
        needs="proba",
        help="Cross-entropy in nats an image (an autoencoder's: a pixel), or squared hinge, 0 or"
        " more.",
    ),
    Metric(
        "inertia",
        "min",
        needs="nothing",
        comparable_within=("k", "fit_on"),
        grows_with="images",
        help="Sum of squared distances to the nearest centre, 0 or more; falls as k grows.",
    ),
    Metric("mse", "min", needs="nothing", help="Mean squared error a pixel, 0 to 1."),
    Metric(
        "pca_mse",
        "min",
        needs="nothing",
        help="Mean squared error a pixel of as many principal components as a code has, 0 to 1.",
    ),
    Metric(
        "entropy_floor",
        "min",
        needs="nothing",
        test_only=True,
        help="Entropy of the pixels in nats an image, 0 or more; no VAE's loss is lower.",
    ),
    Metric(
        "kl",
        "min",
        needs="nothing",
        help="Divergence of the codes from the prior in nats an image, 0 or more.",
    ),
    Metric(
        "bic",
        "min",
        needs="nothing",
        worst=FAR,
        grows_with="images",
        help="Bayesian information criterion of the fitted images in nats, without bound.",
    ),
    Metric(
        "aic",
        "min",
        needs="nothing",
        worst=FAR,
        grows_with="images",
        help="Akaike's information criterion of the fitted images in nats, without bound.",
    ),
    Metric(
        "davies_bouldin",
        "min",
        needs="nothing",
        worst=FAR,
        help="Spread of clusters over the distance between them, 0 or more; without noise.",
    ),
    Metric(
        "noise_fraction",
        "min",
        needs="nothing",
        worst=1.0,
        help="Share of images that are in no cluster, 0 to 1.",
    ),
    Metric(
        "clusters",
        "min",
        needs="nothing",
        alone=False,
        whole=True,
        help="Number of clusters that occur, 0 or more; noise is none.",
    ),
    Metric(
        "eps",
        "min",
        needs="nothing",
        alone=False,
        help="Radius of a neighbourhood in units of the features, above 0.",
    ),
    Metric(
        "parameters",
        "min",
        needs="nothing",
        whole=True,
        help="Number of a network's weights, 1 or more.",
    ),
)
METRICS: dict[str, Metric] = {row.name: row for row in _ROWS}
"""The metrics that may be objectives, and what is known of each, by name."""


def row_of(name: str) -> Metric:
    """The row of a metric; of one that is not registered a row that says nothing but its name."""
    return METRICS.get(name) or Metric(name, "min", help="Not registered.")


def mode_of(name: str) -> Mode:
    """Where a metric is better; a `UserError` if it is not registered."""
    if name not in METRICS:
        raise UserError(
            f"metric {name!r} has no registered direction, allowed: {', '.join(METRICS)}"
            f"{nearest(name, METRICS)}"
        )
    return METRICS[name].mode


def worst_of(name: str) -> float:
    """What a degenerate clustering is given; a `ValueError` where it keeps its value."""
    worst = METRICS[name].worst
    if worst is None:
        raise ValueError(f"no worst value of {name}")
    return worst
