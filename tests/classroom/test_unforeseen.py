"""Platforms that nobody prepared for, and whatever else a folder holds: nobody is merged."""

from __future__ import annotations

import json
import os
from itertools import product

import pytest
from collecting import assignment as assignment
from collecting import submitted
from exports import EXPORTS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packing import Export, as_folder, as_zip, wrapped
from people import ASSIGNMENT, CLASS, NAMES, notebook, work_of
from samples import sampled

from autograder.classroom.collect import collect
from autograder.classroom.downloads import files_in
from autograder.classroom.ids import refusal, safe_id, told_id
from autograder.classroom.platforms import claims
from autograder.classroom.platforms.model import Download
from autograder.classroom.platforms.times import UTC
from autograder.errors import CourseError

P1 = f"{NAMES[0]}.ipynb"


def schoology() -> Export:
    """Schoology: a folder per student, and in it one per revision."""
    return {f"{s.sortable} - {s.number}/Revision 1 - On time/{P1}": work_of(s) for s in CLASS}


def artemis() -> Export:
    """Artemis: a repository per student, named by course, exercise and login."""
    return {f"FA2-{s.number}-{s.login}-Participation/{P1}": work_of(s) for s in CLASS}


def edx() -> Export:
    """Open edX: flat, a hash and the name of the file."""
    return {f"{s.number:032x}_{P1}": work_of(s) for s in CLASS}


def olat() -> Export:
    """OpenOLAT: a folder per student with numbered steps in it."""
    return {f"Lab/{s.last}_{s.first}_{s.login}/2_submissions/{P1}": work_of(s) for s in CLASS}


def codegrade() -> Export:
    """CodeGrade: flat, `number - name` before the file."""
    return {f"{s.number}-{s.name}-{P1}": work_of(s) for s in CLASS}


FORMS = list(product((True, False), (True, False), (schoology, artemis, edx, olat, codegrade)))


@pytest.mark.parametrize(("in_a_wrapper", "packed", "make"), sampled(FORMS, 5))
def test_an_unknown_platform_merges_nobody(assignment, tmp_path, make, packed, in_a_wrapper):
    """Is each student's work taken for one student alone, or refused by name?"""
    export = wrapped(make()) if in_a_wrapper else make()
    path = as_zip(export, tmp_path / "d.zip") if packed else as_folder(export, tmp_path / "d")
    report = collect(assignment, path)
    found = [files[P1] for files in submitted(assignment).values()]
    assert len(found) == len(set(found))  # nobody has another's, nobody's is lost in another's
    everything = [a["digest"] for a in attempts(assignment)]
    assert len(everything) == len(found)  # no second attempt was made of another's work
    refused = {left.source.split("/")[-1] for left in report.left if left.matters}
    assert len(found) + len([left for left in report.left if left.matters]) == len(CLASS)
    assert found or refused


def submitty() -> Export:
    """Submitty, all versions: a folder per login with numbered ones in it, and its own JSON."""
    files = {}
    for s in CLASS:
        files[f"submissions/{s.login}/user_assignment_settings.json"] = b'{"active_version": 1}'
        files[f"submissions/{s.login}/1/{P1}"] = work_of(s)
    return files


def roster_of_logins(assignment) -> None:
    lines = [f'{s.login},"{s.name}"' for s in CLASS]
    (assignment.root / "roster.csv").write_text("id,name\n" + "\n".join(lines), encoding="utf-8")


def test_json_of_the_platforms_own_is_nobodys_work(assignment, tmp_path):
    """Is a JSON file that is no notebook left without a warning, a notebook saved so not?"""
    saved = {"submissions/s_101/notes.json": b'{"cells": []'}
    report = collect(assignment, as_zip(submitty() | saved, tmp_path / "lab1_all_students.zip"))
    assert len(submitted(assignment)) == len(CLASS)
    (left,) = [left.source for left in report.left if left.matters]
    assert left.endswith("notes.json")


@pytest.mark.parametrize("versions", [("Version 9", "Version 10"), ("10:14:09", "10:14:11")])
def test_the_higher_number_is_the_newer_attempt(assignment, tmp_path, versions):
    """Does the last of numbered folders count, though a program unpacked it first?"""
    ada = CLASS[0]
    export = {f"Lab/{s.login}/lab 1/{P1}": work_of(s) for s in CLASS[1:]}
    export |= {f"Lab/{ada.login}/lab 1/{v}/{P1}": notebook(v) for v in versions}
    folder = as_folder(export, tmp_path / "d")
    os.utime(folder / f"Lab/{ada.login}/lab 1/{versions[1]}/{P1}", (1e9, 1e9))
    assert ada.login in "".join(left.source for left in collect(assignment, folder).left)
    roster_of_logins(assignment)
    assert collect(assignment, folder).complete
    assert submitted(assignment)[ada.login][P1] == notebook(versions[1])


