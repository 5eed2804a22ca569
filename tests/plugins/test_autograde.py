"""From submitted files to gradebook, feedback and CSV, through nbgrader's own commands."""

from __future__ import annotations

import html
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from courses import EXPORT, NAME, booked, grades, hand_in, make_course, nbgrader, page
from nbconvert.exporters import HTMLExporter
from nbgrader.api import Gradebook
from nbgrader.server_extensions.formgrader import handlers
from solved import ROOT, notebook, solved

from autograder.classroom.demo import collect
from autograder.classroom.demo_model import Student, all_right
from autograder.classroom.run import SHARED, Outcome, run_class, submissions
from autograder.course import Assignment
from autograder.grading.book import Book
from autograder.grading.page import filled, released_notebook
from autograder.grading.verdict import Verdict
from autograder.registry import hidden_words, load

pytestmark = pytest.mark.xdist_group("nbgrader")  # one process builds the course for all
NOT_RESCALED = ("acc = acc * alpha", "acc = acc")
OPEN = load("p1").points - load("p1").speed.points  # what a CPU can give
NOISE = """
import sys, warnings
print("to stderr", file=sys.stderr)
raise SystemExit("<script>document.title = 'owned'</script>")
200.0
"""
OUTSIDE = ("mine alone", "printed at home", "to stderr", "owned", "onerror=alert")
NO_WORK = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")])


def colab() -> nbformat.NotebookNode:
    """Solved, and stripped of everything that nbgrader knows."""
    nb = notebook("p1")
    for cell in nb.cells:
        cell.metadata = nbformat.from_dict({"id": "abc"})
    return nb


def untidy() -> nbformat.NotebookNode:
    """Wrong in one line, with much around the region that nobody asked for."""
    nb = notebook("p1", solved("p1", NOT_RESCALED))
    nb.cells.insert(0, nbformat.v4.new_markdown_cell("<img src=x onerror=alert(1)> mine alone"))
    nb.cells.insert(2, nbformat.v4.new_code_cell(NOISE))
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs = [nbformat.v4.new_output("stream", text="printed at home")]
            cell.source = cell.source.replace("TILE_Q = 128", "TILE_Q = 4  # my own size")
    assert any("my own size" in cell.source for cell in nb.cells)
    return nb


@dataclass(frozen=True)
class Graded:
    """A course after it was run, and what became of each student's p1."""

    course: Assignment
    outcomes: dict[str, Outcome]


@pytest.fixture(scope="module")
def graded(tmp_path_factory) -> Graded:
    """p1 and p2 with some students' p1, run, booked, and with feedback and grades written."""
    course = make_course(tmp_path_factory.mktemp("course"), "p1", "p2")
    hand_in(course, "ada", "p1", colab())
    hand_in(course, "bob", "p1", untidy())
    hand_in(course, "cyd", "p1", NO_WORK)
    hand_in(course, "dee", "p1", notebook("p1", {}))
    hand_in(course, "eve", "p1", notebook("p1", solved("p1", ("p = torch.exp", "p = exec"))))
    hand_in(course, "hal", "p1", notebook("p1", solved("p1", NOT_RESCALED)))
    for student in ("fay", "ivy", "jon"):
        hand_in(course, student, "p1", notebook("p1"))
    outcomes = {
        o.submission.student: o for o in run_class(course.root, submissions(course), jobs=1)
    }
    assert [o.fault for o in outcomes.values() if o.fault] == []
    nbgrader(course, "autograde", NAME)
    nbgrader(course, "generate_feedback", NAME)
    nbgrader(course, *EXPORT)
    return Graded(course, outcomes)


@pytest.fixture
def course(graded: Graded) -> Assignment:
    return graded.course


def mark_by_hand(course: Assignment, student: str) -> float | None:
    """Give 190 points, as an instructor does in formgrader; the mark that was there."""
    with Gradebook(course.course.database_url) as book:
        grade = book.find_grade("p1-check", "p1_tiled_attention", NAME, student)
        before, grade.manual_score = grade.manual_score, 190
        book.db.commit()
        return before


