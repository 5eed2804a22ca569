"""The report as a student reads it: verdict first, nothing twice, readable in any theme."""

from __future__ import annotations

import re

import pytest
from bs4 import BeautifulSoup
from solved import cells, frame, solved

from autograder.selfcheck.check import examine, narrowed
from autograder.selfcheck.device import decide
from autograder.selfcheck.live import read_live
from autograder.selfcheck.problem import find_problem
from autograder.selfcheck.report import COLOURS, WRONG, Report, Row, compared
from autograder.selfcheck.timing import Measured

CPU = decide(None, None)
WRONG_SUM = ("l_i = l_i * alpha", "l_i = l_i")


def report_of(*changes: tuple[str, str], only: str = "") -> Report:
    live = read_live("p1", cells("p1", solved("p1", *changes)), frame("p1"))
    return examine(narrowed(find_problem("p1"), only), live, CPU, only=only)


def contrast(first: str, second: str) -> float:
    """WCAG's contrast of two colours like #1a7f37."""

    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((light(first), light(second)))
    return (high + 0.05) / (low + 0.05)


def test_the_verdict_and_what_to_do_come_before_the_cases():
    """Are verdict, advice, cause and table in that order, in both forms?"""
    report = report_of(WRONG_SUM)
    assert not report.passed and report.diagnosis
    seen = BeautifulSoup(report.html(), "html.parser").get_text()
    for text in map(squeezed, (report.text(), seen)):
        parts = (report.conclusion, report.advice, report.diagnosis[0], report.rows[0].name)
        places = [text.index(squeezed(part)) for part in parts]
        assert places == sorted(places)


def squeezed(text: str) -> str:
    """Without blanks and backticks: in a page they are layout and code."""
    return re.sub(r"[\s`]", "", text)


def test_code_is_shown_as_code_and_nothing_as_markup():
    """Do backticks make code in a page, and is what stands between them still escaped?"""
    page = Report("t", diagnosis=["`acc` and `<b>x</b>` are wrong."]).html()
    assert "<code>acc</code> and <code>&lt;b&gt;x&lt;/b&gt;</code> are wrong." in page


def test_after_all_pass_a_student_knows_what_comes():
    """Are the table folded, and the open points, the graded cases and submit() named?"""
    report = report_of()
    assert report.passed
    assert "are still open" in report.advice and "submit()" in report.advice
    assert find_problem("p1").graded_on in report.advice
    assert BeautifulSoup(report.html(), "html.parser").details.get("open") is None
    wrong = BeautifulSoup(Report("t", [Row("a", "error")], conclusion="no").html(), "html.parser")
    assert wrong.details.get("open") is not None


def test_a_detail_is_told_once():
    """Is a sentence that eight cases share written once, and referred to after that?"""
    rows = [Row(name, "error", detail="The one reason.") for name in "abcdefgh"]
    report = Report("t", rows, conclusion="0 of 8")
    for text in (report.text(), report.html()):
        assert text.count("The one reason.") == 1 and text.count("the same as in “a”") == 7


def test_single_cases_by_name():
    """Does `only` run the cases with that word, promise nothing, and name them if none has it?"""
    report = report_of(only="FLOAT32")
    assert [row.name for row in report.rows] == ["float32"] and report.passed
    assert "leave out `only`" in report.advice and "points" not in report.text()
    with pytest.raises(LookupError, match=r"No case has 'tea'[\s\S]*  float32"):
        narrowed(find_problem("p1"), "tea")


def test_what_is_coloured_can_be_read_on_any_page():
    """Is coloured text white on a ground that is dark enough, and all other text the page's own?"""
    assert all(contrast("#ffffff", colour) >= 4.5 for colour in (*COLOURS.values(), WRONG))
    styles = re.findall(r"style='([^']*)'", report_of(WRONG_SUM).html())
    assert styles
    for style in styles:
        assert "opacity" not in style
        assert ("color:#fff" in style) == bool(re.search(r"background|(?<!-)color:", style))


def test_a_screen_reader_has_words_for_every_mark():
    """Has the report a name, the table headings, and every mark a word beside it?"""
    page = BeautifulSoup(report_of(WRONG_SUM).html(), "html.parser")
    assert page.div["role"] == "region" and page.div["aria-label"].startswith("Report on p1")
    assert page.find(role="status") is not None
    assert all(head["scope"] == "col" and head.get_text() for head in page.find_all("th"))
    for chip in page.find_all("span"):
        hidden = chip.find_parent(attrs={"aria-hidden": "true"}) or chip.get("aria-hidden")
        assert hidden or re.search(r"[a-z]{4}", chip.get_text())


@pytest.mark.parametrize(
    ("mine", "words"),
    [
        ((1.0, 0.008), "5 times as fast as naive, with 8 MB of memory where that takes 1000 MB."),
        ((500.0, 0.0001), "1e+02 times slower than naive, with less than 1 MB"),
        ((5.1, 1.0), "As fast as naive, with 1000 MB of memory where that takes 1000 MB."),
    ],
)
def test_speed_is_told_as_one_would_say_it(mine, words):
    """Never "0.01x the speed" and "8193x less memory"."""
    median, peak = mine
    other = Measured("naive", 5.0, 5.0, 5.0, 1.0)
    said = compared(Measured("yours", median, median, median, peak), other)
    assert said.startswith(words.replace("1e+02", "100"))
