"""Grade the submissions of the trust suites, one by one, and say what differs from expectation."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
from trust_case import TrustCase

from autograder.classroom.collect import settle
from autograder.classroom.run import grade_submission, submissions
from autograder.course import Course
from autograder.grading import grade as grading
from autograder.grading.book import Book
from autograder.grading.grade import Grader
from autograder.grading.keys import KEY_FILE
from autograder.grading.rebuild import released_notebook, runnable_solution, the_file
from autograder.grading.verdict import Verdict
from autograder.registry import load
from autograder.sandbox.levels import LEVELS, Level

ROOT = Path(__file__).resolve().parents[1]
KEY = "11" * 32  # every run draws the same inputs


@dataclass(frozen=True)
class Row:
    """What became of a case: expected and found, and what is wrong, if anything."""

    id: str
    level: str
    policy: str  # "on", "off", or "" where it makes no difference
    expected: str
    found: str
    wrong: str = ""


def make_course(root: Path) -> Course:
    """The repository's course in a closed folder of its own, as it is handed out."""
    for name in ("course.toml", "nbgrader_config.py"):
        shutil.copy(ROOT / name, root)
    for name in ("solutions", "release"):
        shutil.copytree(ROOT / name, root / name)
    (root / KEY_FILE).write_text(KEY, encoding="ascii")
    root.chmod(0o700)  # as docs/security.md asks of an instructor
    return Course.load(root)


def hand_in(course: Course, student: str, case: TrustCase, solved: bool) -> Path:
    """Put the case's notebook among the submissions; its folder."""
    folder = course.root / "submitted" / student / course.assignment_name
    folder.mkdir(parents=True)
    source = runnable_solution if solved else released_notebook
    path = folder / the_file(course.release_dir, case.problem).name
    nbformat.write(source(course, case.problem), path)
    case.make(folder)
    return folder


@contextlib.contextmanager
def policy_switched(on: bool) -> Iterator[None]:
    """Switch the source policy off for a while, so that what it would refuse really runs."""
    before = grading.policy_hits
    if not on:
        grading.policy_hits = lambda nb, problem: []
    try:
        yield
    finally:
        grading.policy_hits = before


def grade_case(case: TrustCase, level: Level, policy: bool, solved: bool) -> Row:
    """Grade one case in a course of its own."""
    if level.name in case.unstopped_at:
        return Row(case.id, level.name, "", "not stopped here", "not run: this level is no wall")
    with tempfile.TemporaryDirectory(prefix="trust-") as root, policy_switched(policy):
        course = make_course(Path(root))
        folder = hand_in(course, case.id, case, solved)
        book = Book(course, Grader(course, level))
        settle(course)
        work = [item for item in submissions(course) if item.problem == case.problem]
        found = grade_submission(book, work[0]) if work else None
        harm = case.harm(folder) if case.harm else ""
    return judged(case, level.name, policy, found, harm)


def judged(case: TrustCase, level: str, policy: bool, found: Verdict | None, harm: str) -> Row:
    """Hold a verdict against what the case states."""
    want = expectation(case, policy)
    refused = case.refused and policy
    status = "not gradable" if case.share is None else case.outcome
    status = "policy violation" if refused else status
    wrong = []
    if found is None:
        return Row(case.id, level, _word(policy), want, "no submission found", "it was lost")
    if policy and case.refused != ("The notebook was not run." in found.notes):
        wrong.append("the source policy " + ("let it pass" if case.refused else "named it"))
    if found.status != case.status:
        wrong.append(f"status {found.status}, expected {case.status}")
    if case.share is not None and found.score != earned(case):
        wrong.append(f"score {found.score}, expected {earned(case)}")
    if status and found.summary not in status.split(" or "):
        wrong.append(f"outcome {found.summary}, expected {status}")
    text = " ".join([found.reason, *found.notes, *found.repairs, *(c.detail for c in found.cases)])
    if case.says and not refused and case.says not in text:
        wrong.append(f"nowhere says {case.says!r}")
    if harm:
        wrong.append(harm)
    shown = "none" if found.score is None else f"{found.score:g}"
    return Row(case.id, level, _word(policy), want, f"{found.summary}, {shown}", "; ".join(wrong))


def expectation(case: TrustCase, policy: bool) -> str:
    """What a case must come to, in words: "wrong answer, 0"."""
    if case.share is None:
        return "not gradable, none"
    outcome = "policy violation" if case.refused and policy else case.outcome or "any"
    return f"{outcome}, {earned(case):g}"


def earned(case: TrustCase) -> float:
    """The points that the case must get: its share of what the solution gets without a GPU."""
    problem = load(case.problem)
    full = Course.load(ROOT).points[case.problem] / problem.points
    return round(sum(c.points for c in problem.cases) * full * case.share, 2)


def _word(policy: bool) -> str:
    return "on" if policy else "off"


def strongest() -> Level:
    """The strongest level that works here."""
    return next(level for level in LEVELS if not level.missing())
