"""`hypersearch clean`: removes checkpoints, whole studies, or the features in the cache."""

from __future__ import annotations

import shutil
from collections.abc import Container, Iterable, Iterator, Sequence
from pathlib import Path

from sqlalchemy.engine import make_url

from hypersearch.clustering.features import feature_cache
from hypersearch.models.errors import UserError
from hypersearch.models.text import counted
from hypersearch.search.config.settings import storage_url
from hypersearch.search.features.feature_source import is_exported
from hypersearch.search.optuna_storage.connection import storage_at
from hypersearch.search.planned_search import Origin
from hypersearch.search.planning.feature_dependencies import source_family
from hypersearch.search.planning.resume import own_storage, recorded_storage
from hypersearch.search.planning.study_json import without_password
from hypersearch.search.storage import checkpoints
from hypersearch.search.storage.record import locked
from hypersearch.search.storage.study import Study, load_all


def clean(
    out: Path,
    names: Sequence[str],
    whole: bool = False,
    features: bool = False,
    storage: str | None = None,
) -> Iterator[str]:
    """Remove, and say in a line each what was and how much room it took.

    Of each study in `out` what only a resume needs, or with `whole` the study and its trials in the
    storage (`storage`: its URL, where the recorded one lacks a password). `features`: the features
    in the user's cache. A `UserError` if there is nothing to do, a study is not there, or one is
    being run.
    """
    if not names and not features:
        raise UserError(
            "nothing to clean: name a study, or give --features for the features in the user's"
            " cache"
        )
    if whole and not names:
        raise UserError(
            "--all needs the name of a study; --features alone removes the features in the user's"
            " cache"
        )
    for study in load_all(out, list(dict.fromkeys(names))) if names else ():
        line = _remove_study(study, out, storage) if whole else _remove_checkpoints(study)
        yield f"{study.folder.name}: {line}"
    if features:
        yield f"features: {_remove_features()}"


def _remove_checkpoints(study: Study) -> str:
    with locked(study.folder):
        needed = still_needed(study)
        parts = [*_checkpoints(study.folder, needed), study.folder / "logs" / "tune"]
        freed = sum(size(part) for part in parts)
        for part in parts:
            shutil.rmtree(part, ignore_errors=True)
    spared = [
        f"; those of {family} stay for {' and '.join(takers)}" for family, takers in needed.items()
    ]
    return (
        f"{format_bytes(freed)} freed, its checkpoints and Ray's logs{''.join(spared)}; "
        "--all removes the study"
    )


def still_needed(study: Study) -> dict[str, list[str]]:
    """By family, the searches that still need its networks.

    A network is exported to `sources/` when a search that takes it begins; until then its
    checkpoint is needed.

    A network is exported from its checkpoint to `sources/` when a search that takes it begins.
    """
    needed: dict[str, list[str]] = {}
    for search in study.facts["searches"]:
        network, origin = source_family(search.get("features", "")), search.get("source")
        if network and not (origin and is_exported(study.folder, Origin(**origin))):
            needed.setdefault(network, []).append(search["family"])
    return needed


def _checkpoints(folder: Path, spared: Iterable[str]) -> list[Path]:
    """The folders of checkpoints, but for those of the families `spared`."""
    root = folder / "checkpoints"
    kept = {checkpoints.home(root, family, 0).parent for family in spared}
    return [path for path in root.glob("*") if path not in kept] if kept else [root]


def _remove_study(study: Study, out: Path, storage: str | None) -> str:
    with locked(study.folder):
        freed = size(study.folder)
        in_storage = _forget(study, out, storage)
        shutil.rmtree(study.folder)
    return f"{format_bytes(freed)} freed, its folder{in_storage}"


def _forget(study: Study, out: Path, given: str | None) -> str:
    """Remove the searches of a study from the storage if they are its own; words for it."""
    recorded = recorded_storage(study.facts, out)
    url = given or recorded
    if without_password(url) != without_password(recorded):
        return (
            "; the storage is left as it is: the study's trials are in"
            f" {without_password(recorded)}"
        )
    if not _own(study, url, out):
        ran_in = study.facts.get("folder", "another folder")
        return (
            f"; the storage is left as it is: the study was run in {ran_in}, of which this may be a"
            " copy"
        )
    searches = _delete(
        {f"{study.name}/{search['family']}" for search in study.facts["searches"]}, url
    )
    return f", and {counted(searches, 'searches')} in the storage" if searches else ""


def _own(study: Study, url: str, out: Path) -> bool:
    """True if the searches stored at `url` under the study's name belong to this folder.

    So it is where the study lies in the very folder in which it was run, and where the storage is
    the file beside it, which goes with it wherever it is moved or copied.
    """
    beside = own_storage(study.facts) is None and url == storage_url(out)
    in_place = study.facts.get("folder") == str(study.folder.resolve())
    return study.folder.name == study.name and (beside or in_place)


def _delete(names: Container[str], url: str) -> int:
    """Remove Optuna studies from a storage; how many were there.

    A SQLite file is not made for that.
    """
    path = make_url(url).database
    if url.startswith("sqlite:") and not Path(str(path)).is_file():
        return 0
    with storage_at(url) as there:
        found = [each.study_name for each in there.get_all_studies() if each.study_name in names]
        for name in found:
            there.delete_study(there.get_study_id_from_name(name))
    return len(found)


def _remove_features() -> str:
    folder = feature_cache.folder()
    freed, entries = size(folder), len(list(folder.glob("*.npz")))
    shutil.rmtree(folder, ignore_errors=True)
    return f"{format_bytes(freed)} freed, {counted(entries, 'files')} in {folder}"


def size(path: Path) -> int:
    """Bytes of the files in a folder; 0 if there is none."""
    return sum(each.stat().st_size for each in path.rglob("*") if each.is_file())


def format_bytes(count: int) -> str:
    """Bytes for people.

    >>> format_bytes(999), format_bytes(1_234_567)
    ('999 bytes', '1.2 MB')
    """
    for unit, power in (("GB", 9), ("MB", 6), ("kB", 3)):
        if count >= 10**power:
            return f"{count / 10**power:.1f} {unit}"
    return counted(count, "bytes")
