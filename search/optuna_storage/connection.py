"""Opening an Optuna storage, and the studies that are in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from optuna.storages import RDBStorage

from hypersearch.models.errors import UserError

# and what else SQLAlchemy has a driver for
STORAGES = "sqlite:///FILE, postgresql+psycopg://USER@HOST/DATABASE"


def open_storage(url: str) -> RDBStorage:
    """The Optuna storage at a database URL; a `UserError` if it cannot be opened."""
    shown = re.sub(r"(://[^:/@]*:).*@", r"\1***@", url)
    if "password=" in url:
        raise UserError(
            "--storage: write the password as user:password@host, or leave it to PGPASSWORD"
        )
    try:
        return RDBStorage(url)
    except ImportError as error:
        raise UserError(
            f"cannot open --storage {shown}: its driver is not installed; for PostgreSQL, "
            "pip install 'hypersearch[postgresql]' and write postgresql+psycopg://…"
        ) from error
    except Exception as error:
        if url.count("@") > 1:
            raise UserError(
                f"cannot open --storage {shown}: write @ : / % of the password as %40 %3A %2F %25"
            ) from error
        raise UserError(
            f"cannot open --storage {shown}: {str(error).splitlines()[0]}; allowed: {STORAGES}"
        ) from error


@contextmanager
def storage_at(url: str) -> Iterator[RDBStorage]:
    """The storage, and at the end its connections closed."""
    storage = open_storage(url)
    try:
        yield storage
    finally:
        storage.remove_session()
        storage.engine.dispose()


def refuse_existing(storage: RDBStorage, study_names: Sequence[str]) -> None:
    """Raise a `UserError` if one of the studies is in the storage already: two searches never
    merge.
    """
    taken = {study.study_name for study in storage.get_all_studies()}
    for name in study_names:
        if name in taken:
            raise UserError(f"study {name!r} exists already in the storage; choose another --name")


def names_in(storage: RDBStorage) -> set[str]:
    """Names of the studies that have searches in the storage; the folders of some may be gone."""
    return {study.study_name.rpartition("/")[0] for study in storage.get_all_studies()}
