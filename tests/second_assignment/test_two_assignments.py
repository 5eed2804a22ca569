"""A course of two small assignments, whose problems stand in the course's own folder."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from courses import EXPORT, nbgrader
from solved import ROOT
from tiny_course import files_of
from typer.testing import CliRunner

from autograder.classroom.run import Outcome, run_class, submissions
from autograder.cli import app
from autograder.course import Assignment, Course
from autograder.errors import CourseError
from autograder.frames import released_frame, solution_work, the_file
from autograder.generate.release import build_release
from autograder.grading.keys import KEY_FILE
from autograder.grading.page import filled, released_notebook
from autograder.grading.verdict import load_verdict, verdict_path
from autograder.registry import find_name, load
from autograder.selfcheck.problem import find_problem

# One process builds the course for all.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("second assignment")]
WARMUP, LATER = "warmup", "later"


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Course:
    """Both assignments released, one after the other."""
    root = tmp_path_factory.mktemp("two") / "course"
    shutil.copytree(Path(__file__).with_name("course"), root)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    (root / KEY_FILE).write_text("22" * 32, encoding="ascii")
    done = CliRunner().invoke(app, ["release", "--root", str(root)])
    assert done.exit_code == 0, done.output
    return Course.load(root)


def hand_in(assignment: Assignment, student: str, problem: str, work: dict[str, str]) -> None:
    """The released notebook with that work in it."""
    name = the_file(assignment.release_dir, problem).name
    folder = assignment.submitted_dir(student)
    folder.mkdir(parents=True, exist_ok=True)
    nb = filled(released_notebook(assignment, problem), problem, work)
    nbformat.write(nb, folder / name)


@pytest.fixture(scope="module")
def outcomes(course: Course) -> list[Outcome]:
    """Ada solved everything, bob the first problem of the warm-up; then all is booked."""
    for assignment in course.assignments:
        for problem in assignment.problem_ids:
            hand_in(assignment, "ada", problem, solution_work(assignment, problem))
    warmup = course.assignment(WARMUP)
    hand_in(warmup, "bob", "w1", solution_work(warmup, "w1"))
    hand_in(warmup, "bob", "w2", {})
    work = [item for assignment in course.assignments for item in submissions(assignment)]
    made = list(run_class(course.root, work, jobs=1))
    for assignment in course.assignments:
        nbgrader(assignment, "autograde", assignment.name)
        nbgrader(assignment, "generate_feedback", assignment.name)
    nbgrader(course.assignments[0], *EXPORT)
    return made


def test_one_hand_out_holds_both(course: Course) -> None:
    """Did the second release leave the first one's notebooks, and does the README list both?"""
    names = {path.name for path in course.notebooks_dir.glob("*.ipynb")}
    assert names == {
        "w1_scaled_rows.ipynb",
        "w2_scaled_rows_in_triton.ipynb",
        "w1_centred_rows.ipynb",
    }
    readme = (course.notebooks_dir / "README.md").read_text()
    assert readme.index("## warmup") < readme.index("w2_scaled") < readme.index("## later")
    public = course.notebooks_dir / "selfcheck" / "problems"
    assert (public / "warmup" / "w1.py").is_file() and (public / "later" / "w1.py").is_file()


def test_one_can_be_released_again_without_the_other(course: Course) -> None:
    """Are the other's files the same to the byte afterwards?"""
    before = files_of(course.root / "release", course.notebooks_dir)
    build_release(course.root, WARMUP)
    assert files_of(course.root / "release", course.notebooks_dir) == before


def test_regions_are_told_by_where_they_stand(course: Course) -> None:
    """Is one region a kernel's and the other PyTorch's, in problems of the same id too?"""
    warmup, later = course.assignments
    assert released_frame(warmup, "w1").regions["w1.1"].kind == "torch"
    assert released_frame(warmup, "w2").regions["w2.1"].kind == "kernel"
    assert "centre_rows" in released_frame(later, "w1").source


