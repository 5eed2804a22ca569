"""nbgrader's formgrader under JupyterLab, by its own buttons: grade, mark by hand, feedback."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from courses import NAME, environment, hand_in, make_course, page
from nbgrader.api import Gradebook
from solved import ROOT, notebook, solved

from autograder.course import Assignment

from .chromium import NEEDED, PROGRAM, with_browser

if not NEEDED:
    pytest.importorskip("playwright.sync_api")
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("nbgrader"), with_browser]
SUM = ("acc += tl.sum(", "acc = tl.sum(")
PICTURE = ROOT / "build" / "screenshots" / "formgrader.png"
STARTS, GRADES = 60, 120  # seconds


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Assignment:
    """p2, handed in by ada with the last tile alone summed; nothing is graded yet."""
    course = make_course(tmp_path_factory.mktemp("course"), "p2")
    hand_in(course, "ada", "p2", notebook("p2", solved("p2", SUM)))
    return course


@pytest.fixture(scope="module")
def lab(course: Assignment) -> Iterator[str]:
    """The address of a JupyterLab in the course's folder."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = [
        "--no-browser",
        "--allow-root",
        f"--ServerApp.port={port}",
        "--IdentityProvider.token=",
    ]
    extension = "--ServerApp.jpserver_extensions=nbgrader.server_extensions.formgrader=True"
    with (course.root / "lab.log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *settings, extension],
            cwd=course.root,
            env=environment(),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        yield _answering(f"http://127.0.0.1:{port}", server, course.root / "lab.log")
    finally:
        server.terminate()
        server.wait(timeout=20)


def _answering(address: str, server: subprocess.Popen, log: Path) -> str:
    """The address, once something answers there."""
    for _ in range(STARTS * 4):
        try:
            urllib.request.urlopen(f"{address}/api", timeout=2)
            return address
        except OSError:
            assert server.poll() is None, log.read_text()
            time.sleep(0.25)
    raise AssertionError(log.read_text())


@pytest.fixture(scope="module")
def window(lab: str):
    """A page in a real browser; what it says in dialogs stays on it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=PROGRAM, args=["--no-sandbox"])
        window = browser.new_page()
        window.set_default_timeout(30_000)
        yield window
        browser.close()


def test_an_instructors_round(course: Assignment, lab: str, window) -> None:
    """Each step needs the one before: grade by the button, mark by hand, write feedback."""
    _the_button_grades(course, lab, window)
    _a_mark_and_a_comment_by_hand(course, lab, window)
    _feedback_has_both(course, lab, window)


def _the_button_grades(course: Assignment, lab: str, window) -> None:
    """Does "Autograde" run the sandbox and book its verdict?"""
    window.goto(f"{lab}/formgrader/manage_submissions/{NAME}")
    window.locator("td.autograde a").click()
    window.get_by_text("Successfully autograded").wait_for(timeout=GRADES * 1000)
    with Gradebook(course.course.database_url) as book:
        found = book.find_submission(NAME, "ada")
        assert 0 < found.score < found.max_score == 100


def _a_mark_and_a_comment_by_hand(course: Assignment, lab: str, window) -> None:
    """Are they saved as they are typed, on the page that shows ada's region?"""
    with Gradebook(course.course.database_url) as book:
        place = book.find_submission_notebook("p2_weighted_row_sum", NAME, "ada").id
    window.goto(f"{lab}/formgrader/submissions/{place}/")
    window.get_by_text("acc = tl.sum(").first.wait_for()
    _typed(window, "input.score", "77", r"/api/grade/")
    _typed(window, "textarea.comment", "The mask was right.", r"/api/comment/")
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    window.screenshot(path=str(PICTURE), full_page=True)  # to be looked at
    with Gradebook(course.course.database_url) as book:
        found = book.find_submission(NAME, "ada")
        assert found.score == 77
        comments = [c.comment for n in found.notebooks for c in n.comments]
    assert "The mask was right." in comments


def _typed(window, where: str, text: str, saved_at: str) -> None:
    """Type into a field, leave it, and wait until it is saved."""
    field = window.locator(where).first
    with window.expect_response(lambda r: r.request.method == "PUT" and re.search(saved_at, r.url)):
        field.fill(text)
        field.dispatch_event("change")
        field.blur()


def _feedback_has_both(course: Assignment, lab: str, window) -> None:
    """Does "Generate feedback" write a page with the mark, the comment and the report?"""
    window.goto(f"{lab}/formgrader/manage_submissions/{NAME}")
    window.locator("td.generate-feedback a").click()
    window.get_by_text("Successfully generated feedback").wait_for(timeout=60_000)
    text = page(course, "ada", "p2").read_text(encoding="utf-8")
    assert "77.0 / 100.0" in text and "The mask was right." in text
    assert "cases passed" in text
