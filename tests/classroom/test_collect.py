"""Every platform's export ends up under submitted/: whose it is, what, and when."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from datetime import UTC
from itertools import product
from pathlib import Path

import pytest
from exports import (
    ASSIGNMENT,
    CLASS,
    EXPORTS,
    FORMS,
    NAMES,
    Student,
    as_folder,
    as_zip,
    blackboard,
    canvas,
    drive,
    exchange,
    folders,
    gradescope,
    moodle,
    notebook,
    work_of,
    wrapped,
)
from samples import sampled

from autograder.classroom.collect import collect
from autograder.classroom.collect_report import lines
from autograder.classroom.settle import strays
from autograder.classroom.taking import Report
from autograder.course import Course
from autograder.errors import CourseError

ROOT = Path(__file__).resolve().parents[2]
P1 = f"{NAMES[0]}.ipynb"


@pytest.fixture
def assignment(tmp_path):
    root = tmp_path / "course"
    root.mkdir()
    (root / "course.toml").write_text(
        '[course]\nname = "GPU"\npublic_repository = "a/b"\n'
        f"[assignments.{ASSIGNMENT}]\npoints = {{ p1 = 1, p3 = 1 }}\n"
    )
    release = root / "release" / ASSIGNMENT
    release.mkdir(parents=True)
    for name in NAMES:
        (release / f"{name}.ipynb").write_text("{}")
    return Course.load(root).assignment()


def submitted(assignment) -> dict[str, dict[str, bytes]]:
    """Student -> file -> content, as nbgrader would find it."""
    return {
        folder.parent.name: {p.name: p.read_bytes() for p in folder.glob("*.ipynb")}
        for folder in (assignment.root / "submitted").glob(f"*/{ASSIGNMENT}")
    }


def by_key(assignment, platform: str) -> dict[str, dict[str, bytes]]:
    """The same, by what the platform calls a student."""
    known = json.loads((assignment.root / "collected/students.json").read_text())
    return {
        known[id]["platforms"][platform][ASSIGNMENT]["key"]: files
        for id, files in submitted(assignment).items()
    }


def reasons(report: Report) -> str:
    return "\n".join(f"{left.reason} {left.source}" for left in report.left if left.matters)


@pytest.mark.parametrize(("form", "platform"), sampled(product(FORMS, EXPORTS), len(EXPORTS)))
def test_everybody_is_taken_and_nobody_merged(assignment, tmp_path, platform, form):
    """Does each student of each platform's export have exactly their own work, and the time?"""
    from nbgrader.utils import parse_utc

    make, name, key, tells_time = EXPORTS[platform]
    students = CLASS if platform != "Google Drive" else CLASS[1:15] + CLASS[16:]
    report = collect(assignment, FORMS[form](make(students), tmp_path), UTC)
    assert report.complete, reasons(report)
    expected = {key(s): {f"{n}.ipynb": work_of(s, n) for n in NAMES} for s in students}
    assert by_key(assignment, name) == expected
    assert len(report.seen) == 1 and f"{len(students)} people" in report.seen[0]
    known = json.loads((assignment.root / "collected/students.json").read_text())
    ids = {e["platforms"][name][ASSIGNMENT]["key"]: id for id, e in known.items()}
    for s in students:
        stamp = assignment.root / "submitted" / ids[key(s)] / ASSIGNMENT / "timestamp.txt"
        assert stamp.exists() == tells_time
        if tells_time:
            when = parse_utc(stamp.read_text().strip()).replace(second=0, microsecond=0)
            assert when == s.when.replace(tzinfo=None)


def test_what_a_platform_says_of_lateness_is_kept(assignment, tmp_path):
    """Does LATE in a Canvas name stay with the attempt?"""
    report = collect(assignment, as_zip(canvas(CLASS), tmp_path / "submissions.zip"))
    late = {}
    for record in (assignment.root / "collected").rglob("attempts.json"):
        late |= {int(a["key"]): a["late"] for a in json.loads(record.read_text())}
    assert late == {s.number: s.late for s in CLASS}
    (told,) = [text for _, text in lines(report, assignment.root) if "Late by" in text]
    assert told.count(",") == 1 + sum(s.late for s in CLASS) - 1


