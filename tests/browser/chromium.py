"""Open a page in a real browser, without a window, and look at what became of it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

PROGRAM = shutil.which("chromium") or shutil.which("google-chrome")
NEEDED = bool(os.environ.get("NEED_CHROMIUM"))  # set where the tests must not be skipped
FLAGS = (
    "--headless",
    "--no-sandbox",  # it has no namespaces of its own in a container; the pages are ours
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",  # no page reaches the network
    "--virtual-time-budget=3000",  # milliseconds that pass on the page before it is looked at
)
with_browser = pytest.mark.skipif(
    PROGRAM is None and not NEEDED, reason="Chromium is not installed; apt-get install chromium."
)
SAFETY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
# A window is never narrower than 500 pixels, a frame may be; the page in it reports to the frame.
RULER = """<script>
const score = [...document.querySelectorAll("b")].find(b => / of \\d+ points/.test(b.textContent));
parent.postMessage({
  inner: window.innerWidth,
  wide: document.documentElement.scrollWidth,
  score: score ? score.getBoundingClientRect().bottom : -1,
}, "*");
</script></body>"""
FRAME = """<!DOCTYPE html><html><body><script>
onmessage = event => Object.assign(document.documentElement.dataset, event.data);
</script>
<iframe src="{page}" width="{width}" height="900" style="border:0"></iframe></body></html>"""


def opened(page: Path) -> BeautifulSoup:
    """The page's elements after its scripts have run."""
    assert PROGRAM is not None, "Chromium is missing, and these tests must not be skipped here."
    with tempfile.TemporaryDirectory(prefix="chromium-") as profile:
        command = [PROGRAM, *FLAGS, f"--user-data-dir={profile}", "--window-size=1400,1000"]
        done = subprocess.run(
            [*command, "--dump-dom", page.absolute().as_uri()],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
    return BeautifulSoup(done.stdout, "html.parser")


def without_safety(page: Path) -> Path:
    """A copy that lacks the browser's own rule against foreign scripts."""
    text, found = SAFETY.subn("", page.read_text(encoding="utf-8"))
    assert found == 1
    copy = page.with_name("without-safety.html")
    copy.write_text(text, encoding="utf-8")
    return copy


def measured(page: Path, width: int) -> dict[str, float]:
    """Widths of window and page, and where the score ends from the top, in pixels."""
    text = without_safety(page).read_text(encoding="utf-8")
    page.with_name("measured.html").write_text(text.replace("</body>", RULER), encoding="utf-8")
    frame = page.with_name("frame.html")
    frame.write_text(FRAME.format(page="measured.html", width=width), encoding="utf-8")
    root = opened(frame).html
    return {name: float(root[f"data-{name}"]) for name in ("inner", "wide", "score")}
