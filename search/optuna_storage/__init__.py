"""The copy of a study in an Optuna storage, written through Optuna's public interface."""
