"""Figures of a study: numbers first (typed records), pictures second (matplotlib)."""

from collections.abc import Mapping

from analysis.figures.base import Kind, save
from analysis.figures.of_evidence import EVIDENCE_KINDS
from analysis.figures.of_trials import TRIAL_KINDS

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (*TRIAL_KINDS, *EVIDENCE_KINDS)}

__all__ = ["KINDS", "Kind", "save"]
