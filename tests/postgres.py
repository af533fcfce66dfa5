"""A PostgreSQL server for the tests: made in a folder of its own, gone with it."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL

USER = "hypersearch"
PROGRAMS = ("initdb", "pg_ctl", "postgres")
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "''",
    "max_connections": "50",
    "shared_buffers": "16MB",
    "fsync": "off",  # nothing here outlives the tests
}


@contextmanager
def server(binaries: Path, folder: Path) -> Iterator[str]:
    """Run a server in `folder`, which is empty; yields the URL of its database, which asks for the
    password in it.
    """
    owner = unprivileged()
    if owner:
        shutil.chown(folder, owner["user"], owner["group"])
    log = folder / "log"

    def call(program: str, *arguments: str) -> None:
        command = [binaries / program, "-D", folder / "data", *arguments]
        with log.open("a") as sink:
            done = subprocess.run(
                command, cwd=folder, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, **owner
            )
        if done.returncode:
            raise RuntimeError(f"{program} failed:\n{log.read_text()}")

    password = f"p@ss:/%{secrets.token_hex(8)}"  # as awkward as a password gets in a URL
    (folder / "password").write_text(password)  # the folder is closed to others
    access = f"--username={USER} --auth=scram-sha-256 --encoding=UTF8 --no-locale --no-sync".split()
    call("initdb", *access, f"--pwfile={folder / 'password'}")
    port = free_port()
    settings = " ".join(f"-c {key}={value}" for key, value in {**SETTINGS, "port": port}.items())
    call("pg_ctl", "start", "--wait", "-o", settings)
    try:
        url = URL.create("postgresql+psycopg", USER, password, "127.0.0.1", port, "postgres")
        yield url.render_as_string(hide_password=False)
    finally:
        call("pg_ctl", "stop", "--mode=immediate")


def find_binaries() -> Path | None:
    """The folder of the server's programs, which Debian keeps out of PATH; None where there is
    none.
    """
    folders = [*_told_by_pg_config(), *_debian(), *map(Path, os.get_exec_path())]
    return next(
        (folder for folder in folders if all((folder / name).exists() for name in PROGRAMS)), None
    )


def _told_by_pg_config() -> list[Path]:
    if not shutil.which("pg_config"):
        return []
    told = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True)
    return [] if told.returncode else [Path(told.stdout.strip())]


def _debian() -> list[Path]:
    """The newest version first."""
    found = Path("/usr/lib/postgresql").glob("[0-9]*/bin")
    return sorted(found, key=lambda path: float(path.parent.name), reverse=True)


def unprivileged() -> dict[str, Any]:
    """Arguments of `subprocess.run` for who runs the server: PostgreSQL refuses root."""
    if os.getuid() != 0:
        return {}
    import grp
    import pwd

    users = {entry.pw_name: entry for entry in pwd.getpwall()}
    user = users.get("postgres") or users["nobody"]
    return {"user": user.pw_name, "group": grp.getgrgid(user.pw_gid).gr_name, "extra_groups": []}


def free_port() -> int:
    """A port of 127.0.0.1 on which nothing listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