def test_a_name_twice_in_the_roster_is_told_what_to_write(assignment, tmp_path):
    """Are folders called by name taken once their names stand in `folder_id`?"""
    path = as_folder(
        {f"{name}/Lab 1/{P1}": notebook(name) for name in ("Ada Lovelace", "Ada Lovelace (1)")},
        tmp_path / "d",
    )
    roster_of_logins(assignment)
    told = [left.reason for left in collect(assignment, path).left]
    assert "Write Ada Lovelace into the column folder_id" in told[0]
    assert "write Ada Lovelace (1) into the column folder_id" in told[1]
    (assignment.root / "roster.csv").write_text(
        "id,name,folder_id\na,Ada Lovelace,Ada Lovelace\nb,Ada Lovelace,Ada Lovelace (1)\n"
    )
    assert collect(assignment, path).complete
    assert submitted(assignment)["b"] == {P1: notebook("Ada Lovelace (1)")}


@pytest.mark.parametrize("name", ["d.tgz", "d.tar.gz", "d.7z", "d.rar"])
def test_another_packers_archive_is_to_be_unpacked(assignment, tmp_path, name):
    """Is the advice to unpack it, as a download and as what one student handed in?"""
    (tmp_path / name).write_bytes(b"packed")
    with pytest.raises(CourseError, match="Unpack it, and collect the folder"):
        collect(assignment, tmp_path / name)
    path = as_folder({f"ada/{name}": b"packed", f"ada/{P1}": notebook("ada")}, tmp_path / "d")
    (left,) = collect(assignment, path).left
    assert left.matters and "Unpack it there" in left.reason
    report = collect(assignment, as_folder({name: b"packed", f"b{name}": b"p"}, tmp_path / "e"))
    assert not report.complete and report.taken == []


def attempts(assignment) -> list[dict]:
    records = (assignment.root / "collected").rglob("attempts.json")
    return [attempt for record in records for attempt in json.loads(record.read_text())]


PARTS = st.sampled_from(
    ["ada", "bob", "Ada", "p1", "x.zip", "Lab (1)", "submissions", "Ada Lovelace - p1", "a_1_2_b"]
)
FILES = st.sampled_from(
    [P1, "p1.ipynb", "ada_p1.ipynb", "lovelaceada_1_2_p1.ipynb", "Ada - p1.ipynb", "plot.png"]
)
TREES = st.dictionaries(
    st.tuples(st.lists(PARTS, max_size=3), FILES).map(lambda t: "/".join([*t[0], t[1]])),
    st.binary(min_size=1, max_size=3),
    min_size=1,
    max_size=8,
)


@given(TREES)
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_file_is_spoken_of(tmp_path_factory, tree):
    """Whatever lies in a download: has every file exactly one claim, and none a doubtful name?"""
    folder = tmp_path_factory.mktemp("d")
    as_zip(tree, folder / "d.zip")
    files = files_in(folder / "d.zip")
    download = Download("d", files, UTC, list(NAMES), ASSIGNMENT)
    found = claims(download, lambda name: False)
    assert sorted(c.found.told() for c in found) == sorted(f.told() for f in files)
    for claim in found:
        assert claim.person is None or claim.found.parts[: claim.at + 1]
        if claim.person and claim.person.platform == "folder":
            assert claim.person.key in claim.found.inside.as_posix()


@given(st.text(max_size=40))
@settings(max_examples=300, deadline=None)
def test_a_safe_id_is_reversible_and_safe(text):
    """Does every name that is accepted come back from its id, and lead nowhere else?"""
    import unicodedata

    if refusal(text):
        return
    id = safe_id(text)
    assert told_id(id) == unicodedata.normalize("NFC", text)
    assert safe_id(told_id(id)) == id
    assert not set(id) & set('/\\[]()*?{}<>|:;&$!#%"`\n\0') and id not in (".", "..")
    assert id[0] not in ".-" and id[-1] not in " ."


@given(st.permutations(sorted(EXPORTS)[:8]))
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_order_of_files_does_not_matter(tmp_path_factory, order):
    """Is the same said of an export, whatever order its files come in?"""
    folder = tmp_path_factory.mktemp("d")
    make = EXPORTS[order[0]][0]
    export = make(CLASS)
    one = as_zip(export, folder / "a.zip")
    two = as_zip(dict(reversed(export.items())), folder / "b.zip")
    told = []
    for path in (one, two):
        download = Download("d", files_in(path), UTC, list(NAMES), ASSIGNMENT)
        said = claims(download, lambda name: False)
        told.append({(str(c.found.inside), c.person, c.left) for c in said})
    assert told[0] == told[1]
