"""Feedback under the names that a platform takes, and grades as others read them."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from collecting import assignment as assignment
from exports import canvas, canvas_anonymous, moodle
from packing import as_zip
from people import ASSIGNMENT, CLASS, NAMES, notebook

from autograder.classroom.collect import collect
from autograder.classroom.feedback_zip import pack
from autograder.classroom.grades import gradescope_results, read_grades
from autograder.classroom.gradesheets import Filled, Grade
from autograder.classroom.students import Students
from autograder.classroom.way_back import export_sheet, filled_lines
from autograder.errors import CourseError
from autograder.grading.verdict import CaseVerdict, Verdict


def pages(assignment) -> None:
    """A page for every notebook of every student, which says whose it is."""
    for folder in (assignment.root / "submitted").glob(f"*/{ASSIGNMENT}"):
        target = assignment.root / "feedback" / folder.parent.name / ASSIGNMENT
        target.mkdir(parents=True)
        for path in folder.glob("*.ipynb"):
            (target / f"{path.stem}.html").write_bytes(path.read_bytes())


def packed(assignment, form: str) -> dict[str, bytes]:
    target = assignment.root / "feedback.zip"
    done = pack(assignment.root, ASSIGNMENT, form, target, Students.load(assignment.root))
    assert done.missing == [] and done.students == len(CLASS)
    with zipfile.ZipFile(target) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize(("export", "form"), [(moodle, "moodle"), (canvas, "canvas")])
def test_pages_go_to_the_ids_that_came_in(assignment, tmp_path, export, form):
    """Does the platform's own rule lead from each page's name to the student who handed in?"""
    collect(assignment, as_zip(export(CLASS), tmp_path / "d.zip"))
    pages(assignment)
    found: dict[str, list[bytes]] = {}
    for name, data in packed(assignment, form).items():
        if form == "moodle":  # assignfeedback_file_zip_importer: the second of five parts
            key = name.split("/")[0].split("_", 4)[1]
        else:  # Assignment#infer_comment_context_from_filename: the first two numbers
            key, attachment = [part for part in name.split("_") if re.fullmatch(r"\d+", part)][:2]
            sent = [n for n in canvas(CLASS) if f"_{attachment}_" in n]
            assert len(sent) == 1 and f"_{key}_" in sent[0]
        found.setdefault(key, []).append(data)
    for student in CLASS:
        mine = found[str(student.number)]
        assert len(mine) == len(NAMES)
        assert all(f'"note": "{student.number}"'.encode() in page for page in mine)


def test_anonymous_pages_stay_anonymous(assignment, tmp_path):
    collect(assignment, as_zip(canvas_anonymous(CLASS), tmp_path / "d.zip"))
    pages(assignment)
    assert all(re.match(r"anon_\w{5}_\d+_p", name) for name in packed(assignment, "canvas"))


def test_who_is_not_of_the_platform_is_named(assignment, tmp_path):
    """Is a student without an id on the platform told, not left out in silence?"""
    collect(assignment, as_zip(moodle(CLASS[:1]), tmp_path / "d.zip"))
    pages(assignment)
    target = tmp_path / "feedback.zip"
    done = pack(assignment.root, ASSIGNMENT, "canvas", target, Students.load(assignment.root))
    assert done.students == 0 and len(done.missing) == 1


def test_no_pages_is_an_error(assignment, tmp_path):
    with pytest.raises(CourseError, match="make feedback"):
        pack(assignment.root, ASSIGNMENT, "moodle", tmp_path / "x.zip", Students(tmp_path))


ONE = "student,p1,total,max,status,reason,repairs\nada,5,5,10,graded,fine,\nbob,,0,10,{},,\n"
TWO = "student,a/total,a/status,a/reason,flash_attention/total,flash_attention/status,"
TWO += "flash_attention/reason\n'+ada,9,graded,x,5,graded,fine\n"


@pytest.mark.parametrize("status", ["not submitted", "not gradable"])
def test_what_is_open_is_no_zero(tmp_path, status):
    (tmp_path / "grades.csv").write_text(ONE.format(status))
    found = read_grades(tmp_path / "grades.csv", ASSIGNMENT)
    assert found == {"ada": Grade(5.0, "fine"), "bob": Grade(None, "")}


def test_one_assignment_of_several(tmp_path):
    """Are the right columns read, and the spreadsheet's guard taken off?"""
    (tmp_path / "grades.csv").write_text(TWO)
    assert read_grades(tmp_path / "grades.csv", ASSIGNMENT) == {"+ada": Grade(5.0, "fine")}
    with pytest.raises(CourseError, match="no grades of warmup"):
        read_grades(tmp_path / "grades.csv", "warmup")
    with pytest.raises(CourseError, match="make grades"):
        read_grades(tmp_path / "nothing.csv", ASSIGNMENT)


