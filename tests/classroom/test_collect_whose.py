"""Whose it is: nobody is merged with another, guessed at, or there twice."""

from __future__ import annotations

import pytest
from collecting import P1, reasons, submitted
from collecting import assignment as assignment
from exports import (
    blackboard,
    canvas,
    drive,
    exchange,
    folders,
    moodle,
)
from packing import FORMS, as_folder, as_zip, wrapped
from people import ASSIGNMENT, CLASS, NAMES, Student, notebook, work_of

from autograder.classroom.collect import collect
from autograder.classroom.settle import strays


def test_two_of_one_name_are_not_merged(assignment, tmp_path):
    """Where a name alone says whose work it is, are two people of that name refused?"""
    ada, eva = CLASS[0], Student("Eva", "Braun", 999)
    export = drive([ada, eva]) | {f"Ada Lovelace - {NAMES[0]} (1).ipynb": notebook("another")}
    report = collect(assignment, as_zip(export, tmp_path / "drive-download-1-001.zip"))
    assert submitted(assignment).keys() == {"Eva Braun"}
    assert "two different files of Ada Lovelace" in reasons(report)
    assert not report.complete


def test_a_roster_tells_that_there_is_one_of_that_name(assignment, tmp_path):
    """With a roster, is the second file of a name an attempt of the only person so called?"""
    (assignment.root / "roster.csv").write_text("id,name\nada,Ada Lovelace\n")
    export = drive(CLASS[:1]) | {f"Ada Lovelace - {NAMES[0]} (1).ipynb": notebook("another")}
    report = collect(assignment, as_zip(export, tmp_path / "drive-download-1-001.zip"))
    assert report.complete and submitted(assignment).keys() == {"ada"}


def roster_of_two(assignment) -> None:
    rows = "id,name,moodle_id\nada,Ada Lovelace,101\nada2,Ada Lovelace,102\n"
    (assignment.root / "roster.csv").write_text(rows)


def test_a_roster_that_comes_later_gives_its_ids_to_all_that_was_collected(assignment, tmp_path):
    """Is nobody there twice, is the first attempt still theirs, and do grades find them?"""
    from autograder.classroom.gradesheets import SHEETS
    from autograder.classroom.platforms.model import Person
    from autograder.classroom.students import Students

    collect(assignment, as_zip(moodle(CLASS[:2]), tmp_path / "one.zip"))
    roster_of_two(assignment)
    empty = {n: notebook("", filled=False) for n in moodle(CLASS[:2]) if P1 in n}
    report = collect(assignment, as_zip(empty, tmp_path / "two.zip"))
    assert report.complete and [new for _, new in report.renamed] == ["ada", "ada2"]
    assert submitted(assignment).keys() == {"ada", "ada2"}
    assert submitted(assignment)["ada"][P1] == work_of(CLASS[0])
    row = Person(SHEETS["moodle"].platform, "102", "Ada Lovelace")
    assert Students.load(assignment.root).whose(row) == "ada2"


def test_who_was_graded_before_the_roster_came_keeps_the_id(assignment, tmp_path):
    """Where grades exist under another id, is that said, and nothing moved?"""
    collect(assignment, as_zip(moodle(CLASS[:2]), tmp_path / "one.zip"))
    (assignment.root / "autograded/Ada-Lovelace-101").mkdir(parents=True)
    roster_of_two(assignment)
    report = collect(assignment, tmp_path / "one.zip")
    assert "stands here as `Ada-Lovelace-101`" in reasons(report)
    assert submitted(assignment).keys() == {"Ada-Lovelace-101", "ada2"}
    (left,) = strays(assignment.root, [ASSIGNMENT])
    assert left.source.endswith("Ada-Lovelace-101") and "No row of roster.csv" in left.reason


def test_one_id_with_two_names_is_nobodys(assignment, tmp_path):
    """Are two names under one id of a platform refused?"""
    export = moodle(CLASS[:1]) | {
        f"Somebody Else_{CLASS[0].number}_assignsubmission_file/{P1}": notebook("else")
    }
    report = collect(assignment, as_zip(export, tmp_path / "a.zip"))
    assert submitted(assignment) == {} and "have one id (101)" in reasons(report)


@pytest.mark.parametrize(
    "name", ["-rf", "...", "..bob", "ada\n", "ada\x1b[2J", "ada\u202e", "a" * 200, "p1", NAMES[0]]
)
def test_what_can_be_nobodys_name_becomes_no_folder(assignment, tmp_path, name):
    """Is a folder with such a name left and told, beside one that is taken?"""
    export = {f"{name}/{P1}": notebook("x"), f"ada/{P1}": notebook("y")}
    report = collect(assignment, as_folder(export, tmp_path / "d"))
    assert submitted(assignment) == {"ada": {P1: notebook("y")}}
    assert len([left for left in report.left if left.matters]) == 1


