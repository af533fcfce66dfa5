"""Trials with several objectives: which of them no other one beats."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from hypersearch.models.pareto import fronts


def front_column(trials: pd.DataFrame, objectives: Mapping[str, str]) -> pd.Series[int]:
    """The front of each complete trial; missing for the others.

    `objectives` are metrics with "min" or "max".
    """
    column = pd.Series(pd.NA, index=trials.index, dtype="Int64")
    columns = [f"val.{metric}" for metric in objectives]
    if not set(columns) <= set(trials):
        return column
    signs = [-1.0 if mode == "max" else 1.0 for mode in objectives.values()]
    whole = (trials["state"] == "COMPLETE") & trials[columns].notna().all(axis=1)
    column[whole] = fronts(trials.loc[whole, columns].to_numpy(dtype=float) * signs)
    return column
