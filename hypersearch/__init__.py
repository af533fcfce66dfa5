"""Hyperparameter search over networks, forests and clusterings.

The public names below are loaded when they are first used, so that `import hypersearch` is quick
and imports neither Keras nor Ray.

>>> import hypersearch
>>> study = hypersearch.load("runs/quick")  # doctest: +SKIP
>>> study.best  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hypersearch.api import run
    from hypersearch.clustering.centroids.curve import KMeansFit, kmeans_curve
    from hypersearch.clustering.density_based.grid import dbscan_grid
    from hypersearch.models.api import (
        Baseline,
        Choice,
        Evaluation,
        Family,
        Float,
        Int,
        Options,
        Run,
    )
    from hypersearch.models.data.datasets import Dataset, load_dataset
    from hypersearch.models.errors import UserError, WorkFailedError
    from hypersearch.models.families.random_forest import ForestPoint, forest_curve
    from hypersearch.search.storage.study import Study, load

_PLACES = {
    "hypersearch.api": ("load", "run"),
    "hypersearch.clustering.centroids.curve": ("KMeansFit", "kmeans_curve"),
    "hypersearch.clustering.density_based.grid": ("dbscan_grid",),
    "hypersearch.models.api": (
        *("Baseline", "Choice", "Evaluation", "Family", "Float", "Int", "Options", "Run"),
    ),
    "hypersearch.models.data.datasets": ("Dataset", "load_dataset"),
    "hypersearch.models.errors": ("UserError", "WorkFailedError"),
    "hypersearch.models.families.random_forest": ("ForestPoint", "forest_curve"),
    "hypersearch.search.storage.study": ("Study",),
}
_MODULE_OF = {name: module for module, names in _PLACES.items() for name in names}

__all__ = [
    "Baseline",
    "Choice",
    "Dataset",
    "Evaluation",
    "Family",
    "Float",
    "ForestPoint",
    "Int",
    "KMeansFit",
    "Options",
    "Run",
    "Study",
    "UserError",
    "WorkFailedError",
    "__version__",
    "dbscan_grid",
    "forest_curve",
    "kmeans_curve",
    "load",
    "load_dataset",
    "run",
]


def _version() -> str:
    try:
        return version("hypersearch")
    except PackageNotFoundError:  # a copy of the code on a node of a cluster
        return "unknown"


def __getattr__(name: str) -> Any:
    if name == "__version__":
        value: Any = _version()
    elif name in _MODULE_OF:
        value = getattr(import_module(_MODULE_OF[name]), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
