"""The kinds of figures over what a model shows: its confusions, its images, its latent space."""

from __future__ import annotations

from analysis.figures.base import Kind

EVIDENCE_KINDS: tuple[Kind, ...] = ()
