"""`hypersearch doctor`: whether this machine can run a study."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy import create_engine, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from hypersearch.models.data.datasets import NAMES, Dataset, load_dataset, where
from hypersearch.models.errors import UserError
from hypersearch.models.text import counted, duration
from hypersearch.search.config.settings import StudyConfig, storage_url
from hypersearch.search.diagnostics.machine_checks import (
    PATIENCE,
    Check,
    Verdict,
    accelerators,
    cores,
    disk,
    memory,
    software,
)
from hypersearch.search.diagnostics.probe import probe
from hypersearch.search.families import FAMILIES, find
from hypersearch.search.planning.study_json import without_password

STYLES: dict[Verdict, str] = {"ok": "green", "note": "yellow", "problem": "bold red"}
IMAGES = 240  # of a named data set, on which each family is tried


def examine(
    out: Path,
    storage: str | None,
    data_dir: Path | None,
    targets: Sequence[str],
    trials: bool,
    verbose: bool,
    dataset: str = "digits",
    console: Console | None = None,
) -> int:
    """Print the table; 1 if any check is a problem, else 0. Creates nothing and downloads nothing.

    A step of each family is tried on a few images of `dataset`; a `UserError` if that cannot be
    read.
    """
    for target in targets:
        if ":" not in target and target not in FAMILIES:
            find(target)  # raises
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    where("fashion-mnist", data_dir)  # raises for a folder that is not there
    own = None if dataset in NAMES else load_dataset(dataset)
    step = partial(first_step, **images_of(dataset, own, data_dir))
    work: list[tuple[str, Callable[[], Iterable[Check]]]] = [
        ("software and machine", lambda: [*software(), cores(), memory(), disk(out)]),
        ("what Keras sees", accelerators),
        (
            "data and storage",
            lambda: [*data(data_dir, own), database(storage or storage_url(out), out)],
        ),
        *((f"a step of {t}", partial(step, t)) for t in targets or FAMILIES if trials),
    ]
    console = console or Console(highlight=False)
    checks: list[Check] = []
    with console.status("") as status:
        for words, check in work:
            status.update(f"looking at {words}")
            checks += check()
    show(checks, verbose, console)
    return int(any(check.verdict == "problem" for check in checks))


def data(data_dir: Path | None, own: Dataset | None = None) -> Iterator[Check]:
    """Where each named data set lies, and what the user's `own` holds."""
    for name in NAMES:
        found = where(name, data_dir)
        yield Check(name, found) if found else Check(name, "not found; would be downloaded", "note")
    if own:
        parts = (("training", own.x_train), ("validation", own.x_val), ("test", own.x_test))
        counts = ", ".join(f"{len(x_nhw):,} {part}" for part, x_nhw in parts)
        height, width = own.shape
        yield Check(own.name, f"{counts} images of {height}×{width}, {own.n_classes} classes")


def images_of(dataset: str, own: Dataset | None, data_dir: Path | None) -> dict[str, Any]:
    """The settings of the images on which a step of each family is tried."""
    if own:
        counts_c = np.bincount(np.concatenate([own.y_train, own.y_val]))
        few = max(
            IMAGES, 20 * own.n_classes, math.ceil(3 * counts_c.sum() / counts_c.min())
        )  # some of each class
        return {"dataset": dataset, "max_samples": min(int(counts_c.sum()), few)}
    return {
        "dataset": dataset if where(dataset, data_dir) else "digits",
        "data_dir": data_dir,
        "max_samples": IMAGES,
    }


def database(url: str, out: Path) -> Check:
    """Whether the storage opens, and how many searches it holds.

    One that is not there is not created.
    """
    try:
        return Check("storage", *_database(url, out))
    except UserError as error:
        return Check("storage", str(error), "problem")


def _database(url: str, out: Path) -> tuple[str, Verdict]:
    from hypersearch.search.optuna_storage.connection import open_storage

    file = _sqlite_file(url)
    if file and not file.exists():
        if file.parent.exists() or file.parent.absolute() == out.absolute():
            return f"{file} will be created", "ok"
        return f"{without_password(url)}: there is no folder {file.parent}", "problem"
    if _is_empty(url):
        return f"{without_password(url)} is reachable and empty", "ok"
    count = len(open_storage(url).get_all_studies())
    return f"{without_password(url)} is reachable, {counted(count, 'searches')}", "ok"


def _sqlite_file(url: str) -> Path | None:
    try:
        parts = make_url(url)
    except ArgumentError:
        return None
    named = parts.get_backend_name() == "sqlite" and parts.database not in (None, "", ":memory:")
    return Path(str(parts.database)) if named else None


def _is_empty(url: str) -> bool:
    """True if the database has no tables. False if it does not open: `open_storage` says why."""
    try:
        engine = create_engine(url)
        try:
            return not inspect(engine).get_table_names()
        finally:
            engine.dispose()
    except Exception:
        return False


def first_step(target: str, **images: Any) -> list[Check]:
    """One step of a family on the images of the settings `images`, in a separate process."""
    asked = {"name": "doctor", "searches": [{"family": target, "trials": 1}], **images}
    tried = probe(StudyConfig.model_validate(asked), limit=PATIENCE)
    what = f"trial {target}"
    if tried.failure:
        return [Check(what, tried.reason, "problem", tried.failure)]
    name = f"{tried.name or 'a proposal'} on {Path(images.get('dataset', 'digits')).name}"
    return [Check(what, f"{name}: one step in {duration(tried.start + tried.step, 'rough')}")]


def show(checks: Sequence[Check], verbose: bool, console: Console) -> None:
    """The table, a count, and with `verbose` the whole tracebacks."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("check", no_wrap=True)
    table.add_column("found", overflow="fold", ratio=1)
    table.add_column("verdict", no_wrap=True)
    for check in checks:
        table.add_row(
            Text(check.what), Text(check.found), Text(check.verdict, STYLES[check.verdict])
        )
    console.print(table)
    whole = [check for check in checks if check.whole]
    for check in whole if verbose else ():
        console.print(Text(f"\n{check.what}\n{check.whole.strip()}"), soft_wrap=True)
    count = {verdict: sum(check.verdict == verdict for check in checks) for verdict in STYLES}
    more = "; --verbose shows the whole traceback" if whole and not verbose else ""
    console.print(
        Text(f"\n{_several(count['problem'], 'problem')}, {_several(count['note'], 'note')}{more}")
    )


def _several(count: int, word: str) -> str:
    return f"{count or 'no'} {word}{'' if count == 1 else 's'}"
