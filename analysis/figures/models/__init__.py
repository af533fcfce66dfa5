"""Figures of a fitted model."""