@pytest.fixture(scope="module")
def again(graded: Graded) -> dict[str, Verdict]:
    """The class booked once more, after some have handed in other work, and bob's verdict and what
    was found of his work are lost. His verdict, before it was lost.
    """
    course = graded.course
    book = Book(course)
    kept = book.verdict("bob", "p1")
    book.path("bob", "p1").unlink()
    for name in kept.findings:
        (book.findings / name).unlink()
    mark_by_hand(course, "ivy")
    mark_by_hand(course, "jon")
    hand_in(course, "fay", "p1", NO_WORK)
    hand_in(course, "jon", "p1", notebook("p1", {}))
    nbgrader(course, "autograde", NAME, "--force")
    return {"bob": kept}


def autograded(course: Assignment, student: str) -> Path:
    """The notebook of p1 that nbgrader books."""
    return course.root / "autograded" / student / NAME / "p1_tiled_attention.ipynb"


def text(course: Assignment, student: str) -> str:
    """The student's page of p1."""
    return page(course, student, "p1").read_text(encoding="utf-8")


def test_what_travels_has_no_points(course):
    """Do the findings say what came out, and nothing of what it is worth?"""
    found = [path.read_text("utf-8") for path in (course.root / "findings").rglob("*.json")]
    assert found and not any(word in text for text in found for word in ('"points"', '"earned"'))


def test_the_demo_finds_what_grading_left(course):
    """Does `make demo` read the score and the feedback that are there?"""
    found = collect(course, Student("ada", "solved", {"p1": all_right()}))["p1"]
    assert (found.booked, found.feedback.exists()) == (str(OPEN), True)
    assert found.verdict == Book(course).verdict("ada", "p1")


def test_each_student_gets_what_the_work_is_worth(course):
    """Are the booked scores the verdicts' scores, and is "not graded" not 0?"""
    book = Book(course)
    for student in ("ada", "bob", "dee", "eve"):
        assert booked(course, student, "p1") == (book.verdict(student, "p1").score, False)
    assert booked(course, "ada", "p1")[0] == OPEN
    assert 0 < booked(course, "bob", "p1")[0] < OPEN
    assert booked(course, "dee", "p1")[0] == booked(course, "eve", "p1")[0] == 0
    assert booked(course, "cyd", "p1") == (None, True)


def test_only_the_regions_count(graded):
    """Is work in an untidy notebook worth what the same region is worth in a clean one?"""
    messy, clean = (graded.outcomes[student].verdict for student in ("bob", "hal"))
    assert clean.work == messy.work
    assert clean.cases == messy.cases
    assert clean.notes != messy.notes


def test_equal_work_is_run_once(graded):
    """Is of those who handed in the same regions only one run, and do all get that verdict?"""
    for students in (("bob", "hal"), ("ada", "fay", "ivy", "jon")):
        happened = [graded.outcomes[student].happened for student in students]
        assert sorted(happened) == ["graded", *[SHARED] * (len(students) - 1)]
        assert len({graded.outcomes[student].verdict.score for student in students}) == 1


def test_a_changed_given_line_is_told(course):
    """Does a student who changed given code read that the original was used?"""
    assert "You changed given code" in html.unescape(text(course, "bob"))


def test_the_csv_says_what_is_open(course):
    """Does each row have a column per problem, a status and a reason?"""
    found = grades(course)
    ends = ["total", "max", "status", "reason", "repairs"]
    assert list(found["ada"]) == ["student", "name", *course.problem_ids, *ends]
    assert found["ada"]["max"] == str(course.full_mark)
    assert found["cyd"]["p1"] == "" and found["cyd"]["status"] == "not gradable"
    assert "No cell holds the work" in found["cyd"]["reason"]
    assert found["dee"]["p1"] == "0.0" and "not implemented" in found["dee"]["reason"]
    assert found["eve"]["p1"] == "0.0" and "not allowed" in found["eve"]["reason"]
    assert found["ada"]["p2"] == "" and found["ada"]["status"] == "incomplete"


