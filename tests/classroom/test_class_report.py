"""The class report: what is counted, who is named, and that nothing of a student's acts in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser.chromium import opened, with_browser
from bs4 import BeautifulSoup
from made_class import made_course
from typer.testing import CliRunner

from autograder.classroom.report.code import excerpt, without_comments
from autograder.classroom.report.data import ClassData, gather
from autograder.classroom.report.page import all_pairs, page, same_work
from autograder.classroom.report.rates import causes, clusters, problem_rate, spread
from autograder.classroom.report.similar import own_tokens, shape, similar_pairs
from autograder.classroom.report.speed import places
from autograder.cli import app


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> ClassData:
    """Eight students; in p3 one of each kind (see made_class.KINDS), and one who is absent."""
    return gather(made_course(tmp_path_factory.mktemp("class")))


@pytest.fixture(scope="module")
def html(data: ClassData) -> str:
    return page(data)


def test_causes_are_counted_and_shown_without_a_name(data: ClassData) -> None:
    """Is the commonest mistake of p3 counted over students, with code that has no comment?"""
    found = {one.problem: one for one in causes(data)}
    assert (found["p3"].students, found["p3"].region, found["p3"].step) == (3, "p3.1", 4)
    lines = found["p3"].example.lines
    assert lines and not any("#" in line for _, line in lines)


def test_wrong_answers_that_nothing_explains_are_put_together(data: ClassData) -> None:
    """Do the two who fail alike, without a cause, stand in one cluster of p3?"""
    (cluster,) = [one for one in clusters(data) if one.problem == "p3"]
    assert cluster.students == ["s02", "s05"]


def test_every_case_has_its_rate(data: ClassData) -> None:
    """Are cases counted over those of whom they were asked, not over "not run"?"""
    rate = problem_rate(data, "p3")
    assert (rate.handed_in, rate.passed) == (8, 2)
    last = rate.cases[-2]
    assert (last.passed, last.count, last.failures) == (2, 7, [("wrong answer", 5)])
    speed = rate.cases[-1]
    assert (speed.passed, speed.count) == (1, 1)


def test_totals_are_spread_over_all_who_have_one(data: ClassData) -> None:
    """Does the histogram hold every student once, who handed in nothing apart?"""
    assert sum(count for _, _, count in spread(data).bins) == 8
    assert data.absent == ["absent"]


def test_speed_names_only_those_who_agreed(data: ClassData) -> None:
    """Is s04, who did not agree, without a name? s04's time stands all the same."""
    (place,) = places(data, "p3")
    assert (place.name, place.ratio) == ("", 1.4)
    assert (round(place.low, 2), round(place.high, 2)) == (1.3, 1.5)


def test_regions_that_are_oddly_alike_are_shown(data: ClassData) -> None:
    """Are the two with the same odd lines found, and nobody who only followed the steps?"""
    found = {pair.students for pair in all_pairs(data) if pair.problem == "p3"}
    assert found == {("s06", "s07")}
    letter = [
        students for problem, students, ours in same_work(data) if problem == "p3" and not ours
    ]
    assert ["s06", "s07"] in letter


OWN = "total = 0\nfor k in range(n):\n    total += a[k] * b[k] - a[k] + 3 * b[k] + k * k - 7 * k\n"
RENAMED = OWN.replace("total", "acc").replace("k", "j").replace("a[", "left[")


def test_other_names_and_comments_hide_nothing() -> None:
    """Is a copy with other names and comments alike, and a region of three lines of its own not?"""
    texts = {"a": OWN, "b": RENAMED + "# my own work\n", "c": "x = load(p)\ny = x + 1\n" * 9}
    (pair,) = similar_pairs("w1", "w1.1", texts, "", "something else entirely")
    assert pair.students == ("a", "b") and pair.alike == 100 and not pair.same


def test_what_was_given_or_is_the_solution_does_not_count() -> None:
    """Do given lines fall out, and are two who write the solution no pair?"""
    assert own_tokens("a = 1\nb = 2\n", "a = 1  # given\n") == ["b", "=", "2"]
    assert shape(["x", ".", "sum", "(", "y", ")"]) == "n0 . sum ( n1 )"
    assert similar_pairs("w1", "w1.1", {"a": OWN, "b": RENAMED}, "", OWN) == []


@pytest.mark.parametrize("text", ["x = '#'  # J. Doe", "x = '#'  # J. Doe\n  (", "x = (  # J. Doe"])
def test_comments_go_even_from_what_is_no_python(text: str) -> None:
    """Is a name in a comment never shown, in a text that does not parse either?"""
    assert "Doe" not in without_comments(text)
    assert excerpt("a\n\nb  # Doe\nc", 3).lines == ((1, "a"), (3, "b"), (4, "c"))


def test_nothing_of_a_students_acts_in_the_page(html: str) -> None:
    """Is markup in names and details text, and is there no script in the page at all?"""
    tree = BeautifulSoup(html, "html.parser")
    assert (
        tree.find_all(["script", "iframe", "img", "b"], string=lambda s: s and "alert" in s) == []
    )
    assert tree.find("script") is None and "alert(1)" in tree.get_text()
    assert "Student <b>s03</b> (s03)" in tree.get_text()


@with_browser
def test_a_browser_shows_it_without_a_network(html: str, tmp_path: Path) -> None:
    """Opened from a file: are all its parts there, and nothing loaded from anywhere?"""
    file = tmp_path / "report.html"
    file.write_text(html, encoding="utf-8")
    tree = opened(file)
    anchors = {link["href"] for link in tree.select("nav a")}
    assert anchors and all(tree.select(anchor) for anchor in anchors)
    assert not tree.find_all(src=True) and not tree.find_all("link")


def test_the_command_writes_it(data: ClassData, tmp_path: Path) -> None:
    """Does `autograder report` write the page and say so?"""
    target = tmp_path / "page.html"
    root = str(data.assignment.root)
    done = CliRunner().invoke(app, ["report", "--root", root, "--to", str(target)])
    assert done.exit_code == 0 and "9 students" in done.output, done.output
    assert "<h1>flash_attention</h1>" in target.read_text(encoding="utf-8")