def test_results_for_gradescope_add_up():
    """Do scores and full points of the tests add up to the verdict's, hidden cases hidden?"""
    cases = [
        CaseVerdict(name="one tile", status="passed", points=6, earned=6, public=True),
        CaseVerdict(name="ragged", status="wrong answer", points=4, detail="row 3"),
    ]
    verdict = Verdict(
        assignment=ASSIGNMENT, problem="p1", key="k", score=6, max_score=10, cases=cases
    )
    unread = Verdict(
        assignment=ASSIGNMENT,
        problem="p3",
        key="",
        status="not gradable",
        reason="a PDF",
        max_score=5,
    )
    told = gradescope_results([verdict, unread])
    assert told["score"] == sum(test["score"] for test in told["tests"]) == 6
    assert sum(test["max_score"] for test in told["tests"]) == 10
    assert [test["visibility"] for test in told["tests"]] == ["visible", "after_published"]
    assert "p3: a PDF" in told["output"]


def test_a_sheet_is_known_by_its_columns_and_filled_beside_itself(assignment, tmp_path):
    """From collecting to the platform's sheet: told by its structure, never overwritten?"""
    collect(assignment, as_zip(moodle(CLASS), tmp_path / "d.zip"))
    students = sorted(Students.load(assignment.root).known)
    lines = ["student,p1,total,max,status,reason,repairs"]
    lines += [f"{id},,{number},10,graded,ok,\n".strip() for number, id in enumerate(students)]
    (assignment.root / "grades.csv").write_text("\n".join(lines))
    sheet = tmp_path / "worksheet.csv"
    heads = "Identifier,Full name,Grade,Maximum Grade,Last modified (grade)\n"
    rows = "".join(f"Participant {s.number},{s.name!r},,10,-\n" for s in CLASS)
    sheet.write_text(heads + rows)
    filled, target = export_sheet(assignment.root, ASSIGNMENT, sheet)
    assert sheet.read_text() == heads + rows and target.name == "worksheet-filled.csv"
    assert sorted(filled.done) == students
    assert "Participant 101" in target.read_text() and not filled.outdated
    collect(assignment, tmp_path / "d.zip")  # nothing new
    assert not export_sheet(assignment.root, ASSIGNMENT, sheet)[0].outdated
    again = {name: notebook("better") for name in list(moodle(CLASS))[:1]}
    collect(assignment, as_zip(again, tmp_path / "again.zip"))
    assert export_sheet(assignment.root, ASSIGNMENT, sheet)[0].outdated


def test_a_sheet_of_no_known_form_is_refused(assignment, tmp_path):
    (tmp_path / "x.csv").write_text("Name,Mark\n")
    with pytest.raises(CourseError, match="no platform's sheet"):
        export_sheet(assignment.root, ASSIGNMENT, tmp_path / "x.csv")


def test_what_an_instructor_must_know_of_a_filled_sheet_is_said():
    """Are other points there, and cells without a grade, named?"""
    filled = Filled(b"", done=["ada"], empty=["bob"], most=750.0)
    told = dict(filled_lines(filled, Path("filled.csv"), 100))
    assert told["taken"] == "1 grade in filled.csv"
    notes = " ".join(text for _, text in filled_lines(filled, Path("filled.csv"), 100))
    assert "750 points, in course.toml 100" in notes and "bob" in notes
    filled.most = 100.0
    assert "course.toml" not in str(filled_lines(filled, Path("filled.csv"), 100))
