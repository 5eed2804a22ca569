"""A verdict as the student sees it."""

from __future__ import annotations

from functools import lru_cache
from html import escape

from autograder.grading.verdict import CaseVerdict, Verdict
from autograder.selfcheck.diagnosis import from_plain
from autograder.selfcheck.picture import drawn
from autograder.selfcheck.problem import Problem, find_problem
from autograder.selfcheck.regions import Work, receipt
from autograder.selfcheck.report import Report, Row


def points_text(value: float) -> str:
    """ "7.5" or "10": points without needless zeros."""
    return f"{value:g}"


def case_row(case: CaseVerdict) -> Row:
    """One case as a row of the report."""
    return Row(
        case.name,
        case.status,
        case.worst,
        case.allowed,
        case.where if case.status == "wrong answer" else "",
        case.detail,
        f"{points_text(case.earned)} of {points_text(case.points)}",
        drawn(case.picture.model_dump() if case.picture else None),
    )


def headline(verdict: Verdict) -> str:
    """ "180 of 200 points (provisional)", or that nothing could be graded."""
    if verdict.score is None:
        return "Not graded: no points are lost yet. Your instructor has been told."
    kind = " (provisional)" if verdict.provisional else ""
    return f"{points_text(verdict.score)} of {points_text(verdict.max_score)} points{kind}"


def verdict_report(verdict: Verdict) -> Report:
    """The verdict in the self-check's form, with points."""
    problem = _problem(f"{verdict.assignment}/{verdict.problem}")
    diagnosis = from_plain(verdict.diagnosis.model_dump())
    facts = [verdict.machine, f"isolation: {verdict.isolation}" if verdict.isolation else ""]
    return Report(
        title=f"{problem.id}: {problem.title} – {headline(verdict)}",
        rows=[case_row(case) for case in verdict.cases],
        mode="; ".join(fact for fact in facts if fact),
        conclusion=verdict.sentence,
        diagnosis=diagnosis.lines(verdict.hint_stage),
        weights=diagnosis.picture,
    )


@lru_cache(maxsize=256)
def _problem(name: str) -> Problem:
    """The problem, looked up once: a class asks for it hundreds of times."""
    return find_problem(name)


def verdict_html(verdict: Verdict, work: Work) -> str:
    """The verdict for the feedback page, with the student's regions. All of it is escaped."""
    report = verdict_report(verdict).html()
    lists = _list("About your code", verdict.notes)
    lists += _list("What was repaired in your file", verdict.repairs)
    if verdict.provisional:
        lists += (
            "<p>Provisional: this was graded without a GPU. The speed case is still open and can "
            "only add points.</p>"
        )
    regions = "".join(_region(name, text) for name, text in sorted(work.items()))
    return f"{report}{lists}<p>Receipt of the code that was graded: {receipt(work)}</p>{regions}"


def _region(name: str, text: str) -> str:
    """A region's text with the line numbers that the report uses."""
    lines = text.split("\n")
    width = len(str(len(lines)))
    numbered = "\n".join(f"{n:>{width}}  {line}" for n, line in enumerate(lines, 1))
    return (
        f"<details><summary>Your region {escape(name)}, with line numbers</summary>"
        f"<pre style='overflow-x:auto'>{escape(numbered)}</pre></details>"
    )


def verdict_text(verdict: Verdict) -> str:
    """The verdict for a terminal."""
    extra = [f"note: {text}" for text in (*verdict.notes, *verdict.repairs)]
    return "\n".join([verdict_report(verdict).text(), *extra])


def _list(title: str, items: list[str]) -> str:
    if not items:
        return ""
    rows = "".join(f"<li>{escape(item)}</li>" for item in items)
    return f"<p><b>{escape(title)}</b></p><ul>{rows}</ul>"
