"""From submitted files to gradebook, feedback and CSV, through nbgrader's own commands."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from autograder.grading.rebuild import released_notebook, runnable_solution, the_file
from nbgrader.api import Gradebook

from autograder.classroom.run import run_class, submissions
from autograder.course import Course
from autograder.generate.release import build_release
from autograder.grading.book import Book
from autograder.grading.verdict import save_verdict
from autograder.registry import hidden_words

pytestmark = pytest.mark.xdist_group("autograde")  # one process builds the course for all
ROOT = Path(__file__).resolve().parents[1]
NAME = "flash_attention"
NOISE = """
import sys, warnings
print("to stderr", file=sys.stderr)
warnings.warn("a warning")
from IPython.display import HTML, display
display(HTML("<script>document.title = 'owned'</script>"))
200.0
"""


def nbgrader(course: Course, *arguments: str) -> str:
    """Run an nbgrader command in the course's folder; its log, failing loudly."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=course.root,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stderr


def hand_in(course: Course, student: str, nb, problem: str = "p1") -> Path:
    path = course.root / "submitted" / student / NAME / the_file(course.release_dir, problem).name
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nb, path)
    return path


def colab(nb):
    """Stripped of everything that nbgrader knows."""
    for cell in nb.cells:
        cell.metadata = nbformat.from_dict({"id": "abc"})
    return nb


