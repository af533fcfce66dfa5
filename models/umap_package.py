"""The package umap without TensorFlow."""

from __future__ import annotations

import sys
import warnings
from importlib import import_module
from types import ModuleType


def umap_package() -> ModuleType:
    """umap, without its part that would import TensorFlow, which a search's driver must not hold.

    Raises an `ImportError` where it is not installed.
    """
    part = "umap.parametric_umap"
    if "umap" not in sys.modules:
        sys.modules[part] = None  # type: ignore[assignment]  # its import fails then, for which umap provides
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                import_module("umap")
        finally:
            del sys.modules[part]
    return sys.modules["umap"]
