"""Downloads the files of a named data set into a folder.

A file is checked first and then moved into place as a whole.
"""

from __future__ import annotations

import gzip
import hashlib
import sys
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hypersearch.models.errors import UserError
from hypersearch.models.files import write_beside

if TYPE_CHECKING:
    import requests


@dataclass(frozen=True)
class Remote:
    """A published file: its name without `.gz`, and size and hexadecimal SHA-256 once unpacked.

    The packed bytes are not checked: mirrors pack anew, and what is read is the content.
    """

    stem: str
    size: int
    sha256: str


FASHION_MNIST = (
    Remote(
        "train-images-idx3-ubyte",
        47_040_016,
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    ),
    Remote(
        "train-labels-idx1-ubyte",
        60_008,
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    ),
    Remote(
        "t10k-images-idx3-ubyte",
        7_840_016,
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    ),
    Remote(
        "t10k-labels-idx1-ubyte",
        10_008,
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    ),
)
"""The files of Fashion-MNIST, in the order of `hypersearch.models.data.idx.STEMS`."""

BASES = (
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
)
"""Where Fashion-MNIST is served, tried in this order. The digests make plain HTTP safe."""

_CHUNK = 2**16
_TIMEOUT = (2.0, 15.0)  # seconds to connect, and between bytes


class _RefusedError(Exception):
    """What a server sent is not the published file."""


def fetch_all(
    remotes: Sequence[Remote], folder: Path, bases: Sequence[str] = BASES
) -> dict[str, Path]:
    """Download `<stem>.gz` of each remote into `folder`; return the files by stem.

    The folder is made if need be. A file that is there already, and is the published one, is kept.
    Raises `UserError`, and leaves no partial file, where no base has it, what comes is not the
    published file, or the folder cannot be written.
    """
    missing = [remote for remote in remotes if not _is_there(folder / f"{remote.stem}.gz", remote)]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _session() as session:
            for remote in missing:
                _fetch(session, remote, folder, bases)
    except OSError as error:
        raise UserError(
            f"cannot write the download to {folder} ({error.strerror or type(error).__name__});"
            f" {_INSTEAD}"
        ) from error
    return {remote.stem: folder / f"{remote.stem}.gz" for remote in remotes}


_INSTEAD = (
    "give the folder that holds the files as --data-dir, or use --dataset digits, which needs no"
    " download"
)


def _fetch(session: requests.Session, remote: Remote, folder: Path, bases: Sequence[str]) -> None:
    """Try each base in turn; a file appears under its own name only once its content is right."""
    import requests

    reasons = []
    for base in bases:
        try:
            with write_beside(folder / f"{remote.stem}.gz") as part:
                _receive(session, f"{base.rstrip('/')}/{remote.stem}.gz", remote, part)
                _check(part, remote)
            return
        except (requests.RequestException, _RefusedError) as error:
            reasons.append(f"{urlsplit(base).netloc}: {_reason(error)}")
    raise UserError(f"cannot download {remote.stem}.gz ({'; '.join(reasons)}); {_INSTEAD}")


def _session() -> requests.Session:
    """A session that retries what a busy server refuses, for a second or two."""
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3.util import Retry

    retry = Retry(
        total=3,
        connect=1,
        backoff_factor=0.2,
        status_forcelist=(429, 500, 502, 503, 504),
        respect_retry_after_header=False,  # it may ask for minutes
    )
    session = requests.Session()
    # the file is packed already; no layer may unpack it on the way
    session.headers["Accept-Encoding"] = "identity"
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=retry))
    return session


def _receive(session: requests.Session, url: str, remote: Remote, part: Path) -> None:
    most = remote.size + _CHUNK  # packing never adds more
    with session.get(url, stream=True, timeout=_TIMEOUT) as response, part.open("wb") as file:
        response.raise_for_status()
        length = response.headers.get("Content-Length", "")
        total = int(length) if length.isdecimal() else None
        for chunk in _shown(response.iter_content(_CHUNK), remote.stem, total):
            if file.tell() + len(chunk) > most:
                raise _RefusedError(f"longer than the {most:,} bytes it may have")
            file.write(chunk)


def _shown(chunks: Iterable[bytes], name: str, length: int | None) -> Iterator[bytes]:
    """The same chunks, with a progress bar if someone is watching."""
    if not sys.stderr.isatty():
        yield from chunks
        return
    from rich import progress
    from rich.console import Console

    shown = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.DownloadColumn(),
    )
    with progress.Progress(*shown, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=length)
        for chunk in chunks:
            yield chunk
            bar.advance(task, len(chunk))


def _is_there(path: Path, remote: Remote) -> bool:
    try:
        _check(path, remote)
    except (OSError, _RefusedError):
        return False
    return True


def _check(path: Path, remote: Remote) -> None:
    """Raise `_RefusedError` unless a gzip file holds the published content.

    No more is read than the content may have.
    """
    try:
        with gzip.open(path) as file:
            size, found = _digest(file, remote.size + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise _RefusedError("not a whole gzip file") from error
    if (size, found) != (remote.size, remote.sha256):
        raise _RefusedError("not the published file, its SHA-256 differs")


def _digest(file: gzip.GzipFile, most: int) -> tuple[int, str]:
    """Bytes read, `most` at the most, and their SHA-256."""
    digest, size = hashlib.sha256(), 0
    while chunk := file.read(min(_CHUNK, most - size)):
        digest.update(chunk)
        size += len(chunk)
    return size, digest.hexdigest()


def _reason(error: Exception) -> str:
    """Why a base failed, in a few words.

    The exceptions' own texts run over several lines of internals.
    """
    import requests

    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"HTTP status {error.response.status_code}"
    if isinstance(error, _RefusedError):
        return str(error)
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    return "no connection" if isinstance(error, requests.ConnectionError) else "the transfer failed"
