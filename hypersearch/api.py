"""`hypersearch.run` and `hypersearch.load`: studies from Python or a notebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hypersearch.models.errors import UserError, unknown
from hypersearch.search.storage.study import Study, load

__all__ = ["load", "run"]


def run(target: str | Sequence[str], *, data: str | Path | None = None, **options: Any) -> Study:
    """Run a new study and return it, as `hypersearch run TARGET --dataset DATA ...` does.

    `target` is what the command takes, or a list of it: a family (`hypersearch list families`), a
    study file, or a family of one's own as "package.module:FAMILY". `data` is the name of a data
    set or the path of one. `options` are the other options of the command, with underscores, for
    example trials=20, time_budget="10m", space={"filters": "16..128"}.

    Progress is printed as in a terminal. An interrupted study is returned as far as it came.
    Raises `UserError` for a wrong setting (nothing has run then) and `WorkFailedError` if no trial
    finished a step.

    >>> study = run("toy", trials=3, name="first")  # doctest: +SKIP
    >>> study.trials["objective"].min()  # doctest: +SKIP
    """
    from hypersearch.search.engine.runner import run_study
    from hypersearch.search.planning.name_checks import configured

    targets = [target] if isinstance(target, str) else list(target)
    given = {**options, **_dataset(data, options)}
    _refuse_unknown(given)
    config = configured(targets, given)
    record, _ = run_study(config)
    record.check_outcome()
    return load(record.folder)


def _dataset(data: str | Path | None, options: Mapping[str, Any]) -> dict[str, str]:
    if data is None:
        return {}
    if "dataset" in options:
        raise UserError("data and dataset name the same setting; give one of them")
    return {"dataset": str(data)}


def _refuse_unknown(options: Mapping[str, Any]) -> None:
    from hypersearch.search.config.settings import RENAMED, SEARCH_KEYS, STUDY_KEYS

    allowed = [*STUDY_KEYS, *SEARCH_KEYS]
    earlier = {old for names in RENAMED.values() for old in names}
    for name in options:
        if name not in allowed and name not in earlier:
            raise unknown("option", name, allowed)
