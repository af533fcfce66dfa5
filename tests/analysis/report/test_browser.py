"""The page in a browser: nothing is missing, nothing is complained of, and nothing makes it scroll
sideways.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from html import unescape
from pathlib import Path

import pytest

from hypersearch.analysis.figures import KINDS
from hypersearch.analysis.report import images
from hypersearch.analysis.report.page import write_report
from tests.analysis.report.pages import Page
from tests.analysis.studies import HOSTILE, Made, make

NAMES = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next(filter(None, map(shutil.which, NAMES)), None)
PHONE, DESKTOP = 390, 1280  # CSS pixels
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run")
LOUD = (
    "--enable-logging=stderr",
    "--log-level=0",
    "--allow-file-access-from-files",
    "--virtual-time-budget=5000",
)

pytestmark = [
    pytest.mark.skipif(
        BROWSER is None, reason=f"none of {', '.join(NAMES)} is installed: apt-get install chromium"
    ),
    pytest.mark.timeout(240),
]
FRAME = """\
<!DOCTYPE html><title>frames</title>
{frames}
<pre id="found"></pre>
<script>
addEventListener("load", () => {{
  const found = [...document.querySelectorAll("iframe")].map(frame => {{
    const page = frame.contentDocument, images = [...page.images], root = page.documentElement;
    return {{
      wide: root.scrollWidth - root.clientWidth,
      broken: images.filter(image => !image.complete || !image.naturalWidth).length,
      images: images.length,
      beyond: images.filter(image => image.getBoundingClientRect().right > root.clientWidth).length,
      sections: [...page.querySelectorAll("section")].map(section => section.offsetHeight),
      letters: parseFloat(frame.contentWindow.getComputedStyle(page.body).fontSize),
    }};
  }});
  document.getElementById("found").textContent = JSON.stringify(found);
}});
</script>
"""


def looked_at(page: Path, folder: Path) -> tuple[list[dict], list[str]]:
    """What a browser finds in a page at both widths, and its complaints."""
    frames = "".join(
        f'<iframe src="{page.as_uri()}" width="{w}" height="900"></iframe>'
        for w in (PHONE, DESKTOP)
    )
    (folder / "frames.html").write_text(FRAME.format(frames=frames))
    command = [
        BROWSER,
        *FLAGS,
        *LOUD,
        f"--user-data-dir={folder / 'profile'}",
        "--window-size=1800,1000",
        "--dump-dom",
    ]
    done = subprocess.run(
        [*command, (folder / "frames.html").as_uri()], capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stderr
    found = unescape(done.stdout.partition('<pre id="found">')[2].partition("</pre>")[0])
    return json.loads(found), [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def test_report(tmp_path, monkeypatch):
    monkeypatch.setattr(images, "KINDS", {name: KINDS[name] for name in ("history", "timeline")})
    trials = [
        Made(0, (0.5, 0.85), name="R5"),
        *(Made(n, (0.1 * n,) * n, params=_params(n)) for n in range(1, 9)),
    ]
    trials += [Made(n, (0.3,), "PRUNED", params=_params(n)) for n in range(9, 30)]
    trials += [
        Made(30, (0.3,), "FAIL", failure=f"Traceback\n  {'deep ' * 60}\nValueError: {HOSTILE}")
    ]
    make(tmp_path, trials, "first")
    make(
        tmp_path,
        [Made(0, name=HOSTILE), Made(1, params={"depth": 1, "pooling": "x" * 300})],
        "a" * 150,
    )
    path = write_report(tmp_path, [], strict=True)
    pages, complaints = looked_at(path, tmp_path)
    assert complaints == []
    sections = len(Page(path.read_text(encoding="utf-8")).root.all("section"))
    for page in pages:
        assert (page["wide"], page["broken"], page["beyond"]) == (0, 0, 0)
        assert page["images"] > 0
        assert len(page["sections"]) == sections == 4
        assert min(page["sections"]) > 200
        assert page["letters"] >= 16


def _params(number):
    return {"depth": number % 4 + 1, "rate": 0.001 * number, "pooling": "max"}


def test_these_checks_can_fail(tmp_path):
    path = tmp_path / "bad.html"
    path.write_text(
        '<img src="gone.png"><div style="width: 2000px">x</div><script>console.error("no")</script>'
    )
    pages, complaints = looked_at(path, tmp_path)
    assert [page["wide"] > 0 for page in pages] == [True, True]
    assert [page["broken"] for page in pages] == [1, 1]
    assert len([line for line in complaints if '"no"' in line]) == 2