def without_rescaling(nb):
    for cell in nb.cells:
        if "acc = acc * alpha" in cell.source:
            cell.source = cell.source.replace("acc = acc * alpha", "pass")
            break
    else:
        raise AssertionError("the p1 solution rescales acc in another way now; adapt this test")
    nb.cells.append(nbformat.v4.new_markdown_cell("<img src=x onerror=alert(1)> mine"))
    nb.cells.append(nbformat.v4.new_code_cell(NOISE))
    return nb


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Course:
    """A course with four submissions of p1, run, booked, and with feedback and grades written."""
    root = tmp_path_factory.mktemp("course")
    shutil.copy(ROOT / "nbgrader_config.py", root)
    shutil.copytree(ROOT / "solutions", root / "solutions")
    shutil.copy(ROOT / "course.toml", root)
    build_release(root)
    course = Course.load(root)
    perfect = runnable_solution(course, "p1")
    hand_in(course, "ada", colab(runnable_solution(course, "p1")))
    hand_in(course, "bob", without_rescaling(perfect))
    hand_in(course, "cyd", nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")]))
    hand_in(course, "dee", released_notebook(course, "p1"))
    outcomes = list(run_class(course, submissions(course), jobs=2))
    assert [o.fault for o in outcomes if o.fault] == []
    nbgrader(course, "autograde", NAME)
    nbgrader(course, "generate_feedback", NAME)
    nbgrader(course, "export", "--exporter", "autograder.plugins.export.GradesExporter")
    return course


def rows(course: Course) -> dict[str, dict[str, str]]:
    with (course.root / "grades.csv").open(encoding="utf-8", newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def grade(course: Course, student: str, problem: str = "p1"):
    with Gradebook(course.database_url) as book:
        notebook = the_file(course.release_dir, problem).stem
        found = book.find_grade(f"{problem}-check", notebook, NAME, student)
        return found.auto_score, found.needs_manual_grade


def feedback(course: Course, student: str, problem: str = "p1") -> str:
    page = the_file(course.release_dir, problem).with_suffix(".html").name
    return (course.root / "feedback" / student / NAME / page).read_text(encoding="utf-8")


def test_each_student_gets_what_the_work_is_worth(course):
    """Are the booked scores the verdicts' scores, and is "not graded" not 0?"""
    book = Book(course)
    for student in ("ada", "bob", "dee"):
        assert grade(course, student) == (book.verdict(student, "p1").score, False)
    assert grade(course, "ada")[0] >= 180
    assert 0 < grade(course, "bob")[0] < 100
    assert grade(course, "dee")[0] == 0
    assert grade(course, "cyd") == (None, True)


def test_the_csv_says_what_is_open(course):
    """Does each row have a column per problem, a status and a reason?"""
    found = rows(course)
    ends = ["total", "max", "status", "reason", "repairs"]
    assert list(found["ada"]) == ["student", *course.problem_ids, *ends]
    assert found["ada"]["max"] == str(course.full_mark)
    assert found["cyd"]["p1"] == "" and found["cyd"]["status"] == "not gradable"
    assert "defines FlashAttention2Function" in found["cyd"]["reason"]
    assert found["dee"]["p1"] == "0.0"
    assert found["ada"]["p3"] == "" and found["ada"]["status"] == "incomplete"


def test_feedback_shows_why_and_nothing_active(course):
    """Does the page name the mistake, and has what the student wrote lost its power?"""
    page = feedback(course, "bob")
    assert "accumulator is not rescaled" in page
    assert "document.title = &#39;owned&#39;" not in page.split("<body")[0]
    for active in ("<script>document.title", "onerror=alert", "<img src=x"):
        assert active not in page
    assert "mine" in page


def test_feedback_leaks_nothing(course):
    """Are hidden sources and the grader's own files out of every page?"""
    for student in ("ada", "bob", "cyd", "dee"):
        page = feedback(course, student)
        for secret in ("autograder/", "GradedCase", "draw_seed", str(course.root), str(ROOT)):
            assert secret not in page, secret
    untouched = feedback(course, "cyd")
    assert [word for word in hidden_words("p1") if word in untouched] == []


def test_repairs_are_told(course):
    """Does a student whose notebook had lost its metadata read what was repaired?"""
    for told in (feedback(course, "ada"), rows(course)["ada"]["repairs"]):
        assert "had lost its nbgrader metadata" in told


def test_plain_autograde_grades_by_itself(course):
    """Without verdict files, does `nbgrader autograde` give the same grades as a class run?"""
    before = grade(course, "bob")
    path = Book(course).path("bob", "p1")
    text = path.read_text(encoding="utf-8")
    path.unlink()
    nbgrader(course, "autograde", NAME, "--student", "bob", "--force")
    assert grade(course, "bob") == before
    assert path.read_text(encoding="utf-8") == text


def test_a_fitting_verdict_is_not_made_again(course):
    """Is a second run free, and does changed code make a new verdict?"""
    path = Book(course).path("ada", "p1")
    stamp = path.stat().st_mtime_ns
    work = submissions(course, ["ada"])
    assert [o.verdict.score for o in run_class(course, work, 1)] == [grade(course, "ada")[0]]
    assert path.stat().st_mtime_ns == stamp


def test_what_cannot_be_graded_clears_an_older_score(course):
    """After a good grade, does an unusable new version leave no old score behind?"""
    hand_in(course, "fay", runnable_solution(course, "p1"))
    nbgrader(course, "autograde", NAME, "--student", "fay")
    assert grade(course, "fay")[0] >= 180
    hand_in(course, "fay", nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")]))
    nbgrader(course, "autograde", NAME, "--student", "fay", "--force")
    assert grade(course, "fay") == (None, True)


def test_equal_code_is_run_once(course):
    """Does a student whose code another one has get that verdict, with their own repairs?"""
    hand_in(course, "gus", runnable_solution(course, "p1"))
    book = Book(course)
    first = book.verdict("ada", "p1").model_copy(update={"machine": "where ada's was run"})
    save_verdict(book.path("ada", "p1"), first)
    work = submissions(course, ["ada", "gus"])
    found = {o.submission.student: o.verdict for o in run_class(course, work, jobs=2)}
    assert found["gus"].machine == "where ada's was run"
    assert found["gus"].cases == first.cases
    assert found["gus"].repairs == [] != found["ada"].repairs
    assert book.verdict("gus", "p1") == found["gus"]
