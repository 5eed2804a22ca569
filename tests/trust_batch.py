"""One batch through the real class machinery: all cheats, all damage, and twenty honest students.

Nobody's grade may be changed by the company. The honest ones are graded alone first.
"""

from __future__ import annotations

import csv
import shutil
import string
import tempfile
from pathlib import Path

import nbformat
from trust_case import TrustCase
from trust_grading import Row, hand_in, judged, make_course, strongest

from autograder.classroom.collect import settle
from autograder.classroom.demo import book, feedback_file
from autograder.classroom.run import run_class, submissions
from autograder.course import Course
from autograder.generate.release import build_release
from autograder.grading.rebuild import grade_id, runnable_solution, the_file
from autograder.grading.verdict import Verdict

ACTIVE = ("<script>alert(", "<script>document.title")  # what the cheats try to smuggle in
# One in every part of the class list: the batch is graded in the order of the names.
HONEST = [f"{letter}-honest" for letter in string.ascii_lowercase[:20]]


def run_batch(cases: dict[str, tuple[TrustCase, bool]], jobs: int) -> list[Row]:
    """Grade the honest alone, then everybody together; book, and compare."""
    with tempfile.TemporaryDirectory(prefix="trust-") as root:
        alone = make_course(_folder(root, "alone"))
        for name in HONEST:
            hand_in_honest(alone, name)
        before = graded(alone, jobs)
        course = make_course(_folder(root, "together"))
        shutil.rmtree(course.release_dir)  # made anew, and with it the gradebook
        build_release(course.root)
        for name in HONEST:
            hand_in_honest(course, name)
        folders = {
            name: hand_in(course, name, case, solved)
            for name, (case, solved) in cases.items()
            if strongest().name not in case.unstopped_at
        }
        settle(course, [])
        after = graded(course, jobs)
        book(course)
        rows = [honest_row(course, name, before.get(name), after.get(name)) for name in HONEST]
        return rows + [
            case_row(course, cases[name][0], folder, after.get(name))
            for name, folder in folders.items()
        ]


def _folder(root: str, name: str) -> Path:
    folder = Path(root) / name
    folder.mkdir()
    return folder


def hand_in_honest(course: Course, student: str) -> None:
    """The solution of p1 or p2, signed."""
    problem = ("p1", "p2")[HONEST.index(student) % 2]
    nb = runnable_solution(course, problem)
    for cell in nb.cells:
        if grade_id(cell) == f"{problem}-solution":
            cell.source += f"\n# written by {student}\n"
    folder = course.root / "submitted" / student / course.assignment_name
    folder.mkdir(parents=True)
    nbformat.write(nb, folder / the_file(course.release_dir, problem).name)


def graded(course: Course, jobs: int) -> dict[str, tuple[str, Verdict | None]]:
    """For each student the problem that was handed in, and its verdict."""
    outcomes = run_class(course, submissions(course), jobs)
    return {o.submission.student: (o.submission.problem, o.verdict) for o in outcomes}


def honest_row(course: Course, name: str, before, after) -> Row:
    """Whether an honest student has the grade that the work has alone, also in the books."""
    problem, alone = before
    together = after[1] if after else None
    wrong = []
    if alone is None or alone.summary != "passed":
        wrong.append("not passed even alone")
    elif together is None or earned(together) != earned(alone):
        wrong.append("another verdict in company")
    elif booked(course, name, problem) != together.score:
        wrong.append(f"booked {booked(course, name, problem)}")
    scores = [f"{v.summary}, {v.score:g}" if v else "none" for v in (alone, together)]
    return Row(name, "batch", "on", scores[0], scores[1], "; ".join(wrong))


def earned(verdict: Verdict) -> list[tuple]:
    """What each case earned; times differ from run to run."""
    cases = [case for case in verdict.cases if not case.name.startswith("speed")]
    return [(case.name, case.status, case.earned, case.worst) for case in cases]


def case_row(course: Course, case: TrustCase, folder: Path, after) -> Row:
    """A cheat or damage in the batch: its verdict as stated, booked, and told in a page."""
    harm = case.harm(folder) if case.harm else ""
    row = judged(case, "batch", True, after[1] if after else None, harm)
    if row.wrong or after is None:
        return row
    wrong = []
    if (found := booked(course, case.id, case.problem)) != after[1].score:
        wrong.append(f"booked {found}, the verdict says {after[1].score}")
    page = feedback_file(course, case.id, case.problem)
    if not page.exists():
        wrong.append("no feedback")
    elif any(word in page.read_text(encoding="utf-8") for word in ACTIVE):
        wrong.append("its script is in the feedback")
    return Row(*list(vars(row).values())[:-1], wrong="; ".join(wrong))


def booked(course: Course, student: str, problem: str) -> float | None:
    """The score in grades.csv; None where there is none."""
    with (course.root / "grades.csv").open(encoding="utf-8", newline="") as file:
        cells = {row["student"]: row.get(problem, "") for row in csv.DictReader(file)}
    text = cells.get(student, "")
    return float(text) if text else None
