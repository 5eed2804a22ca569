"""Cheats as files: whatever a notebook holds, its regions are read out of it and nothing is run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cheats.cells import CELLS
from cheats.edits import BESIDE, EDITS, regions_in_prose
from cheats.instead import FORMS, INSTEAD
from solved import ASSIGNMENT, frame, notebook, solved

from autograder.errors import NotGradable
from autograder.intake.extract import extract
from autograder.selfcheck.regions import read_markers

MARK, FOLDER = "@MARK@", "@COURSE@"


def unfilled(problem: str) -> dict[str, str]:
    return {id: region.stub for id, region in frame(problem).regions.items()}


@pytest.fixture
def mark(tmp_path: Path):
    """A file that a cheat would make if it ran, and that is not there afterwards."""
    path = tmp_path / "mark"
    yield path
    assert not path.exists(), "it was run"


def handed_in(nb: dict, folder: Path, mark: Path, problem: str = "p1") -> Path:
    """The notebook as a file, with the cheat's names for places filled in."""
    text = json.dumps(nb).replace(MARK, str(mark)).replace(FOLDER, str(ASSIGNMENT.root))
    path = folder / f"{problem}.ipynb"
    path.write_text(text, encoding="utf-8")
    return path


def code_cell(source: str, id: str) -> dict:
    cell = {"cell_type": "code", "metadata": {}, "source": source, "id": id, "outputs": []}
    return cell | {"execution_count": None}


def cell_with_work(nb: dict) -> dict:
    return next(c for c in nb["cells"] if read_markers("".join(c["source"])).spans)


def beside_cells(work: dict[str, str], cells: list[str]) -> dict:
    """p1 with that work, and with the cells at the top, around the work, and at the end."""
    nb = json.loads(json.dumps(notebook("p1", work)))
    at = nb["cells"].index(cell_with_work(nb))
    for number, place in enumerate((len(nb["cells"]), at + 1, at, 0)):
        more = [code_cell(source, f"own-{number}-{i}") for i, source in enumerate(cells)]
        nb["cells"][place:place] = more
    return nb


@pytest.mark.parametrize("name", CELLS)
def test_cells_of_its_own(name: str, tmp_path: Path, mark: Path):
    """Is an unfilled notebook unfilled whatever stands in cells beside the work?"""
    path = handed_in(beside_cells(unfilled("p1"), [CELLS[name]]), tmp_path, mark)
    found = extract(path, frame("p1"))
    assert (found.work, found.refusals) == (unfilled("p1"), ())


def test_all_cells_beside_honest_work(tmp_path: Path, mark: Path):
    """Does work that is right stay what it is beside all of them?"""
    path = handed_in(beside_cells(solved("p1"), [*CELLS.values()]), tmp_path, mark)
    found = extract(path, frame("p1"))
    assert (found.work, found.refusals) == (solved("p1"), ())


@pytest.mark.parametrize("name", INSTEAD)
@pytest.mark.parametrize("form", FORMS)
def test_code_instead_of_the_work(name: str, form: str, tmp_path: Path, mark: Path):
    """Is code outside the markers no work, and code without markers no notebook of ours?"""
    problem = name.partition(":")[0]
    nb = json.loads(json.dumps(notebook(problem, unfilled(problem))))
    cell = cell_with_work(nb)
    cell["source"] = FORMS[form]("".join(cell["source"]), INSTEAD[name])
    path = handed_in(nb, tmp_path, mark, problem)
    if form == "instead":
        with pytest.raises(NotGradable):
            extract(path, frame(problem))
        return
    found = extract(path, frame(problem))
    assert (found.work, found.refusals) == (unfilled(problem), ())


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
@pytest.mark.parametrize("filled", [False, True], ids=["unfilled", "solved"])
def test_edits_of_the_file(edit, filled: bool, tmp_path: Path, mark: Path):
    """Do metadata, ids, outputs and roles say nothing about the work?"""
    work = solved("p1") if filled else unfilled("p1")
    nb = json.loads(json.dumps(notebook("p1", work)))
    edit(nb)
    found = extract(handed_in(nb, tmp_path, mark), frame("p1"))
    if edit is regions_in_prose and not filled:  # an honest cell may have changed its kind
        assert [refusal.what for refusal in found.refusals] == ["import os"]
    else:
        assert (found.work, found.refusals) == (work, ())


def test_files_beside_the_notebook(tmp_path: Path, mark: Path, monkeypatch):
    """Are modules that were handed in beside the notebook never imported?"""
    for name in BESIDE:
        (tmp_path / name).write_text(f"open({str(mark)!r}, 'w')\nraise SystemExit('200.0')\n")
    monkeypatch.chdir(tmp_path)
    path = handed_in(json.loads(json.dumps(notebook("p1"))), tmp_path, mark)
    assert extract(path, frame("p1")).work == solved("p1")
