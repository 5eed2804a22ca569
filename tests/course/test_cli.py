"""What the command line prints of students' doing."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from autograder.classroom.commands import _outcome_line
from autograder.classroom.run import Outcome, Submission
from autograder.grading.verdict import Verdict

NAMES = ("[bold]ann[/]", "[/red]", "a\\", "\x1b[2Jann", "[link=https://example.org]x", "a\u202eb")


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_printed_as_it_is(name: str) -> None:
    """Does a folder's name neither stop the table, nor colour it, nor steer the terminal?"""
    verdict = Verdict(
        assignment="a",
        problem="p1",
        status="not gradable",
        reason=f"No work: {name}",
        max_score=200,
    )
    out = Console(file=io.StringIO(), force_terminal=True, width=200, highlight=False)
    for outcome in (
        Outcome(Submission("a", name, "p1", Path("x")), verdict),
        Outcome(Submission("a", name, "p1", Path("x")), None, f"OSError: {name}"),
    ):
        out.print(_outcome_line(outcome), soft_wrap=True)
    printed = out.file.getvalue()
    shown = "".join(c if c.isprintable() else "?" for c in name)
    assert printed.count(shown) == 4
    assert "\x1b[2J" not in printed and "\x1b]8" not in printed and "\u202e" not in printed
