"""Figures of a study: numbers first (typed records), pictures second (matplotlib)."""

from hypersearch.analysis.figures.base import FigureKind, save
from hypersearch.analysis.figures.registry import KINDS

__all__ = ["KINDS", "FigureKind", "save"]
