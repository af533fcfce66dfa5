"""Trials as Optuna keeps them, and what its samplers write down beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import optuna
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState

from hypersearch.models.api import Config, Space
from hypersearch.search.space.proposals import is_searched, propose
from hypersearch.search.storage.trial import Trial

STATES = {
    "RUNNING": TrialState.RUNNING,
    "COMPLETE": TrialState.COMPLETE,
    "PRUNED": TrialState.PRUNED,
    "FAIL": TrialState.FAIL,
}


def frozen(trial: Trial, space: Space, metrics: Sequence[str], **attrs: Any) -> FrozenTrial:
    """The trial as Optuna keeps it, with user attributes; its parameters only if `space` can
    propose them.
    """
    fixed = distributions(space, trial.params) if is_searched(space, trial.params) else {}
    state = STATES[trial.state]
    valued = state == TrialState.COMPLETE or (
        state == TrialState.PRUNED and trial.steps and len(metrics) == 1
    )
    values = [trial.metrics[metric] for metric in metrics] if valued else None
    curve = {step.resource: step.objective for step in trial.steps} if len(metrics) == 1 else {}
    return optuna.trial.create_trial(
        state=state,
        values=values,
        params={name: trial.params[name] for name in fixed},
        distributions=fixed,
        intermediate_values=curve,
        user_attrs=attrs,
        system_attrs=trial.attrs.get("trial", {}),
    )


def distributions(space: Space, config: Config) -> dict[str, optuna.distributions.BaseDistribution]:
    """Of each parameter that a search of `space` asks for on its way to `config`."""
    fixed = optuna.trial.FixedTrial(dict(config))
    propose(space, fixed)
    return dict(fixed.distributions)


def notes(storage: BaseStorage, study_id: int, trial_id: int) -> dict[str, Any]:
    """What a sampler wrote down for its next proposals (which Sobol point, which generation);
    TPE needs nothing.
    """
    written = {
        "trial": storage.get_trial_system_attrs(trial_id),
        "study": storage.get_study_system_attrs(study_id),
    }
    kept = {
        where: {
            k: value for k, value in attrs.items() if not k.startswith(("tpe:", "fixed_params"))
        }
        for where, attrs in written.items()
    }
    return {where: attrs for where, attrs in kept.items() if attrs}


def recall(storage: BaseStorage, study_id: int, trial: Trial, frozen_trial: FrozenTrial) -> int:
    """Put a trial of an earlier run into a storage, with its `notes`; its id there."""
    for key, value in trial.attrs.get("study", {}).items():
        storage.set_study_system_attr(study_id, key, value)
    return int(storage.create_new_trial(study_id, frozen_trial))
