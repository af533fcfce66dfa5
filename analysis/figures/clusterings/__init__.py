"""Figures of clusterings."""
