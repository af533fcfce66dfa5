"""Data sets and the models fitted to them. Knows neither Ray nor Optuna."""