def test_a_newer_file_that_does_not_count_is_told(assignment, tmp_path):
    """Late, but with nothing in it: is that said, and the work before it called in time?"""
    first = {f"lovelaceada_4711_670001_{P1}": notebook("ada")}
    again = {
        f"lovelaceada_LATE_4711_680001_{P1}": notebook("", filled=False),
        f"braunbob_LATE_4712_680002_{P1}": notebook("bob"),
    }
    collect(assignment, as_zip(first, tmp_path / "one.zip"))
    report = collect(assignment, as_zip(again, tmp_path / "two.zip"))
    (told,) = [taken for taken in report.taken if taken.passed_over]
    assert told.student == "lovelaceada-4711" and "nothing is filled in" in told.passed_over
    assert [taken.student for taken in report.taken if taken.late_untimed] == ["braunbob-4712"]
    stamp = assignment.root / "submitted/braunbob-4712" / ASSIGNMENT / "timestamp.txt"
    stamp.write_text("2026-11-21 10:00:00 UTC")
    report = collect(assignment, tmp_path / "two.zip")  # written down: not asked for again
    assert not any(taken.late_untimed for taken in report.taken) and stamp.exists()


def test_several_downloads_at_once(assignment, tmp_path):
    """Are two platforms' halves of a class both taken?"""
    one = as_zip(moodle(CLASS[:9]), tmp_path / "moodle.zip")
    two = as_folder(canvas(CLASS[9:]), tmp_path / "canvas")
    report = collect(assignment, [one, two])
    assert report.complete and len(submitted(assignment)) == len(CLASS)


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


def test_a_file_named_as_a_platform_names_them_stays_with_its_folder(assignment, tmp_path):
    """Does Canvas's name for Ada's file in Bob's folder not make it Ada's?"""
    export = folders(CLASS[:3]) | {f"bob/lovelaceada_4711_670001_{P1}": notebook("of ada")}
    report = collect(assignment, as_folder(export, tmp_path / "d"))
    assert len(submitted(assignment)) == 3 and "collect it by itself" in reasons(report)


def test_a_students_own_names_are_understood(assignment, tmp_path):
    """Does what Colab, a browser or the student calls a file not matter, once it is theirs?"""
    files = ["Copy of {}.ipynb", "{} (1).ipynb", "{}.ipynb.txt", "p1_ada.ipynb", "my p1.ipynb"]
    for number, file in enumerate(files):
        path = f"Ada_{number}_assignsubmission_file/{file.format(NAMES[0])}"
        export = {path: notebook(str(number))}
        report = collect(assignment, as_zip(export, tmp_path / f"{number}.zip"))
        assert report.complete, reasons(report)
    (unnamed,) = (
        as_zip({"Ada_9_assignsubmission_file/x.ipynb": notebook("9")}, tmp_path / "9.zip"),
    )
    (taken,) = collect(assignment, unnamed).taken
    assert taken.note == "recognised by its content, under the name x.ipynb"
    assert {k: f[P1] for k, f in by_key(assignment, "moodle").items()} == {
        str(n): notebook(str(n)) for n in (0, 1, 2, 3, 4, 9)
    }


def test_zips_that_students_hand_in_are_opened(assignment, tmp_path):
    """Are a zip in a zip, and one that does not open, what they should be: work, and told?"""
    inner = as_zip({f"deeper/{P1}": notebook("zipped")}, tmp_path / "w.zip").read_bytes()
    export = {
        "lovelaceada_101_1_work.zip": inner,
        "turingalan_102_2_work.zip": inner[:200],
        f"hoppergrace_103_3_{P1}": notebook("plain"),
    }
    report = collect(assignment, as_zip(export, tmp_path / "submissions.zip"))
    assert {k: f[P1] for k, f in by_key(assignment, "canvas").items()} == {
        "101": notebook("zipped"),
        "103": notebook("plain"),
    }
    assert "damaged" in reasons(report) and "turingalan" in reasons(report)


