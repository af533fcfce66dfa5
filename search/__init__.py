"""Launching, scheduling and recording searches."""
