"""Proposals: Optuna samplers behind Ray Tune's searcher interface, one registry row a searcher."""
