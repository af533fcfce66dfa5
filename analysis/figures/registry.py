"""The kinds of figures over what a model shows: its confusions, its images, its latent space."""

from __future__ import annotations

from hypersearch.analysis.figures.base import FigureKind
from hypersearch.analysis.figures.clusterings import clusters, dbscan_grid, elbow, scores_over_k
from hypersearch.analysis.figures.models import (
    classes,
    curves,
    embeddings,
    latent,
    latent_comparison,
    mistakes,
    reconstructions,
)
from hypersearch.analysis.figures.search import (
    history,
    importances,
    intermediate,
    parallel_coordinates,
    rungs,
    slices,
    timeline,
)

EVIDENCE_KINDS: tuple[FigureKind, ...] = (
    curves.CURVES,
    classes.CONFUSION,
    classes.PER_CLASS,
    mistakes.MISTAKES,
    reconstructions.RECONSTRUCTIONS,
    reconstructions.DECODED_GRID,
    latent.LATENT,
    latent.FILM,
    latent_comparison.LATENT_COMPARISON,
    elbow.ELBOW,
    clusters.CLUSTERS,
    clusters.CLUSTER_CONFUSION,
    embeddings.EMBEDDINGS,
)
"""The kinds of figures over the trials of a search, in the order in which a report shows them."""

TRIAL_KINDS: tuple[FigureKind, ...] = (
    history.HISTORY,
    rungs.RUNGS,
    intermediate.INTERMEDIATE,
    importances.IMPORTANCES,
    slices.SLICES,
    parallel_coordinates.PARALLEL_COORDINATES,
    timeline.TIMELINE,
    scores_over_k.SCORES_OVER_K,
    dbscan_grid.DBSCAN_GRID,
)
