"""Figures of a study: numbers first (typed records), pictures second (matplotlib)."""

from collections.abc import Mapping

from hypersearch.analysis.figures.base import FigureKind, save
from hypersearch.analysis.figures.registry import EVIDENCE_KINDS, TRIAL_KINDS

KINDS: Mapping[str, FigureKind] = {kind.name: kind for kind in (*TRIAL_KINDS, *EVIDENCE_KINDS)}

__all__ = ["KINDS", "Kind", "save"]
