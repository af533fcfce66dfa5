"""The steps that make rows of rows: standardisation, principal components, UMAP and t-SNE.

Each is fitted on the first `n_train` of the rows that it is given. UMAP (arXiv 1802.03426) is kept
as plain arrays, not as a pickle: when other rows are to be placed, its graph is made again of the
rows that it was fitted on, which takes seconds, and where it had put them is put in. Shape
suffixes: n rows, d columns, k columns that are made.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hypersearch.clustering.features.feature_cache import Arrays
from hypersearch.clustering.features.feature_spec import FeatureStep
from hypersearch.models.api import Options
from hypersearch.models.compat.umap_package import umap_package
from hypersearch.models.errors import UserError
from hypersearch.models.text import counted

NEIGHBOURS = 20  # of each row, as N2D has it (arXiv 1908.05968); fewer where there are fewer rows
MIN_DIST = 0.0  # between rows that UMAP puts side by side: 0 packs clusters, as N2D has it
PERPLEXITY = 30.0  # of t-SNE, scikit-learn's
EVERY = 15.0  # seconds between two words on the progress
LONG = 5.0  # seconds from which a warning is worth a line

# Seconds of one core a thousand rows, for the warning alone: 48,000 rows of 10 columns to 10 take
# about four minutes.
PACE_COLUMN = 0.001  # of the graph, for each column that is given
PACE_PASS, PACE_MADE = 0.01, 0.0015  # of a pass, and of it for each column that is made
PACE_TSNE = 10.0

Transform = Callable[[Any], NDArray[np.float32]]


@dataclass(frozen=True)
class Standard:
    """Columns of mean 0 and deviation 1 among the training rows.

    A column that does not vary stays at 0.
    """

    mean_d: NDArray[np.float32]
    scale_d: NDArray[np.float32]

    def __call__(self, x_nd: Any) -> NDArray[np.float32]:
        """float32 (n, d)."""
        return np.asarray((x_nd - self.mean_d) / self.scale_d, dtype=np.float32)


@dataclass(frozen=True)
class Components:
    """The coordinates along the first principal components of the training rows."""

    mean_d: NDArray[np.float32]
    components_kd: NDArray[np.float32]

    def __call__(self, x_nd: Any) -> NDArray[np.float32]:
        """float32 (n, k)."""
        return np.asarray((x_nd - self.mean_d) @ self.components_kd.T, dtype=np.float32)


@dataclass(frozen=True)
class Umap:
    """Places rows among those that UMAP was fitted on.

    `fitted_nd`: these rows. `places_nk`: where UMAP has put them.
    """

    fitted_nd: NDArray[np.float32]
    places_nk: NDArray[np.float32]
    seed: int

    def __call__(self, x_nd: Any) -> NDArray[np.float32]:
        """float32 (n, k); of the very rows that it was fitted on, exactly where it has put them."""
        reducer = _reducer(self.places_nk.shape[1], len(self.fitted_nd), self.seed)
        reducer.transform_mode = "graph"
        _quietly(reducer.fit, self.fitted_nd)
        reducer.transform_mode, reducer.embedding_ = "embedding", np.array(self.places_nk)
        return np.asarray(_quietly(reducer.transform, x_nd), dtype=np.float32)


@dataclass(frozen=True)
class Tsne:
    """t-SNE has arranged what it was given; it can place nothing else."""

    def __call__(self, x_nd: Any) -> NDArray[np.float32]:
        """Raises a `UserError`."""
        raise UserError(
            "features: t-SNE cannot place images that it was not fitted with; take umap:2 or pca:2"
        )


@dataclass(frozen=True)
class FitTransform:
    """A kind of step.

    `fit` gives plain arrays, `rows` among them. `of` makes of these arrays what places other rows.
    """

    fit: Callable[[FeatureStep, Any, int, Options], Arrays]
    of: Callable[[FeatureStep, Any, int, int, Arrays], Transform]
    costly: bool  # worth keeping on disk
    package: str  # whose version shapes the result


def settings(step: FeatureStep) -> Mapping[str, Any]:
    """What else than the rows and the seed shapes a step."""
    fit = FITS[step.kind]
    own = {"umap": [NEIGHBOURS, MIN_DIST], "tsne": [PERPLEXITY]}.get(step.kind, [])
    return {"package": fit.package, "version": metadata.version(fit.package), "own": own}


def umap_seconds(n: int, columns: int, size: int, others: int = 0) -> float:
    """About how many seconds UMAP takes on one core.

    It is fitted on n rows of so many columns, makes `size` columns and then places `others`.
    """
    # the passes that UMAP chooses itself
    passes = 500 if n <= 10_000 else 200
    placing = 100 if others <= 10_000 else 30
    made, graph = PACE_PASS + PACE_MADE * size, PACE_COLUMN * columns
    return 12.0 + (n * (graph + passes * made) + others * (graph + placing * made)) / 1000


def _fit_standard(step: FeatureStep, x_nd: Any, n_train: int, options: Options) -> Arrays:
    mean_d = x_nd[:n_train].mean(axis=0, dtype=np.float64)
    scale_d = x_nd[:n_train].std(axis=0, dtype=np.float64)
    scale_d[scale_d < 1e-7] = 1.0
    placed = Standard(mean_d.astype(np.float32), scale_d.astype(np.float32))
    return {"rows": placed(x_nd), "mean": placed.mean_d, "scale": placed.scale_d}


def _fit_pca(step: FeatureStep, x_nd: Any, n_train: int, options: Options) -> Arrays:
    from sklearn.decomposition import PCA

    pca = PCA(step.size, random_state=options.seed).fit(x_nd[:n_train])
    placed = Components(pca.mean_.astype(np.float32), pca.components_.astype(np.float32))
    return {"rows": placed(x_nd), "mean": placed.mean_d, "components": placed.components_kd}


def _fit_umap(step: FeatureStep, x_nd: Any, n_train: int, options: Options) -> Arrays:
    fitted_n = fitted_rows(step, n_train, options.seed)
    others_n = np.setdiff1d(np.arange(len(x_nd)), fitted_n)
    places_nk = np.empty((len(x_nd), step.size), dtype=np.float32)
    expected = umap_seconds(len(fitted_n), x_nd.shape[1], step.size, len(others_n))
    with _progress_stream(step, len(fitted_n), expected, options.say) as heard:
        reducer = _reducer(step.size, len(fitted_n), options.seed, tqdm_kwds=heard.tqdm)
        places_nk[fitted_n] = _quietly(reducer.fit_transform, x_nd[fitted_n])
        if len(others_n):
            places_nk[others_n] = _quietly(reducer.transform, x_nd[others_n])
    return {"rows": places_nk}


def fitted_rows(step: FeatureStep, n_train: int, seed: int) -> NDArray[np.int64]:
    """The rows that a step is fitted on, int64 (n,), rising.

    All of the training rows, or as many as the step asks for.
    """
    if not 0 < step.rows < n_train:
        return np.arange(n_train)
    return np.sort(np.random.default_rng(seed).choice(n_train, step.rows, replace=False))


def _umap_of(step: FeatureStep, x_nd: Any, n_train: int, seed: int, arrays: Arrays) -> Umap:
    fitted_n = fitted_rows(step, n_train, seed)
    return Umap(np.ascontiguousarray(x_nd[fitted_n]), arrays["rows"][fitted_n], seed)


def _fit_tsne(step: FeatureStep, x_nd: Any, n_train: int, options: Options) -> Arrays:
    from sklearn.manifold import TSNE

    perplexity = min(PERPLEXITY, (len(x_nd) - 1) / 3)
    with _progress_stream(step, len(x_nd), PACE_TSNE * len(x_nd) / 1000, options.say):
        tsne = TSNE(
            step.size, perplexity=perplexity, random_state=options.seed, n_jobs=options.threads
        )
        return {"rows": tsne.fit_transform(x_nd).astype(np.float32)}


FITS: Mapping[str, FitTransform] = {
    "standard": FitTransform(
        _fit_standard,
        lambda step, x, n, seed, a: Standard(a["mean"], a["scale"]),
        costly=False,
        package="numpy",
    ),
    "pca": FitTransform(
        _fit_pca,
        lambda step, x, n, seed, a: Components(a["mean"], a["components"]),
        costly=True,
        package="scikit-learn",
    ),
    "umap": FitTransform(_fit_umap, _umap_of, costly=True, package="umap-learn"),
    "tsne": FitTransform(
        _fit_tsne, lambda step, x, n, seed, a: Tsne(), costly=True, package="scikit-learn"
    ),
}


# --- UMAP -----------------------------------------------------------------------------------------


def _reducer(size: int, n: int, seed: int, **settings: Any) -> Any:
    neighbours = min(NEIGHBOURS, n - 1)
    fixed = {"n_neighbors": neighbours, "min_dist": MIN_DIST, "random_state": seed, "n_jobs": 1}
    return umap_package().UMAP(n_components=size, **fixed, **settings)


def _quietly(work: Callable[[Any], Any], x_nd: Any) -> Any:
    """The result of the work on a copy of the rows, without its warnings.

    A copy, because numba takes no arrays that are read-only.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return work(np.array(x_nd, dtype=np.float32, order="C"))


