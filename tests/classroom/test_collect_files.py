"""What a student's file may be called, packed in, or be instead of a notebook."""

from __future__ import annotations

import zipfile

import pytest
from collecting import P1, by_key, reasons, submitted
from collecting import assignment as assignment
from exports import (
    canvas,
    folders,
    moodle,
)
from packing import as_folder, as_zip
from people import CLASS, NAMES, notebook

from autograder.classroom.collect import collect


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
