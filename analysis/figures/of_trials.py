"""The kinds of figures over the trials of a search."""

from __future__ import annotations

from analysis.figures.base import Kind

TRIAL_KINDS: tuple[Kind, ...] = ()
