"""Grades go back by the ids that came in: the platform's own sheet, one column changed."""

from __future__ import annotations

import csv
import io

import pytest
from collecting import assignment as assignment
from exports import blackboard, brightspace, canvas, moodle
from packing import as_zip
from people import ASSIGNMENT, CLASS

from autograder.classroom.collect import collect
from autograder.classroom.gradesheets import SHEETS, Filled, Grade, fill, number, recognised
from autograder.classroom.roster import Roster, Row, load_roster
from autograder.classroom.students import Students
from autograder.errors import CourseError


def sheet(heads: list[str], rows: list[list[object]], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([heads, *rows])
    return out.getvalue()


def canvas_sheet() -> bytes:
    heads = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Lab 1 (77)", "Lab 2 (78)"]
    notes = [["", "", "", "", "", "Manual Posting", ""]]
    possible = [["    Points Possible", "", "", "", "", "750", "10"]]
    rows = [[s.sortable, s.number, f"sis{s.number}", s.login, "A", "", "3"] for s in CLASS]
    test = [["Student, Test", "999", "", "x", "A", "", ""]]
    return sheet(heads, notes + possible + rows + test).encode("utf-8-sig")


def moodle_sheet() -> bytes:
    heads = ["Identifier", "Full name", "Email address", "Status", "Grade", "Maximum Grade"]
    heads += ["Last modified (grade)", "Feedback comments"]
    rows = [
        [f"Participant {s.number}", s.name, s.email, "Submitted", "", "750,00", "-", ""]
        for s in CLASS
    ]
    return sheet(heads, rows).encode()


def blackboard_sheet() -> bytes:
    heads = ["Last Name", "First Name", "Username", "Student ID", "Last Access", "Availability"]
    heads += ["Total [Total Pts: 10 Score] |11", "Lab 1 [Total Pts: 750 Score] |12"]
    rows = [[s.last, s.first, s.login, s.number, "", "Yes", "1", ""] for s in CLASS]
    return sheet(heads, rows, "\t").encode("utf-16")


def brightspace_sheet() -> bytes:
    heads = ["OrgDefinedId", "Username", "Last Name", "First Name", "Email"]
    heads += ["Lab 1 Points Grade <Numeric MaxPoints:750>", "End-of-Line Indicator"]
    rows = [
        [f"#{5000 + s.number}", f"#{s.login}", s.last, s.first, s.email, "", "#"] for s in CLASS
    ]
    return sheet(heads, rows).encode()


def parsed(data: bytes, delimiter: str = ",", encoding: str = "utf-8-sig") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(encoding)), delimiter=delimiter))


def roster_of_class(folder) -> None:
    lines = [f'{s.login},"{s.name}",{s.email},{s.number}' for s in CLASS]
    text = "id,name,email,brightspace_id\n" + "\n".join(lines)
    (folder / "roster.csv").write_text(text, encoding="utf-8")


CASES = {
    "canvas": (canvas, canvas_sheet, "Lab 1", "ID", "Lab 1 (77)", ",", "utf-8-sig"),
    "moodle": (moodle, moodle_sheet, "", "Identifier", "Grade", ",", "utf-8"),
    "blackboard": (blackboard, blackboard_sheet, "Lab 1", "Username", None, "\t", "utf-16"),
    "brightspace": (brightspace, brightspace_sheet, "", "Username", None, ",", "utf-8"),
}


def points(student) -> float:
    """Nobody has another's points."""
    return student.number + 0.5


def round_trip(assignment, tmp_path, name: str) -> tuple[bytes, Filled]:
    """Collect a platform's export, then fill its sheet by what came in."""
    export, make, column, *_ = CASES[name]
    if name == "brightspace":
        roster_of_class(assignment.root)
    report = collect(assignment, as_zip(export(CLASS), tmp_path / "d.zip"))
    assert report.complete
    students = Students.load(assignment.root, load_roster(assignment.root))
    platform = SHEETS[name].platform if name != "brightspace" else "brightspace"
    by_key = {
        entry["platforms"][platform][ASSIGNMENT]["key"]: id for id, entry in students.known.items()
    }
    grades = {
        by_key[key]: Grade(points(s), f"for {s.number}")
        for s in CLASS
        for key in {str(s.number), s.login} & by_key.keys()
    }
    assert len(grades) == len(CLASS)
    data = make()
    return data, fill(SHEETS[name], data, grades, students.whose, column)