@pytest.mark.parametrize("inside", ["../../../bob/" + P1, "/etc/" + P1, "..\\..\\" + P1])
def test_a_zip_file_writes_nowhere_else(assignment, tmp_path, inside):
    """Is a path that leads out of the zip refused?"""
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        archive.writestr(f"ada/{P1}", notebook("a"))
        archive.writestr(f"bob/{P1}", notebook("b"))
        archive.writestr(inside, "{}")
    before = {path for path in tmp_path.rglob("*")}
    report = collect(assignment, tmp_path / "d.zip")
    made = {p for p in tmp_path.rglob("*") if p.is_file()} - before
    assert all(p.is_relative_to(assignment.root) for p in made)
    assert submitted(assignment).keys() == {"ada", "bob"} and not report.complete


def test_a_bomb_and_a_locked_zip_are_told(assignment, tmp_path):
    """Is a file of more than 50 MB, however small it is packed, refused while others are taken?"""
    export = {f"ada/{P1}": notebook("a"), f"bob/{P1}": b" " * 50_000_001}
    report = collect(assignment, as_zip(export, tmp_path / "d.zip"))
    assert submitted(assignment).keys() == {"ada"} and "no more than 50 are read" in reasons(report)
    lying = bytearray((tmp_path / "d.zip").read_bytes())
    at = lying.rindex(b"PK\x01\x02")
    lying[at + 24 : at + 28] = (1000).to_bytes(4, "little")  # says that it is small
    (tmp_path / "e.zip").write_bytes(lying)
    report = collect(assignment, tmp_path / "e.zip")
    assert submitted(assignment).keys() == {"ada", "bob"} or not report.complete


def test_the_newest_valid_attempt_counts(assignment, tmp_path):
    """Over several calls: does newer work replace older, and an unfilled or broken file nothing?"""

    def handed_in(*texts: tuple[int, bytes]) -> bytes:
        export = {f"lovelaceada_101_{serial}_{P1}": data for serial, data in texts}
        collect(assignment, as_zip(export, tmp_path / "s.zip"))
        return by_key(assignment, "canvas")["101"][P1]

    old, new, newest = (notebook(text) for text in ("old", "new", "newest"))
    untouched = notebook("", filled=False)
    assert handed_in((5, untouched)) == untouched
    assert handed_in((7, new), (6, old)) == new
    assert handed_in((8, untouched)) == new
    assert handed_in((9, b"not a notebook")) == new
    assert handed_in((6, old)) == new  # an export of last week, once more
    assert handed_in((10, newest)) == newest
    kept = assignment.root / "collected" / ASSIGNMENT
    files = {p.read_bytes() for p in kept.rglob("*.ipynb")}
    assert files == {old, new, newest, untouched, b"not a notebook"}


def test_what_was_there_before_is_an_attempt_too(assignment, tmp_path):
    """Is a file that another tool collected kept, and not replaced by an unfilled one?"""
    place = assignment.root / "submitted/ada" / ASSIGNMENT
    place.mkdir(parents=True)
    (place / P1).write_bytes(notebook("by hand"))
    collect(assignment, as_folder({f"ada/{P1}": notebook("", filled=False)}, tmp_path / "a"))
    assert submitted(assignment)["ada"][P1] == notebook("by hand")
    collect(assignment, as_folder({f"ada/{P1}": notebook("new")}, tmp_path / "b"))
    assert submitted(assignment)["ada"][P1] == notebook("new")
    kept = {p.read_bytes() for p in (assignment.root / "collected").rglob("*.ipynb")}
    assert notebook("by hand") in kept


def test_of_two_files_in_a_folder_the_newer_counts(assignment, tmp_path):
    """Is `p1 (1).ipynb` the same student's next attempt?"""
    export = {f"ada/{P1}": notebook("1"), f"ada/{NAMES[0]} (1).ipynb": notebook("2")}
    folder = as_folder({**export, f"bob/{P1}": notebook("3")}, tmp_path / "d")
    for age, path in enumerate(sorted(folder.rglob("*.ipynb"), reverse=True)):
        os.utime(path, (1000 + age, 1000 + age))
    newest = max(folder.glob("ada/*"), key=lambda path: path.stat().st_mtime).read_bytes()
    collect(assignment, folder)
    assert submitted(assignment)["ada"][P1] == newest


