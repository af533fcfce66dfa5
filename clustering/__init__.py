"""Clusterings and their scores."""
