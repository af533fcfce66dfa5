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
    curves.KIND,
    classes.CONFUSION,
    classes.PER_CLASS,
    mistakes.KIND,
    reconstructions.RECONSTRUCTIONS,
    reconstructions.DECODED_GRID,
    latent.LATENT,
    latent.FILM,
    latent_comparison.KIND,
    elbow.KIND,
    clusters.CLUSTERS,
    clusters.CLUSTER_CONFUSION,
    embeddings.KIND,
)
"""The kinds of figures over the trials of a search, in the order in which a report shows them."""

TRIAL_KINDS: tuple[FigureKind, ...] = (
    history.KIND,
    rungs.KIND,
    intermediate.KIND,
    importances.KIND,
    slices.KIND,
    parallel_coordinates.KIND,
    timeline.KIND,
    scores_over_k.KIND,
    dbscan_grid.KIND,
)
