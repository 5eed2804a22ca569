"""Handing in: what is missing, a file that grading takes, a receipt that its page repeats."""

from __future__ import annotations

import json
import re

import nbformat
import pytest
from solved import cells, frame, notebook, solved

from autograder.grading.show import verdict_html
from autograder.grading.verdict import Verdict
from autograder.intake.extract import extract
from autograder.selfcheck.live import read_live
from autograder.selfcheck.program import graded_work
from autograder.selfcheck.regions import receipt
from autograder.selfcheck.session import Checked, checked
from autograder.selfcheck.submit import file_name, hand_in, submit

RIGHT = solved("p1")


@pytest.fixture(autouse=True)
def no_check_yet():
    checked.clear()
    yield
    checked.clear()


def handed_in(folder, run, capsys, shown=None, problem_id="p1"):
    """What was printed, and the file, after the cells were run and handed in."""
    live = read_live(problem_id, run, frame(problem_id))
    hand_in(live, "Ada Lovelace", "al/12 3", folder, lambda: shown)
    return capsys.readouterr().out, folder / f"{problem_id}_al-12-3.ipynb"


@pytest.mark.parametrize("problem_id", ["p1", "p8"])
def test_the_file_is_a_notebook_that_grading_takes_as_it_is(problem_id, tmp_path, capsys):
    """Is the file valid, are its regions the student's, and is the receipt that of the grader?"""
    work = solved(problem_id)
    said, file = handed_in(tmp_path, cells(problem_id, work), capsys, problem_id=problem_id)
    nbformat.validate(nbformat.read(file, as_version=4))
    taken = extract(file, frame(problem_id))
    assert taken.work == work and not taken.repairs and not taken.refusals and not taken.remarks
    number = re.search(r"Receipt: (\S+)\.", said)[1]
    assert number == receipt(taken.work)
    verdict = Verdict(assignment="flash_attention", problem=problem_id, key="", max_score=1)
    assert number in verdict_html(verdict, taken.work)
    about = json.loads(file.read_text())["metadata"]["hand_in"]
    assert (about["student_id"], about["receipt"]) == ("al/12 3", number)


def test_a_region_without_code_has_the_receipt_of_a_stub(tmp_path, capsys):
    """Does the grader read the same from a region that holds only a comment?"""
    said, file = handed_in(tmp_path, cells("p1", {"p1.1": "# later"}), capsys)
    assert f"Receipt: {receipt(extract(file, frame('p1')).work)}." in said
    assert "✗ p1.1 is not filled in" in said


def test_what_is_missing_is_listed(tmp_path, capsys):
    """Are refused code, changed given code and a missing check told, and the file still written?"""
    work = solved("p1", ("p = torch.exp", "import os\np = torch.exp"))
    run = [c.replace("TILE_Q = 128", "TILE_Q = 4") for c in cells("p1", work)]
    said, file = handed_in(tmp_path, run, capsys)
    assert "✓ p1.1 is filled in" in said and file.is_file()
    assert len(re.findall("✗ .*import os", said)) == 1
    assert "✗ You changed given code" in said
    assert "✗ not checked in this session" in said and "3 to mend first" in said


@pytest.mark.parametrize("passed", [True, False])
def test_the_last_check_is_named(passed, tmp_path, capsys):
    """Are its result and its time there, and is it said when the code has changed since?"""
    work = receipt(graded_work(frame("p1"), RIGHT))
    checked["p1"] = Checked(work, passed, "What it said.", "2026-11-26 05:00")
    said, _ = handed_in(tmp_path, cells("p1", RIGHT), capsys)
    assert f"{'✓' if passed else '✗'} last check, 2026-11-26 05:00: What it said." in said
    assert ("Now hand it in." in said) == passed
    other = solved("p1", ("acc = acc * alpha", "acc = acc"))
    said, _ = handed_in(tmp_path, cells("p1", other), capsys)
    assert "✗ changed since the last check (2026-11-26 05:00)" in said


def test_on_colab_the_file_is_the_notebook_in_the_browser(tmp_path, capsys):
    """Are the student's notes kept and outputs dropped, and is an edit that was not run told?"""
    nb = notebook("p1")
    nb.cells.append(nbformat.v4.new_markdown_cell("my notes"))
    nb.cells[1].outputs = [nbformat.v4.new_output("stream", text="a" * 10_000)]
    said, file = handed_in(
        tmp_path, cells("p1", RIGHT), capsys, shown=json.loads(nbformat.writes(nb))
    )
    assert "my notes" in file.read_text() and "aaaa" not in file.read_text()
    assert extract(file, frame("p1")).work == RIGHT and "was changed after" not in said
    said, file = handed_in(tmp_path, cells("p1", {}), capsys, shown=json.loads(nbformat.writes(nb)))
    assert "✗ p1.1: the cell was changed after it was run" in said
    assert f"Receipt: {receipt(RIGHT)}" in said and extract(file, frame("p1")).work == RIGHT


@pytest.mark.parametrize("shown", [{"cells": []}, {}, None])
def test_a_browser_that_answers_nonsense_does_no_harm(shown, tmp_path, capsys):
    """Is the file then made of what was run?"""
    _, file = handed_in(tmp_path, cells("p1", RIGHT), capsys, shown=shown)
    assert extract(file, frame("p1")).work == RIGHT


def test_without_an_id_nothing_is_written(tmp_path, capsys, monkeypatch):
    """Is a student who ran the cell as it came told to fill it in?"""
    monkeypatch.chdir(tmp_path)
    submit("p1", name="Ada", student_id=" ")
    assert "your student id between the quotes" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told(tmp_path, capsys):
    """Is there a way out where the file cannot be written?"""
    said, _ = handed_in(tmp_path / "gone", cells("p1", RIGHT), capsys)
    assert "cannot be written here" in said and "Save the notebook" in said


@pytest.mark.parametrize("problem_id", [f"p{n}" for n in range(1, 10)])
def test_the_submit_cell_is_last_and_belongs_to_nobody(problem_id):
    """Is it the last cell, neither graded nor a part of the program?"""
    nb = notebook(problem_id, {})
    assert nb.cells[-1].source == f'submit("{problem_id}", name="", student_id="")'
    assert "nbgrader" not in nb.cells[-1].metadata
    assert "submit(" not in frame(problem_id).source


def test_any_id_makes_a_plain_file_name():
    assert file_name("p3", "../Zoë Å") == "p3_..-Zoë-Å.ipynb"