def test_an_id_that_two_assignments_have_needs_the_assignment(course: Course) -> None:
    """Is "w1" alone refused with both names, and "w2", which one alone has, understood?"""
    with pytest.raises(CourseError, match="later/w1"):
        load("w1")
    with pytest.raises(ValueError, match="warmup/w1"):
        find_problem("w1")
    assert load("later/w1").public.title == "Centred rows"
    assert str(find_name("w2")) == "warmup/w2"
    assert find_problem("w2").name == "warmup/w2"


@pytest.mark.parametrize(("name", "problem"), [(WARMUP, "w1"), (WARMUP, "w2"), (LATER, "w1")])
def test_the_students_notebook_passes_the_solution(
    course: Course, tmp_path: Path, name: str, problem: str
) -> None:
    """Filled in and run by itself, without the package, does the public notebook's check pass?"""
    assignment = course.assignment(name)
    public = course.notebooks_dir / the_file(assignment.release_dir, problem).name
    nb = filled(nbformat.read(public, as_version=4), problem, solution_work(assignment, problem))
    cells = [cell.source for cell in nb.cells if cell.cell_type == "code"]
    script = tmp_path / "notebook.py"
    alone = 'import sys\n\nsys.modules["autograder"] = None  # any import of it now fails'
    script.write_text("\n\n\n".join([alone, *cells]), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, script],
        capture_output=True,
        text=True,
        check=False,
        env={k: v for k, v in os.environ.items() if k != "TRITON_INTERPRET"},
    )
    assert "public cases pass" in done.stdout, done.stdout + done.stderr


def test_every_submission_has_a_verdict_of_its_own(course: Course, outcomes: list[Outcome]) -> None:
    """Do problems of the same id keep apart, in the verdicts' folders too?"""
    assert [o.fault for o in outcomes if o.fault] == []
    scores = {
        (o.submission.assignment, o.submission.student, o.submission.problem): o.verdict.score
        for o in outcomes
    }
    assert scores == {
        (WARMUP, "ada", "w1"): 10,
        (WARMUP, "ada", "w2"): 20,
        (WARMUP, "bob", "w1"): 10,
        (WARMUP, "bob", "w2"): 0,
        (LATER, "ada", "w1"): 30,
    }
    for assignment, student, problem in scores:
        kept = load_verdict(verdict_path(course.root / "verdicts", assignment, student, problem))
        assert (kept.assignment, kept.score) == (assignment, scores[assignment, student, problem])


@pytest.mark.usefixtures("outcomes")
def test_the_grades_of_both_stand_in_one_file(course: Course) -> None:
    """Are all assignments exported, with their sums, and can one be had by itself?"""
    with (course.root / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    ada, bob = rows["ada"], rows["bob"]
    assert [ada[key] for key in ("warmup/w1", "warmup/w2", "warmup/total")] == [
        "10.0",
        "20.0",
        "30.0",
    ]
    assert [ada[key] for key in ("later/total", "total", "max")] == ["30.0", "60.0", "40"]
    assert (bob["warmup/total"], bob["later/status"]) == ("10.0", "not submitted")
    assert (bob["total"], bob["later/w1"]) == ("10.0", "")
    nbgrader(
        course.assignments[0], *EXPORT, "--to", "one.csv", "--GradesExporter.assignment", LATER
    )
    text = (course.root / "one.csv").read_text(encoding="utf-8-sig")
    assert text.startswith("student,name,w1,total,max,")


@pytest.mark.usefixtures("outcomes")
def test_each_has_its_own_feedback(course: Course) -> None:
    """Does a page show the problem of its own assignment?"""
    page = course.root / "feedback" / "ada" / LATER / "w1_centred_rows.html"
    assert "w1: Centred rows" in page.read_text(encoding="utf-8")


def test_an_assignment_of_a_courses_own_has_its_demo(course: Course) -> None:
    """Is the class of problems/hidden/warmup/demo/ graded as it expects?"""
    command = [sys.executable, "-m", "autograder.cli", "demo", WARMUP]
    done = subprocess.run(command, cwd=course.root, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Every outcome is as expected" in done.stdout
