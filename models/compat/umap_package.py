"""The package umap without TensorFlow, and with what numba compiles of it kept on disk."""

from __future__ import annotations

import sys
import warnings
from contextlib import suppress
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
        _keep_compiled()
    return sys.modules["umap"]


def _keep_compiled() -> None:
    """Let numba keep what it compiles of umap beside it, or in the user's cache: else each process
    compiles for 14 s.

    pynndescent keeps most of its own already; the rest of it takes functions as arguments, which
    cannot be kept.
    """
    from numba.core.dispatcher import Dispatcher

    for name, module in list(sys.modules.items()):
        for made in vars(module).values() if module and name.startswith("umap.") else ():
            if isinstance(made, Dispatcher):
                with suppress(RuntimeError):  # there is no folder that can be written
                    made.enable_caching()
