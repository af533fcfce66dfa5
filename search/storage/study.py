"""From a study folder to tables. Reads files only: no Ray, no Optuna, no model.

>>> study = load("runs/quick")  # doctest: +SKIP
>>> study.trials.sort_values("objective")  # doctest: +SKIP
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from hypersearch.models.api import TRIAL_COLUMNS
from hypersearch.models.errors import UserError, nearest

BOOLEANS = {"True": True, "False": False}
WHOLE = re.compile(r"-?(0|[1-9]\d{0,307})", re.ASCII)
REAL = re.compile(r"-?(\d+\.\d*|\.\d+|\d+(?=e))(e[+-]?\d+)?", re.ASCII)


@dataclass(frozen=True)
class Study:
    """One study as it lies on disk.

    trials: a row for each ended trial; `TRIAL_COLUMNS`, then `param.*` (typed values, missing where
    a parameter does not apply), `val.*` and, once confirmed, `test.*`. history: a row for each
    trial and step.
    """

    name: str
    folder: Path
    facts: dict[str, Any]  # study.json
    trials: pd.DataFrame
    history: pd.DataFrame

    @property
    def best(self) -> pd.DataFrame:
        """The best complete trial of each search: a row each, as in `trials`, in the searches'
        order.

        By the search's objective, the first if it has several; of equal ones the earlier trial.
        No row for a search without a complete trial.
        """
        first = [_first(self.trials, search) for search in self.facts["searches"]]
        table: pd.DataFrame = concat_trials(first).reindex(columns=self.trials.columns)
        return table

    def search(self, family: str) -> dict[str, Any]:
        """What study.json says of the search of `family`."""
        return next(search for search in self.facts["searches"] if search["family"] == family)


def _first(trials: pd.DataFrame, search: Mapping[str, Any]) -> pd.DataFrame:
    complete = trials[(trials["family"] == search["family"]) & (trials["state"] == "COMPLETE")]
    rising = [search["mode"] == "min", True]
    best: pd.DataFrame = complete.sort_values(["objective", "trial"], ascending=rising).head(1)
    return best


def load(folder: str | Path) -> Study:
    """Read a study folder; a `UserError` if it is none."""
    folder = Path(folder)
    if not folder.exists():
        raise _unknown(folder.name, folder.parent, _study_folders(folder.parent))
    try:
        facts = json.loads((folder / "study.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{folder} is not a study folder: {error}") from error
    if not isinstance(facts, dict) or not {"name", "searches", "dataset", "started"} <= set(facts):
        raise UserError(
            f"{folder} is not a study folder: its study.json lacks name, searches, dataset or"
            " started"
        )
    trials = _table(folder / "trials.csv", TRIAL_COLUMNS)
    history = _table(folder / "history.csv", ())
    return Study(facts["name"], folder, upgraded(facts), trials, history)


def upgraded(facts: dict[str, Any]) -> dict[str, Any]:
    """A study.json of an earlier version, its settings under the names they have now."""
    config = _renamed(facts.get("config", {}), {"limit": "max_samples"})
    searches = [_renamed(each, {"until": "resource_parameter"}) for each in facts["searches"]]
    return {**facts, "searches": searches, **({"config": config} if "config" in facts else {})}


def _renamed(settings: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names.get(key, key): value for key, value in settings.items()}


def load_all(out: Path, names: Sequence[str] = ()) -> list[Study]:
    """The named studies in `out`, or all, oldest first; a `UserError` for an unknown name."""
    studies = [load(folder) for folder in folders(out, names)]
    return studies if names else sorted(studies, key=lambda study: str(study.facts["started"]))


def folders(out: Path, names: Sequence[str] = ()) -> list[Path]:
    """The folders of the named studies in `out`, or of all; a `UserError` for an unknown name."""
    known = _study_folders(out)
    for name in names:
        if name not in known:
            raise _unknown(name, out, known)
    return [known[name] for name in names or known]


def _study_folders(out: Path) -> dict[str, Path]:
    return {path.parent.name: path.parent for path in sorted(out.glob("*/study.json"))}


def _unknown(name: str, out: Path, known: Iterable[str]) -> UserError:
    names = ", ".join(known) or "none yet"
    return UserError(f"unknown study {name!r} in {out}, there are: {names}{nearest(name, known)}")


def concat_trials(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Several tables of trials in one."""
    filled = [table for table in tables if len(table)]
    return (
        pd.concat(filled, ignore_index=True)
        if filled
        else pd.DataFrame(columns=list(TRIAL_COLUMNS))
    )


def is_missing(value: Any) -> bool:
    """True for None, NA and NaN."""
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))


def _table(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    if not path.exists():
        return pd.DataFrame(columns=list(columns))
    table = pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])
    for column in table.columns:
        if column.startswith("param."):
            table[column] = pd.Series(
                [_typed(text) for text in table[column]], index=table.index, dtype=object
            )
        elif column in ("study", "family", "name", "state"):
            table[column] = table[column].fillna("").astype(str)
        else:
            table[column] = pd.to_numeric(table[column].mask(table[column] == "nan"))
    return table.copy()  # in one piece: pandas warns of many columns that were replaced one by one


def _typed(text: Any) -> Any:
    """The value that was written as `text`; NaN if missing.

    '3' is 3, 'True' is True, 'sqrt' is 'sqrt', 'None' stays the word.
    """
    if not isinstance(text, str):
        return text
    if WHOLE.fullmatch(text):
        return int(text)
    if REAL.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    return BOOLEANS.get(text, text)
