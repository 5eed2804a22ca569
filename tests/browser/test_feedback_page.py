"""The feedback page in a real browser: nothing of a student's acts in it, and it can be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from courses import NAME, hand_in, make_course, nbgrader
from courses import page as page_of
from solved import notebook

from autograder.classroom.run import run_class, submissions

from .chromium import measured, opened, with_browser, without_safety
from .payloads import dressed, markup

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("nbgrader")]
STUDENT = "o'<img src=x onerror=document.title=1>"  # a folder's name may hold anything but a slash
ACTIVE = ("iframe", "object", "embed", "form", "base", "input", "link", "svg", "video", "audio")
OURS = "https://cdnjs.cloudflare.com/ajax/libs/mathjax/"
# What a region may hold: a comment that is graded, and code that is refused and quoted.
INSIDE = {
    f"{STUDENT} graded": f"# </pre></script>{markup('region')}",
    f"{STUDENT} refused": f"x = {markup('region')!r}",
}


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> dict[str, Path]:
    """The feedback on two submissions of p1 that are full of scripts."""
    course = make_course(tmp_path_factory.mktemp("course"), "p1", "p3")
    for student, inside in INSIDE.items():
        hand_in(course, student, "p1", dressed(notebook("p1"), inside))
    found = {o.submission.student: o for o in run_class(course.root, submissions(course), jobs=1)}
    summaries = [found[student].verdict.summary for student in INSIDE]
    assert summaries == ["passed", "not allowed"], found
    nbgrader(course, "autograde", NAME)
    nbgrader(course, "generate_feedback", NAME)
    return {student: page_of(course, student, "p1") for student in INSIDE}


@pytest.fixture(params=INSIDE, ids=["graded", "refused"])
def page(request, pages) -> Path:
    return pages[request.param]


def traces(tree: BeautifulSoup) -> list[str]:
    """The places whose scripts have run."""
    return [name for name in tree.html.attrs if name.startswith("data-hit")]


@with_browser
def test_the_browser_would_show_a_script_that_runs(tmp_path: Path) -> None:
    """Does the same markup leave its trace where nobody cleans it? Otherwise the rest is idle."""
    bare = tmp_path / "bare.html"
    bare.write_text(f"<!DOCTYPE html><html><body>{markup('bare')}</body></html>")
    assert traces(opened(bare)) == ["data-hit-bare"]


@with_browser
def test_no_script_of_a_student_runs(page: Path) -> None:
    """In the page as it is, and without the browser's own rule: does no trace appear?"""
    assert traces(opened(page)) == []
    tree = opened(without_safety(page))
    assert traces(tree) == [] and tree.title.string == page.stem
    assert_idle(tree)


def test_nothing_active_is_written_into_the_page(page: Path) -> None:
    """Is that so already in the file, whatever a browser makes of it?"""
    assert_idle(BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser"))


def assert_idle(tree: BeautifulSoup) -> None:
    """No handlers, no foreign scripts, links or pictures, nothing that a click would start."""
    assert [tag.name for tag in tree.find_all(ACTIVE)] == []
    for tag in tree.find_all(True):
        assert not [name for name in tag.attrs if name.startswith("on")], tag
        for name in ("href", "src", "action", "srcset", "xlink:href"):
            target = str(tag.get(name, "")).strip()
            fine = ("#", "https://") if tag.name == "a" else ("data:image/png;base64,", OURS)
            assert target == "" or target.startswith(fine), tag
    foreign = [s for s in tree.find_all("script") if "mathjax" not in f"{s.get('src')}{s.string}"]
    assert foreign == []
    assert [m for m in tree.find_all("meta") if m.get("http-equiv") == "refresh"] == []


def test_the_region_is_still_there_to_read(page: Path) -> None:
    """Is the student's region shown, as text, and is nothing shown that stood around it?"""
    text = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").get_text()
    assert text.count("data-hit-region") >= 2  # in the cell, and in the report with line numbers
    around = ("given", "stdout", "bundle", "ename", "markdown", "source", "title", "nbgrader")
    assert [place for place in around if f"data-hit-{place}" in text] == []


@with_browser
@pytest.mark.parametrize("width", [1280, 400])
def test_the_score_comes_first_and_nothing_sticks_out(page: Path, width: int) -> None:
    """On a screen and on a phone: is the score within the first window, the page no wider?"""
    found = measured(page, width)
    assert found["inner"] == width
    assert found["wide"] <= width
    assert 0 < found["score"] < 400
