"""Which of several attempts counts, over calls and downloads."""

from __future__ import annotations

import os

from collecting import P1, by_key, submitted
from collecting import assignment as assignment
from exports import (
    gradescope,
)
from packing import as_folder, as_zip
from people import ASSIGNMENT, CLASS, NAMES, notebook

from autograder.classroom.collect import collect


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