def test_letter_case_alone_tells_nobody_apart(assignment, tmp_path):
    """Are `Ada` and `ada` both refused, and an `ADA` that comes later too?"""
    export = {f"{name}/{P1}": notebook(name) for name in ("Ada", "ada", "bob")}
    report = collect(assignment, as_folder(export, tmp_path / "d"))
    assert submitted(assignment).keys() == {"bob"} and not report.complete
    later = {f"{name}/{P1}": notebook(name) for name in ("BOB", "cleo")}
    report = collect(assignment, as_folder(later, tmp_path / "e"))
    assert submitted(assignment).keys() == {"bob", "cleo"}
    assert "already" in reasons(report)


def test_composed_and_decomposed_accents_are_one_name(assignment, tmp_path):
    """Is a name that macOS took apart the same student as before?"""
    for number, name in enumerate(("Jos\u00e9", "Jose\u0301")):
        export = {f"{name}/{P1}": notebook(str(number)), f"bob/{P1}": notebook("b")}
        collect(assignment, as_folder(export, tmp_path / str(number)))
    assert submitted(assignment).keys() == {"Jos\u00e9", "bob"}


def test_names_with_a_meaning_elsewhere_are_written_so_that_they_have_none(assignment, tmp_path):
    """Are brackets and quotes kept out of folder names, reversibly?"""
    from autograder.classroom.ids import told_id

    names = ["[a-z]", "a b; c", "O'Brien, Siobhán", 'q"uote', "x~41", "xA", "$HOME", "王(2)"]
    export = {f"{name}/{P1}": notebook(name) for name in names}
    report = collect(assignment, as_folder(export, tmp_path / "d"))
    assert report.complete, reasons(report)
    found = submitted(assignment)
    assert {told_id(id): files[P1] for id, files in found.items()} == {
        name: notebook(name) for name in names
    }
    assert not any(c in "".join(found) for c in '[]();$"')


@pytest.mark.parametrize(
    "export",
    [
        {f"lovelace {NAMES[0]}.ipynb": b"1", f"turing {NAMES[0]}.ipynb": b"2"},
        {f"wrapper/lovelace_{NAMES[0]}.ipynb": b"1", f"wrapper/turing_{NAMES[0]}.ipynb": b"2"},
        {f"{NAMES[0]}.ipynb": b"1"},
        {"p1_ada.ipynb": b"1", "ada_p1.ipynb": b"2"},
        {f"one/two/three/{P1}": b"1"},
        {f"{NAMES[0]}/ada.ipynb": b"1", f"{NAMES[1]}/ada.ipynb": b"1"},
    ],
)
@pytest.mark.parametrize("form", ["zip", "unpacked", "zip in a folder"])
def test_what_is_not_recognised_is_nobodys(assignment, tmp_path, export, form):
    """Is a flat folder of an unknown form, or one that may be a wrapper, not guessed at?"""
    report = collect(assignment, FORMS[form](export, tmp_path))
    assert submitted(assignment) == {} and not report.complete
    assert len(report.left) == len(export)


def test_a_class_in_one_folder_beside_others_is_not_one_student(assignment, tmp_path):
    """Are two sections' folders, with a folder per student in each, not taken for two students?"""
    export = wrapped(folders(CLASS[:3]), "section 1") | wrapped(folders(CLASS[3:6]), "section 2")
    report = collect(assignment, as_folder(export, tmp_path / "d"))
    assert submitted(assignment) == {}
    assert "folder section 1" in reasons(report) and "by itself" in reasons(report)
    report = collect(assignment, [tmp_path / "d" / "section 1", tmp_path / "d" / "section 2"])
    assert report.complete and len(submitted(assignment)) == 6


def test_a_student_has_one_id_over_calls_and_platform_ids_come_back(assignment, tmp_path):
    """Does a later export find the same student, though LATE and the file's number changed?"""
    collect(assignment, as_zip(canvas(CLASS), tmp_path / "a.zip"))
    before = submitted(assignment).keys()
    late = [Student(s.first, s.last, s.number, not s.late) for s in CLASS]
    collect(assignment, as_folder(canvas(late), tmp_path / "b"))
    assert submitted(assignment).keys() == before


def test_two_platforms_do_not_share_a_login(assignment, tmp_path):
    """Is GitHub's `ada` not taken for the folder `ada` of before?"""
    collect(
        assignment,
        as_folder({f"ada/{P1}": notebook("a"), f"b/{P1}": notebook("b")}, tmp_path / "a"),
    )
    export = {f"fa2-submissions/fa2-ada/{P1}": notebook("github's")}
    report = collect(assignment, as_folder(export, tmp_path / "b"))
    assert submitted(assignment)["ada"][P1] == notebook("a") and "github" in reasons(report).lower()


def test_two_platforms_in_one_call_do_not_share_a_login_either(assignment, tmp_path):
    """Are one login of two platforms two people, until the roster says that they are one?"""
    ada = CLASS[0]
    two = [
        as_zip(blackboard([ada]), tmp_path / "a.zip"),
        as_zip(exchange([ada, CLASS[1]]), tmp_path / "b.zip"),
    ]
    report = collect(assignment, two)
    assert submitted(assignment).keys() == {"s_102"} and "cannot be told apart" in reasons(report)
    (assignment.root / "roster.csv").write_text("id\ns_101\ns_102\n")
    assert collect(assignment, two).complete
    assert submitted(assignment).keys() == {"s_101", "s_102"}