def test_collecting_again_changes_nothing(assignment, tmp_path):
    """Is a second call with the same download without effect?"""
    download = as_zip(gradescope(CLASS), tmp_path / "g.zip")
    collect(assignment, download)
    state = {p: p.read_bytes() for p in assignment.root.rglob("*") if p.is_file()}
    collect(assignment, download)
    assert {p: p.read_bytes() for p in assignment.root.rglob("*") if p.is_file()} == state


def test_a_group_hands_in_for_each_of_it(assignment, tmp_path):
    """Does every submitter of a group's Gradescope submission get it?"""
    export = gradescope(CLASS[:1])
    path = "assignment_9100_export/submission_metadata.yml"
    more = "  - :name: Bob\n    :sid: '7'\n    :email: bob@uni.example\n  :created_at"
    export[path] = export[path].replace(b"  :created_at", more.encode(), 1)
    collect(assignment, as_zip(export, tmp_path / "g.zip"))
    assert submitted(assignment).keys() == {"s_101@uni.example", "bob@uni.example"}


def test_without_its_metadata_gradescope_says_nobodys_name(assignment, tmp_path):
    """Are submissions without the metadata file refused, not named submission_9101?"""
    export = gradescope(CLASS)
    del export["assignment_9100_export/submission_metadata.yml"]
    report = collect(assignment, as_folder(export, tmp_path / "g"))
    assert submitted(assignment) == {} and "submission_metadata.yml" in reasons(report)


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


def test_a_time_in_another_language_is_told(assignment, tmp_path):
    """Is a Brightspace folder in French the same student's, and its time said to be missing?"""
    export = {
        f"101-7 - Ada Lovelace - {when}/{P1}": notebook(when)
        for when in ("20 nov. 2026 10 h 11", "21 nov. 2026 9 h 05")
    }
    report = collect(assignment, as_zip(export, tmp_path / "a.zip"))
    assert by_key(assignment, "brightspace").keys() == {"101"}
    assert "1 person (no time can be read of 2 files)" in report.seen[0]


def test_a_typed_text_is_told(assignment, tmp_path):
    """Are Moodle's and Canvas's online texts left with what to do?"""
    export = moodle(CLASS[:2]) | {"Bob_9_assignsubmission_onlinetext/onlinetext.html": b"<p>"}
    report = collect(assignment, as_zip(export, tmp_path / "a.zip"))
    assert "typed into Moodle" in reasons(report)
    export = canvas(CLASS[:2]) | {"bob_9_text.html": b"<p>"}
    report = collect(assignment, as_zip(export, tmp_path / "b.zip"))
    assert "typed into Canvas" in reasons(report)


def test_a_picture_beside_the_work_is_no_trouble(assignment, tmp_path):
    """Is what is no notebook told without being an error, unless it is all that there is?"""
    export = moodle(CLASS[:1]) | {
        f"{CLASS[0].name}_{CLASS[0].number}_assignsubmission_file/plot.png": b"png"
    }
    report = collect(assignment, as_zip(export, tmp_path / "a.zip"))
    assert report.complete and [left.reason for left in report.left] == ["It is no notebook."]
    only = {"Bob_9_assignsubmission_file/plot.png": b"png"}
    assert not collect(assignment, as_zip(only, tmp_path / "b.zip")).complete


def test_no_download_or_nothing_in_it_is_an_error(assignment, tmp_path):
    """Does a wrong path stop with a sentence that says what to do?"""
    with pytest.raises(CourseError, match="not found"):
        collect(assignment, tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(CourseError, match="no files in it"):
        collect(assignment, tmp_path / "empty")
    shutil.copy(ROOT / "course.toml", tmp_path / "p1.ipynb")
    with pytest.raises(CourseError, match="does not say whose"):
        collect(assignment, tmp_path / "p1.ipynb")


def test_the_exchanges_secret_comes_along(assignment, tmp_path):
    """Can nbgrader release feedback afterwards: is the secret beside the work?"""
    ada = CLASS[0]
    export = exchange([ada])
    folder = next(iter(export)).rpartition("/")[0]
    export[f"{folder}/submission_secret.txt"] = b"s3cret"
    report = collect(assignment, as_zip(export, tmp_path / "a.zip"))
    secret = assignment.submitted_dir(ada.login) / "submission_secret.txt"
    assert report.complete and secret.read_bytes() == b"s3cret"
