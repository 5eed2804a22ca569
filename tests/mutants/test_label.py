"""The label says what the files say, and "not measured" where there is none."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest

from .tables import Result, write_csv

FILE = Path(__file__).resolve().parents[2] / "benchmarks" / "label.py"
CASE = '<testcase classname="tests.intake.test_damaged" name="{}">{}</testcase>'
GPU = """\
NVIDIA H100, torch 2.11.0, triton 3.6.0 isolation bubblewrap
{"part": "cases", "name": "p1 float16", "ok": true}
{"part": "timing", "name": "p3 together", "ok": true, "spread": "0.40%"}
"""
FOUND = Result(
    "p1: a", "untouched", "f", "no-maximum", "p1.1 step 2", 10.0, "x", "x; y", "no-maximum",
    "p1.1 step 2", 80, 0.1, 0.2, 0.3, 9.0, "",
)  # fmt: skip


@pytest.fixture(scope="module")
def label():
    spec = importlib.util.spec_from_file_location("label_page", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_nothing_measured(label, tmp_path: Path):
    """Does an empty folder make a page without a single figure in its tables?"""
    page = label.page(tmp_path)
    rows = [row for row in page.splitlines() if row.startswith("| ")]
    figures = [row for row in rows if "of" in row and "%" in row and "more than" not in row]
    assert figures == []
    assert page.count(label.NOT_MEASURED) > 20


def test_answers(label, tmp_path: Path):
    """Are refusals, names and silence counted, and missing problems named?"""
    silent = replace(FOUND, id="p1: b", said="", said_step="", hidden="", kept=100.0)
    folder = tmp_path / "mutants"
    folder.mkdir()
    write_csv(folder / "p1-untouched.csv", [FOUND, silent])
    rows = label.answers_table(folder).splitlines()
    cells = {row.split("|")[1].strip(): row.split("|")[3].strip() for row in rows[:-5]}
    assert cells["tried"].startswith("2 (p2, ")
    assert cells["refused by the hidden cases"] == "1 of 2 (50.0 %)"
    assert cells["first name is the true cause"] == "1 of 2 (50.0 %)"
    assert cells["no name"] == "1 of 2 (50.0 %)"
    assert cells["keep more than 60 % of the points"] == "1 of 2 (50.0 %)"


def test_suites(label, tmp_path: Path):
    """Do passed, failed and skipped tests come out as such?"""
    cases = CASE.format("a", "") + CASE.format("b", "<failure/>") + CASE.format("c", "<skipped/>")
    (tmp_path / "quick.xml").write_text(f"<testsuites>{cases}</testsuites>")
    assert "or the reason is told | 1 | 1 | 1 |" in label.suites_table(tmp_path)


def test_gpu(label, tmp_path: Path):
    """Are card, versions and spread those of the file?"""
    file = tmp_path / "check.txt"
    file.write_text(GPU)
    table = label.gpu_table(file)
    assert "| NVIDIA H100, torch 2.11.0, triton 3.6.0 isolation bubblewrap |" in table
    assert "p3 together: 0.40%" in table
    assert "| 1 of 1 |" in table
