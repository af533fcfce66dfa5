"""Trials to tables and pictures."""

from analysis.tables import Study, load

__all__ = ["Study", "load"]
