"""Every platform's export ends up under submitted/: whose it is, what, and when."""

from __future__ import annotations

import json
import shutil
from datetime import UTC
from itertools import product
from pathlib import Path

import pytest
from collecting import P1, by_key, reasons, submitted
from collecting import assignment as assignment
from exports import (
    EXPORTS,
    canvas,
    exchange,
    gradescope,
    moodle,
)
from packing import FORMS, as_folder, as_zip
from people import ASSIGNMENT, CLASS, NAMES, notebook, work_of
from samples import sampled

from autograder.classroom.collect import collect
from autograder.classroom.collect_report import lines
from autograder.errors import CourseError

ROOT = Path(__file__).resolve().parents[2]


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


def test_several_downloads_at_once(assignment, tmp_path):
    """Are two platforms' halves of a class both taken?"""
    one = as_zip(moodle(CLASS[:9]), tmp_path / "moodle.zip")
    two = as_folder(canvas(CLASS[9:]), tmp_path / "canvas")
    report = collect(assignment, [one, two])
    assert report.complete and len(submitted(assignment)) == len(CLASS)


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


def test_a_time_in_another_language_is_told(assignment, tmp_path):
    """Is a Brightspace folder in French the same student's, and its time said to be missing?"""
    export = {
        f"101-7 - Ada Lovelace - {when}/{P1}": notebook(when)
        for when in ("20 nov. 2026 10 h 11", "21 nov. 2026 9 h 05")
    }
    report = collect(assignment, as_zip(export, tmp_path / "a.zip"))
    assert by_key(assignment, "brightspace").keys() == {"101"}
    assert "1 person (no time can be read of 2 files)" in report.seen[0]


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
