"""The kinds of figures over what a model shows: its confusions, its images, its latent space."""

from __future__ import annotations

from analysis.figures import beside, classes, clusters, curves, elbow, embeddings, latent, mistakes, reconstructions
from analysis.figures.base import Kind

EVIDENCE_KINDS: tuple[Kind, ...] = (
    curves.KIND,
    classes.CONFUSION,
    classes.PER_CLASS,
    mistakes.KIND,
    reconstructions.RECONSTRUCTIONS,
    reconstructions.DECODED_GRID,
    latent.LATENT,
    latent.FILM,
    beside.KIND,
    elbow.KIND,
    clusters.CLUSTERS,
    clusters.CLUSTER_CONFUSION,
    embeddings.KIND,
)
