import contextlib
import gzip
import hashlib
import io
import re
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from hypersearch.models.data import download
from hypersearch.models.data.download import Remote, fetch_all
from hypersearch.models.data.idx import STEMS
from hypersearch.models.errors import UserError

CONTENT = b"eight by eight" * 100
PACKED = gzip.compress(CONTENT)
FILE = Remote("images", len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
INSTEAD = (
    "give the folder that holds the files as --data-dir, or use --dataset digits, which needs no"
    " download"
)


class Server(ThreadingHTTPServer):
    """Serves `answers`, (status, body, promised length) in turn, and the last one for good; `asked`
    are the paths.
    """

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers, self.asked = [(200, PACKED, len(PACKED))], []
        self.base = f"http://127.0.0.1:{self.server_port}/some/where/"
        self.host = f"127.0.0.1:{self.server_port}"

    def answer(self, *answers):
        self.answers = [
            answer if len(answer) == 3 else (*answer, len(answer[1])) for answer in answers
        ]


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        answers = self.server.answers
        self.server.asked.append(self.path)
        status, body, length = answers.pop(0) if len(answers) > 1 else answers[0]
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Nothing: the log would go to stderr."""


@contextlib.contextmanager
def serving():
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def server():
    with serving() as server:
        yield server


@pytest.fixture
def nobody():
    """A base address at which nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{free.getsockname()[1]}/"


def refusal(folder, *bases):
    """The error text; what matters as much is that no partial file stays."""
    with pytest.raises(UserError) as caught:
        fetch_all([FILE], folder, bases)
    assert list(folder.glob("*")) == []
    return str(caught.value)


def test_a_file_is_fetched_into_a_new_folder(server, tmp_path):
    folder = tmp_path / "a" / "b"
    assert fetch_all([FILE], folder, [server.base]) == {"images": folder / "images.gz"}
    assert server.asked == ["/some/where/images.gz"]
    assert [path.name for path in folder.iterdir()] == ["images.gz"]
    assert (folder / "images.gz").read_bytes() == PACKED


def test_a_file_that_is_there_is_kept_and_a_damaged_one_replaced(server, tmp_path):
    (tmp_path / "images.gz").write_bytes(PACKED[:-3])
    for _ in range(2):
        fetch_all([FILE], tmp_path, [server.base])
    assert len(server.asked) == 1
    assert (tmp_path / "images.gz").read_bytes() == PACKED


def test_a_busy_server_is_asked_again(server, tmp_path):
    server.answer((503, b""), (200, PACKED))
    fetch_all([FILE], tmp_path, [server.base])
    assert len(server.asked) == 2


def test_the_second_address_serves_where_the_first_fails(server, nobody, tmp_path):
    fetch_all([FILE], tmp_path, [nobody, server.base])
    assert (tmp_path / "images.gz").read_bytes() == PACKED


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((404, b"none"), "HTTP status 404"),
        ((200, gzip.compress(CONTENT.upper())), "not the published file, its SHA-256 differs"),
        ((200, gzip.compress(CONTENT + b"x")), "not the published file, its SHA-256 differs"),
        ((200, CONTENT), "not a whole gzip file"),
        ((200, PACKED[:-9]), "not a whole gzip file"),
        ((200, bytes(100_000)), "longer than the 66,936 bytes it may have"),
        ((200, PACKED[:-9], len(PACKED)), "the transfer failed"),
        ((500, b""), "the transfer failed"),
    ],
)
def test_what_is_not_the_published_file_is_refused(server, tmp_path, answer, reason):
    server.answer(answer)
    assert (
        refusal(tmp_path, server.base)
        == f"cannot download images.gz ({server.host}: {reason}); {INSTEAD}"
    )


def test_without_a_network_it_fails_in_seconds_and_says_what_to_do(nobody, tmp_path):
    started = time.monotonic()
    text = refusal(tmp_path, nobody, nobody)
    assert time.monotonic() - started < 5
    host = nobody.split("/")[2]
    assert (
        text
        == f"cannot download images.gz ({host}: no connection; {host}: no connection); {INSTEAD}"
    )


def test_a_server_that_stalls(server, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "_TIMEOUT", (1.0, 0.1))
    with socket.create_server(("127.0.0.1", 0)) as mute:
        host = f"127.0.0.1:{mute.getsockname()[1]}"
        text = refusal(tmp_path, f"http://{host}")
    assert re.fullmatch(
        rf"cannot download images\.gz \({host}: (no answer in time|no connection)\); .*", text
    )


def test_a_folder_that_cannot_be_made(server, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError) as caught:
        fetch_all([FILE], tmp_path / "file" / "folder", [server.base])
    assert (
        str(caught.value)
        == f"cannot write the download to {tmp_path / 'file' / 'folder'} (Not a directory);"
        f" {INSTEAD}"
    )


def test_a_bar_is_drawn_for_a_person_only(server, tmp_path, monkeypatch):
    for watched in (False, True):
        screen = io.StringIO()
        monkeypatch.setattr(screen, "isatty", lambda watched=watched: watched)
        monkeypatch.setattr(sys, "stderr", screen)
        fetch_all([FILE], tmp_path / str(watched), [server.base])
        assert bool(screen.getvalue()) == watched


def test_the_published_files_are_listed_in_the_order_of_the_readers():
    assert tuple(remote.stem for remote in download.FASHION_MNIST) == STEMS
    assert all(re.fullmatch("[0-9a-f]{64}", remote.sha256) for remote in download.FASHION_MNIST)
    assert all(base.endswith("/") for base in download.BASES)
