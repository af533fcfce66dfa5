"""Experiment trackers that get a copy of each trial."""