class _progress_stream:  # noqa: N801  # a context manager, used as a function
    """Says how long a step will take, how far it is, and how long it took."""

    def __init__(
        self, step: FeatureStep, n: int, expected: float, say: Callable[[str], None]
    ) -> None:
        self._what, self._say, self._long = f"features: {step} of {n:,} rows", say, expected > LONG
        self._expected = expected
        self._began = self._spoken = time.monotonic()

    @property
    def tqdm(self) -> dict[str, Any]:
        """How tqdm tells us."""
        words = "{percentage:.0f} %, {remaining} to go"
        return {
            "file": self,
            "disable": not self._long,
            "bar_format": words,
            "mininterval": 1.0,
            "leave": False,
        }

    def __enter__(self) -> _progress_stream:
        if self._long:
            self._say(
                f"{self._what}: about {_time(self._expected)} on one core, once; it is kept for the"
                " next time"
            )
        return self

    def __exit__(self, *exception: object) -> None:
        if self._long and exception[0] is None:
            self._say(f"{self._what}: done in {_time(time.monotonic() - self._began)}")

    def write(self, text: str) -> None:
        """What tqdm prints; passed on now and then."""
        words = text.strip()
        if words and time.monotonic() - self._spoken > EVERY:
            self._spoken = time.monotonic()
            self._say(f"{self._what}: {words}")

    def flush(self) -> None:
        """As a file has it."""


def _time(seconds: float) -> str:
    if seconds < 90:
        return counted(round(seconds), "seconds")
    return counted(round(seconds / 60), "minutes")
