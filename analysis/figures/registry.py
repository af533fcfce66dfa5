"""The kinds of figures. A new one is an import and a row of `FIGURES`; all that there is to know of
it stands in its own module.
"""

from __future__ import annotations

from collections.abc import Mapping

from hypersearch.analysis.figures.base import FigureKind
from hypersearch.analysis.figures.clusterings.clusters import CLUSTER_CONFUSION, CLUSTERS
from hypersearch.analysis.figures.clusterings.dbscan_grid import DBSCAN_GRID
from hypersearch.analysis.figures.clusterings.elbow import ELBOW
from hypersearch.analysis.figures.clusterings.scores_over_k import SCORES_OVER_K
from hypersearch.analysis.figures.models.classes import CONFUSION, PER_CLASS
from hypersearch.analysis.figures.models.curves import CURVES
from hypersearch.analysis.figures.models.embeddings import EMBEDDINGS
from hypersearch.analysis.figures.models.latent import FILM, LATENT
from hypersearch.analysis.figures.models.latent_comparison import LATENT_COMPARISON
from hypersearch.analysis.figures.models.mistakes import MISTAKES
from hypersearch.analysis.figures.models.reconstructions import DECODED_GRID, RECONSTRUCTIONS
from hypersearch.analysis.figures.search.history import HISTORY
from hypersearch.analysis.figures.search.importances import IMPORTANCES
from hypersearch.analysis.figures.search.intermediate import INTERMEDIATE
from hypersearch.analysis.figures.search.parallel_coordinates import PARALLEL_COORDINATES
from hypersearch.analysis.figures.search.rungs import RUNGS
from hypersearch.analysis.figures.search.slices import SLICES
from hypersearch.analysis.figures.search.timeline import TIMELINE

FIGURES: tuple[FigureKind, ...] = (
    HISTORY,
    RUNGS,
    INTERMEDIATE,
    IMPORTANCES,
    SLICES,
    PARALLEL_COORDINATES,
    TIMELINE,
    SCORES_OVER_K,
    DBSCAN_GRID,
    CURVES,
    CONFUSION,
    PER_CLASS,
    MISTAKES,
    RECONSTRUCTIONS,
    DECODED_GRID,
    LATENT,
    FILM,
    LATENT_COMPARISON,
    ELBOW,
    CLUSTERS,
    CLUSTER_CONFUSION,
    EMBEDDINGS,
)
"""In the order in which a report shows them, within each group."""

KINDS: Mapping[str, FigureKind] = {kind.name: kind for kind in FIGURES}
"""The same by name."""
