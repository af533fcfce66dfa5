"""Figures over the trials of a search."""
