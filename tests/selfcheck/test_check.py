"""The self-check as a student meets it: what it says when work is right, wrong or missing."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from attention_styles import plain
from solved import cells, frame, solved

from autograder.selfcheck.check import examine, run_cases
from autograder.selfcheck.device import decide
from autograder.selfcheck.live import read_live
from autograder.selfcheck.problem import find_problem
from autograder.selfcheck.report import Report, Row

CPU = decide(None, None)


def rows_of(problem_id, entry):
    """The rows of any function in the place of the program's entry point."""
    problem = find_problem(problem_id)
    module = SimpleNamespace(**{problem.entry: entry})
    return list(run_cases(problem, None, module, CPU))


def report_of(run: list[str], problem_id: str = "p1") -> Report:
    """The report of a session in which these cells were run."""
    return examine(find_problem(problem_id), read_live(problem_id, run, frame(problem_id)), CPU)


def test_right_work_passes():
    """Does right work end with one clear sentence, and say why there is no timing?"""
    report = report_of(cells("p1", solved("p1")))
    assert report.passed and not report.remarks
    assert "public cases pass" in report.text() and "Timing needs a GPU" in report.text()


def test_an_unfilled_region_is_named_and_nothing_is_run():
    """Does a stub say which region is missing, once, without a traceback?"""
    text = report_of(cells("p1", {})).text()
    assert text.count("not implemented yet: region p1.1") == 1
    assert "Traceback" not in text


def test_work_is_needed():
    """Before its cell was run, is a student told to run it?"""
    with pytest.raises(LookupError, match="Run the cell with your code first"):
        read_live("p1", ["import math"])


def test_the_last_run_counts():
    """After a mistake was put right and the cell run again, is the new text checked?"""
    wrong = cells("p1", solved("p1", ("acc = acc * alpha", "acc = acc")))
    assert not report_of(wrong).passed
    assert report_of([*wrong, *cells("p1", solved("p1"))]).passed


def test_what_the_grader_would_not_run_is_told():
    """Is forbidden code named with its line, and not run?"""
    report = report_of(cells("p1", solved("p1", ("p = torch.exp", "import os\np = torch.exp"))))
    assert [row.status for row in report.rows] == ["not allowed"]
    assert "import os" in report.rows[0].detail and "of p1.1" in report.rows[0].detail


def test_changed_given_code_is_told_and_the_original_runs():
    """Is a changed tile size named, and does the check use the original one?"""
    run = [c.replace("TILE_Q = 128", "TILE_Q = 4") for c in cells("p1", solved("p1"))]
    report = report_of(run)
    assert report.passed
    assert any("You changed given code in line 1" in remark for remark in report.remarks)


def test_a_helper_outside_the_markers_is_named():
    """Is a function that the student wrote outside the region told as what it is?"""
    work = solved("p1", ("torch.exp(m_i - m_new)", "my_exp(m_i - m_new)"))
    report = report_of(["def my_exp(x):\n    return torch.exp(x)", *cells("p1", work)])
    assert "my_exp" in report.text() and "outside the markers" in report.text()


def test_an_error_is_told_by_its_line_in_the_region():
    """Does an exception become a row with its line below the marker?"""
    work = solved("p1", ("p = torch.exp(S - m_new)", "p = S[..., TILE_K]"))
    line = next(n for n, t in enumerate(work["p1.1"].split("\n"), 1) if "p = S[" in t)
    row = report_of(cells("p1", work)).rows[0]
    assert row.status == "error"
    assert f"ine {line} of p1.1" in row.detail and "out of bounds" in row.detail


def test_a_table_of_all_scores_is_found():
    """Is p1 told when PyTorch holds all scores at once, as the grader does?"""
    work = solved("p1", ("m_new =", "full = Q @ K.transpose(-2, -1)\nm_new ="))
    report = report_of(cells("p1", work))
    long = next(row for row in report.rows if row.name == "N=256, causal")
    assert long.status == "not allowed" and "one tile at a time" in long.detail


@pytest.mark.parametrize(
    ("returned", "sentence"),
    [
        (None, "O is a NoneType, expected a plain torch.Tensor"),
        ((1, 2, 3), "returned 3 values, expected 1: (O)"),
        (torch.zeros(3), "O has shape (3,)"),
    ],
)
def test_a_wrong_return_is_explained(returned, sentence):
    """Is a wrong type, number or shape of returned values told in words?"""
    row = rows_of("p3", lambda q, k, v, is_causal=False: returned)[0]
    assert row.status in ("error", "wrong answer")
    assert sentence in row.detail


def test_a_right_answer_is_never_accused():
    """Does no row of a right answer carry an explanation?"""
    assert all(row.detail == "" and row.status == "passed" for row in rows_of("p3", plain))


def test_html_escapes_what_students_write():
    """Can a student's error message or remark not become markup?"""
    rows = [Row("<i>", "error", detail="<script>alert(1)</script>")]
    page = Report("t<b>", rows, remarks=["`<img>`"]).html()
    assert "<script>" not in page and "<i>" not in page and "<img>" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    ("capability", "dtype", "words"),
    [
        (None, torch.float16, "No GPU here"),
        ((7, 5), torch.float16, "no native bfloat16"),
        ((8, 0), torch.bfloat16, "bfloat16"),
        ((9, 0), torch.bfloat16, "bfloat16"),
    ],
)
def test_one_function_decides_the_device(capability, dtype, words):
    """Does each kind of machine get the right dtype and one sentence that says so?"""
    mode = decide("Card", capability)
    assert mode.dtype == dtype
    assert words in mode.sentence
    assert mode.on_gpu == (capability is not None)
