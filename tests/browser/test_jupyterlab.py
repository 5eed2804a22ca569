"""A notebook in JupyterLab, as a student meets it: pictures, a failing report, the fix, hand in."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from solved import notebook, solved

from .chromium import NEEDED, with_browser
from .lab import Lab, opened

if not NEEDED:
    pytest.importorskip("playwright.sync_api")
    pytest.importorskip("axe_playwright_python")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600), with_browser]
FILE = "p3_flash_attention_forward.ipynb"
RIGHT, WRONG = "acc = acc * alpha[:, None]", "acc = acc"
NAMED = 'submit("p3", name="Ada Lovelace", student_id="ada")'
SHOWN = """() => [...document.querySelectorAll("img[src^='data:']")].map(one => ({
  alt: one.alt, width: one.clientWidth, loaded: one.complete && one.naturalWidth > 0}))"""


def student_file(folder: Path) -> Path:
    """The public notebook of p3 with a wrong answer in it."""
    public = Path(__file__).resolve().parents[2] / "notebooks" / FILE
    nb = nbformat.read(public, as_version=4)
    answer = {c.id: c.source for c in notebook("p3", solved("p3", (RIGHT, WRONG))).cells}
    for cell in nb.cells:
        if "STUDENT IMPLEMENTATION" in cell.source and cell.cell_type == "code":
            cell.source = answer.get(cell.id, cell.source)
    nbformat.write(nb, folder / FILE)
    return folder / FILE


def contrast_faults(lab: Lab) -> list[str]:
    """What axe-core finds to be unreadable in the outputs that are shown."""
    from axe_playwright_python.sync_playwright import Axe

    rules = {"runOnly": ["color-contrast", "image-alt", "scope-attr-valid", "aria-allowed-attr"]}
    found = Axe().run(lab.page, context=".jp-Notebook .jp-OutputArea-output", options=rules)
    return [json.dumps(node["html"]) for v in found.response["violations"] for node in v["nodes"]]


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_a_student_runs_reads_mends_looks_inside_and_hands_in(theme: str, tmp_path: Path) -> None:
    """Does each step work in JupyterLab, and can what it shows be read in this theme?"""
    student_file(tmp_path)
    with opened(tmp_path, FILE, theme) as lab:
        lab.picture("1-first-screen")
        lab.run_all()
        report = lab.output('check("p3"', "public cases pass")
        assert "p3.1, step 3" in report
        images = lab.page.evaluate(SHOWN)
        assert images and all(one["loaded"] and one["alt"] for one in images)
        assert all(300 < one["width"] <= 720 for one in images)
        lab.show('check("p3"')
        lab.picture("2-failing-report")
        assert contrast_faults(lab) == []
        inside = lab.output('look("p3"', "The first difference: step 2")
        assert "acc" in inside
        lab.show('look("p3"')
        lab.picture("3-look-inside")
        assert contrast_faults(lab) == []

        source = next(c.source for c in notebook("p3").cells if RIGHT in c.source)
        lab.set_source("STARTS HERE (p3.1)", source)
        lab.set_source('submit("p3"', NAMED)
        lab.run_all()
        passed = lab.output('check("p3"', "All 11 public cases pass")
        assert "Answers to" in passed and "could not be tried" not in passed
        lab.show('check("p3"')
        lab.picture("4-passed")
        assert contrast_faults(lab) == []
        handed_in = lab.output('submit("p3"', "Receipt")
        assert "✓ last check" in handed_in
        lab.show('submit("p3"')
        lab.picture("5-submitted")
    made = nbformat.read(tmp_path / "p3_ada.ipynb", as_version=4)
    assert any(RIGHT in cell.source for cell in made.cells)
