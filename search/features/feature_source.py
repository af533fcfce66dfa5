"""What a family that takes features is fitted on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypersearch.models.api import Encode, Options, Source, no_op
from hypersearch.models.errors import UserError
from hypersearch.search.config.settings import StudyConfig
from hypersearch.search.planned_search import Origin

if TYPE_CHECKING:
    pass


Call = Callable[..., Any]
"""Calls a function with arguments, perhaps on a worker, and gives what it gives."""


@dataclass(frozen=True)
class FeatureSource:
    """What a search is fitted on; nothing to be said for a family that takes no features."""

    features: str = ""
    source: Source | None = None

    @classmethod
    def from_origin(cls, folder: Path, features: str, origin: Origin) -> FeatureSource:
        """Of a study in `folder`, which has been given the network."""
        return cls(features, Source(place(folder, origin), origin.digest))

    @classmethod
    def of(cls, folder: Path, search: Mapping[str, Any]) -> FeatureSource:
        """As a study in `folder` has recorded it of one of its searches; a `UserError` if its
        network is lost.
        """
        features, source = str(search.get("features", "")), search.get("source")
        if source and not is_there(folder, Origin(**source)):
            where = place(folder, Origin(**source))
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
        """What a family that is fitted on this needs to know of a study; a full trial takes `limit`
        steps.
        """
        features = self.features or "raw"
        return Options(
            config.seed, config.cpus_per_trial, limit, features, self.source, encode, say
        )


def place(folder: Path, origin: Origin) -> Path:
    """Where a study keeps a network that makes features."""
    name = f"{origin.study}.{origin.family}.{origin.trial}.{origin.digest[:8]}"
    return folder.resolve() / "sources" / name.replace(":", "-")


def is_there(folder: Path, origin: Origin) -> bool:
    """True if a study's copy of a network is as it was."""
    return sums(place(folder, origin)) == origin.files


def sums(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file in a folder, by name; empty if there is no folder."""
    files = sorted(path for path in folder.glob("*") if path.is_file())
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
