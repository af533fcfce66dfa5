"""The study folder: journal, tables and checkpoints.

Written by the search, read by the analysis.
"""