def test_what_is_booked_is_ours_but_for_the_regions(course):
    """Is the notebook that formgrader opens valid, and the released one but for the regions?"""
    nb = nbformat.read(autograded(course, "bob"), as_version=4)
    nbformat.validate(nb)
    expected = filled(released_notebook(course, "p1"), "p1", solved("p1", NOT_RESCALED))
    assert [cell.source for cell in nb.cells] == [cell.source for cell in expected.cells]
    outputs = [output for cell in nb.cells for output in cell.get("outputs", [])]
    assert [output.output_type for output in outputs] == ["display_data", "execute_result"]
    assert float(outputs[1].data["text/plain"]) == booked(course, "bob", "p1")[0]


def test_formgrader_shows_it(course):
    """Does formgrader's own page hold the report, and nothing of a student's but the region?"""
    folder = handlers.template_path
    exporter = HTMLExporter(template_name="formgrade", extra_template_basedirs=[folder])
    names = ("student", "assignment_id", "notebook_id", "submission_id", "base_url")
    more = {"last_name": "", "first_name": "", "notebook_path": "x", "index": 0, "total": 1}
    resources = {**dict.fromkeys(names, "x"), **more}
    shown, _ = exporter.from_filename(str(autograded(course, "bob")), resources=resources)
    assert "rescaled when the maximum moves" in shown and "STARTS HERE (p1.1)" in shown
    assert [outside for outside in OUTSIDE if outside in shown] == []


def test_the_page_shows_the_report_and_the_regions_alone(course):
    """Does the page begin with the report, then show the cells with regions, and nothing else?"""
    shown = text(course, "bob")
    body = html.unescape(shown.split("<body", 1)[1])
    report = body.find("rescaled when the maximum moves")
    assert 0 < report < body.find("STUDENT IMPLEMENTATION STARTS HERE (p1.1)")
    assert [outside for outside in OUTSIDE if outside in shown] == []


def test_the_page_leaks_nothing(course):
    """Are hidden sources and the grader's own files out of every page?"""
    for student in ("ada", "bob", "cyd", "dee", "eve"):
        for secret in ("autograder/", "GradedCase", "draw_seed", str(course.root), str(ROOT)):
            assert secret not in text(course, student), secret
    assert [word for word in hidden_words("p1") if word in text(course, "cyd")] == []


def test_repairs_and_reasons_are_told(course):
    """Does a student read what the grammar does not take, and why nothing could be graded?"""
    assert "exec" in html.unescape(text(course, "eve").split("<body", 1)[1].split("<pre", 1)[0])
    assert "Not graded: no points are lost yet" in text(course, "cyd")
    assert grades(course)["cyd"]["reason"].removeprefix("p1: ").split(" | ")[0] in html.unescape(
        text(course, "cyd")
    )


def test_a_fitting_verdict_is_not_made_again(course):
    """Is a second run free?"""
    path = Book(course).path("ada", "p1")
    stamp = path.stat().st_mtime_ns
    work = submissions(course, ["ada"])
    assert [o.verdict.score for o in run_class(course.root, work, 1)] == [OPEN]
    assert path.stat().st_mtime_ns == stamp


def test_plain_autograde_grades_by_itself(graded, again):
    """Without a verdict file, does `nbgrader autograde` give the same grade as a class run?"""
    book, score = Book(graded.course), graded.outcomes["bob"].verdict.score
    assert booked(graded.course, "bob", "p1") == (score, False)
    kept = again["bob"].model_copy(update={"handed_in": None})
    assert book.verdict("bob", "p1") == kept


def test_what_cannot_be_graded_clears_an_older_score(graded, again):
    """After a good grade, does an unusable new version leave no old score behind?"""
    assert graded.outcomes["fay"].verdict.score == OPEN
    assert booked(graded.course, "fay", "p1") == (None, True)


def test_a_mark_by_hand_stays(graded, again):
    """Does a new grading leave an instructor's mark, and ask to look only where it differs?"""
    assert booked(graded.course, "ivy", "p1") == (OPEN, False)
    assert booked(graded.course, "jon", "p1") == (0, True)
    assert [mark_by_hand(graded.course, student) for student in ("ivy", "jon")] == [190, 190]
