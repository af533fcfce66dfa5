"""What a family that takes features is fitted on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypersearch.models.api import Encode, Options, Source, no_op
from hypersearch.models.errors import UserError
from hypersearch.search.config.settings import StudyConfig
from hypersearch.search.planned_search import Origin

Call = Callable[..., Any]
"""Calls a function with arguments, perhaps on a worker, and gives what it gives."""


@dataclass(frozen=True)
class FeatureSource:
    """What a search is fitted on; empty for a family that takes no features."""

    features: str = ""
    source: Source | None = None

    @classmethod
    def from_origin(cls, folder: Path, features: str, origin: Origin) -> FeatureSource:
        """Of a study in `folder`, which has been given the network."""
        return cls(features, Source(export_folder(folder, origin), origin.digest))

    @classmethod
    def of(cls, folder: Path, search: Mapping[str, Any]) -> FeatureSource:
        """As recorded for a search of the study in `folder`.

        Raises a `UserError` if its network is lost.
        """
        features, source = str(search.get("features", "")), search.get("source")
        if source and not is_exported(folder, Origin(**source)):
            where = export_folder(folder, Origin(**source))
            raise UserError(
                f"{where} is not the network that made the features; hypersearch resume brings it"
                " back"
            )
        return cls.from_origin(folder, features, Origin(**source)) if source else cls(features)

    def options(
        self,
        config: StudyConfig,
        limit: int,
        encode: Encode | None = None,
        say: Callable[[str], None] = no_op,
    ) -> Options:
        """The options that a family's `prepare` gets; a full trial takes `limit` steps."""
        features = self.features or "raw"
        return Options(
            config.seed, config.cpus_per_trial, limit, features, self.source, encode, say
        )


def export_folder(folder: Path, origin: Origin) -> Path:
    """Where a study keeps a network that makes features."""
    name = f"{origin.study}.{origin.family}.{origin.trial}.{origin.digest[:8]}"
    return folder.resolve() / "sources" / name.replace(":", "-")


def is_exported(folder: Path, origin: Origin) -> bool:
    """True if a study's copy of a network is as it was."""
    return file_digests(export_folder(folder, origin)) == origin.files


def file_digests(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file in a folder, by name; empty if there is no folder."""
    files = sorted(path for path in folder.glob("*") if path.is_file())
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