@pytest.mark.parametrize("name", CASES)
def test_everybody_has_their_own_points_and_nothing_else_changed(assignment, tmp_path, name):
    """Is each student's grade in the row of the id that came in, names twice or not?"""
    *_, key, column, delimiter, encoding = CASES[name]
    before, filled = round_trip(assignment, tmp_path, name)
    assert (filled.absent, filled.unknown, filled.doubtful) == ([], [], [])
    assert len(filled.done) == len(CLASS) and filled.most == 750
    old, new = (parsed(data, delimiter, encoding) for data in (before, filled.data))
    column = column or next(h for h in new[0] if h.startswith("Lab 1"))
    want = {str(s.number): s for s in CLASS} | {s.login: s for s in CLASS}
    seen = 0
    for was, now in zip(old, new, strict=True):
        student = want.get(now[key].removeprefix("Participant ").removeprefix("#"))
        changed = {h for h in now if now[h] != was[h]}
        assert changed == ({column} | ({"Feedback comments"} & now.keys()) if student else set())
        if student:
            assert float(now[column].replace(",", ".")) == points(student)
            seen += 1
    assert seen == len(CLASS)
    assert filled.data[:3] == before[:3]


def test_a_name_twice_and_no_id_is_left_and_told():
    """Without a roster or an id, is a name that two have not guessed at?"""
    known = {
        id: {
            "name": "Ada Lovelace",
            "platforms": {"drive": {ASSIGNMENT: {"key": id, "name": name}}},
        }
        for id, name in (("a", "Ada Lovelace"), ("b", "Ada Lovelace"), ("c", "Eva Braun"))
    }
    students = Students(None, None, known)
    data = sheet(["Student", "ID", "Lab (1)"], [["Lovelace, Ada", 1, ""], ["Braun, Eva", 2, ""]])
    grades = {id: Grade(1.0) for id in known}
    filled = fill(SHEETS["canvas"], data.encode(), grades, students.whose)
    assert (filled.done, filled.unknown, filled.absent) == (["c"], ["1"], ["a", "b"])


def test_the_student_number_tells_who_is_who_on_another_platform():
    """Collected from Gradescope, graded in Canvas: is a name that is there twice no hindrance?"""
    known = {}
    for id, sid in (("a@x", "77"), ("b@x", "78")):
        told = {"key": id, "name": "Ada Lovelace", "sid": sid}
        known[id] = {"name": told["name"], "platforms": {"gradescope": {ASSIGNMENT: told}}}
    data = sheet(["Student", "ID", "SIS User ID", "Lab (1)"], [["Lovelace, Ada", 1, 78, ""]])
    grades = {"b@x": Grade(2.0)}
    filled = fill(SHEETS["canvas"], data.encode(), grades, Students(None, None, known).whose)
    assert (filled.done, filled.unknown) == (["b@x"], [])


def test_two_rows_of_one_student_are_both_left():
    """Are two rows that fit one student by name both left without a grade?"""
    students = Students(None, Roster([Row("eva", "Eva Braun")]))
    data = sheet(["Student", "ID", "Lab (1)"], [["Braun, Eva", 1, "7"], ["Eva Braun", 2, ""]])
    filled = fill(SHEETS["canvas"], data.encode(), {"eva": Grade(1.0)}, students.whose)
    assert (filled.done, filled.doubtful) == ([], ["1", "2"])
    assert [row["Lab (1)"] for row in parsed(filled.data)] == ["7", ""]


def test_what_was_not_graded_is_no_zero():
    """Does a grade that is open leave the cell as it is?"""
    students = Students(None, Roster([Row("eva", "Eva Braun")]))
    data = sheet(["Student", "ID", "Lab (1)"], [["Braun, Eva", 1, "7"]])
    filled = fill(SHEETS["canvas"], data.encode(), {"eva": Grade(None)}, students.whose)
    assert filled.data.decode() == data and filled.absent == []


@pytest.mark.parametrize(
    ("heads", "column", "says"),
    [
        (["Name", "Lab (1)"], "", "no column `ID`"),
        (["Student", "ID", "Lab 1 (1)", "Lab 2 (2)"], "", "`Lab 1 (1)`, `Lab 2 (2)`"),
        (["Student", "ID", "Lab 1 (1)"], "Lab 9", "`Lab 1 (1)`"),
        (["Student", "ID", "Section"], "", "none"),
    ],
)
def test_a_sheet_of_another_form_is_refused(heads, column, says):
    with pytest.raises(CourseError) as error:
        fill(SHEETS["canvas"], sheet(heads, []).encode(), {}, lambda person: "", column)
    assert says in str(error.value)


def test_gradescopes_table_is_told_where_grades_go():
    """Does Gradescope's own download, which nothing can be put back into, say what to do?"""
    for heads in (
        ["First Name", "Last Name", "SID", "Email", "Sections", "Total Score", "Lateness (H:M:S)"],
        ["Name", "SID", "Email", "Lab 1", "Lab 1 - Lateness (H:M:S)", "Total Lateness (H:M:S)"],
    ):
        with pytest.raises(CourseError, match="autograder gradescope-zip"):
            recognised(sheet(heads, []).encode())


def test_numbers():
    """Are points written without needless zeros, with the platform's comma?"""
    assert [number(x) for x in (750.0, 12.5, 0.125, 0.0)] == ["750", "12.5", "0.12", "0"]
    assert number(12.5, comma=True) == "12,5"
