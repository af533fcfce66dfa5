"""Redirects what libraries print: to a log file while a study runs, or to nowhere."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console


class Interruptible(Protocol):
    """What a Ctrl-C marks."""

    interrupted: bool


@contextmanager
def interruptible(stop: Interruptible) -> Iterator[None]:
    """The first Ctrl-C ends the study in good order, the second at once.

    What has been recorded is kept either way.
    """

    def on_interrupt(number: int, frame: Any) -> None:
        if stop.interrupted:
            raise KeyboardInterrupt
        stop.interrupted = True

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def own_terminal(log: Path) -> Iterator[Console]:
    """Yield a console on standard output; file descriptors 1 and 2 lead to `log` meanwhile.

    The descriptors are turned and not `sys.stdout`, because Ray and TensorFlow also write from C++
    and from threads.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    saved = os.dup(1), os.dup(2)
    with log.open("ab") as sink, os.fdopen(os.dup(1), "w", encoding="utf-8") as terminal:
        os.dup2(sink.fileno(), 1)
        os.dup2(sink.fileno(), 2)
        try:
            yield Console(file=terminal, highlight=False)
        finally:
            _put_back(saved)


@contextmanager
def on_standard_error() -> Iterator[None]:
    """Redirect standard output to standard error.

    What remains for standard output is the result.
    """
    sys.stdout.flush()
    saved = os.dup(1)
    os.dup2(2, 1)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        sys.stdout.flush()
        os.dup2(saved, 1)
        os.close(saved)


@contextmanager
def muted() -> Iterator[None]:
    """Silence standard error.

    TensorFlow writes messages from C++ as it is loaded.
    """
    sys.stderr.flush()
    saved = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(saved, 2)
        os.close(saved)


def _put_back(saved: tuple[int, int]) -> None:
    for handler in logging.getLogger("ray").handlers:
        handler.flush()
    with suppress(OSError):  # the log may lie on a full disk
        sys.stdout.flush()
        sys.stderr.flush()
    for target, source in enumerate(saved, start=1):
        os.dup2(source, target)
        os.close(source)
