"""The trials in an Optuna storage, for optuna-dashboard and Optuna's own tools."""
