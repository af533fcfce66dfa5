"""`hypersearch clean`: removes what a study no longer needs, a whole study, or the features in the cache."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy.engine import make_url

from analysis.tables import Study, load_all
from clustering import stored
from models.api import counted
from models.errors import UserError
from search.mirror import storage_at
from search.record import held
from search.resume import recorded_storage

NEEDED_BY_RESUME = ("checkpoints", "logs/tune")  # in a study folder


def clean(
    out: Path, names: Sequence[str], whole: bool = False, features: bool = False, storage: str | None = None
) -> Iterator[str]:
    """Remove, and say in a line each what was and how much room it took.

    Of each study in `out` what only a resume needs, or with `whole` the study and its trials in the storage (`storage`:
    its URL, where the recorded one lacks a password). `features`: the features in the user's cache. A `UserError` if
    there is nothing to do, a study is not there, or one is being run.
    """
    if not names and not features:
        raise UserError("nothing to clean: name a study, or give --features for the features in the user's cache")
    if whole and not names:
        raise UserError("--all needs the name of a study; --features alone removes the features in the user's cache")
    for study in load_all(out, names) if names else ():
        yield _remove_study(study, out, storage) if whole else _remove_parts(study)
    if features:
        yield _remove_features()


def _remove_parts(study: Study) -> str:
    parts = [study.folder / part for part in NEEDED_BY_RESUME]
    with held(study.folder):
        freed = sum(size(part) for part in parts)
        for part in parts:
            shutil.rmtree(part, ignore_errors=True)
    return f"{study.name}: {in_words(freed)} freed, its checkpoints and Ray's logs; --all removes the study"


def _remove_study(study: Study, out: Path, storage: str | None) -> str:
    with held(study.folder):
        freed = size(study.folder)
        searches = _forget(study, storage or recorded_storage(study.facts, out))
        shutil.rmtree(study.folder)
    stored = f", and {counted(searches, 'searches')} in the storage" if searches else ""
    return f"{study.name}: {in_words(freed)} freed, its folder{stored}"


def _forget(study: Study, url: str) -> int:
    """Remove the searches of a study from the storage; how many were there. A SQLite file is not made for that."""
    path = make_url(url).database
    if url.startswith("sqlite:") and not Path(str(path)).is_file():
        return 0
    ours = {f"{study.name}/{search['family']}" for search in study.facts["searches"]}
    with storage_at(url) as there:
        found = [each for each in there.get_all_studies() if each.study_name in ours]
        for each in found:
            there.delete_study(each._study_id)
    return len(found)


def _remove_features() -> str:
    folder = stored.folder()
    freed, entries = size(folder), len(list(folder.glob("*.npz")))
    shutil.rmtree(folder, ignore_errors=True)
    return f"features: {in_words(freed)} freed, {counted(entries, 'files')} in {folder}"


def size(path: Path) -> int:
    """Bytes of the files in a folder; 0 if there is none."""
    return sum(each.stat().st_size for each in path.rglob("*") if each.is_file())


def in_words(count: int) -> str:
    """Bytes for people.

    >>> in_words(999), in_words(1_234_567)
    ('999 bytes', '1.2 MB')
    """
    for unit, power in (("GB", 9), ("MB", 6), ("kB", 3)):
        if count >= 10**power:
            return f"{count / 10**power:.1f} {unit}"
    return counted(count, "bytes")
