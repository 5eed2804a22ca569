"""The markers: proper ones are found, nearly proper ones stop the build."""

import pytest
from tiny_course import PLACE_FILE, code, notebook, text

from autograder.generate.cells import Where
from autograder.generate.markers import END, START, MarkerError, Region, find_regions, scan_notebook

PLACE = Where(PLACE_FILE, 4, "abc")
S1, E1 = START.format(id="t3.1"), END.format(id="t3.1")
S2, E2 = START.format(id="t3.2"), END.format(id="t3.2")


def test_several_regions_of_any_indent():
    """May a cell hold several regions, each with the indent of its markers?"""
    source = "\n".join([S1, "a = 1", E1, "def f():", f"    {S2}", "    return a", f"    {E2}"])
    assert find_regions(source, "t3", PLACE) == [
        Region("t3.1", 0, 2, ""),
        Region("t3.2", 4, 6, "    "),
    ]


def test_a_cell_without_markers_has_no_regions():
    """Is ordinary code, even with the words 'starts here', left alone?"""
    assert find_regions("# the loop starts here\nfor i in x: pass", "t3", PLACE) == []


BROKEN = [
    ([S1, "a = 1"], 1, "never ends"),
    (["a = 1", E1], 2, "No region is open"),
    ([S1, S2, "a = 1", E2, E1], 2, "do not nest"),
    ([S1, "a = 1", E2], 3, "Use its tag"),
    ([S1, "a = 1", E1, S1, "b = 1", E1], 4, "(t3.2)"),
    ([S2, "a = 1", E2], 1, "(t3.1)"),
    ([S1.replace("t3", "t4"), "a = 1", E1], 1, "notebook is t3"),
    ([f"a = 1  {S1}", E1], 1, "alone on its line"),
    ([f"{S1} a = 1", E1], 1, "alone on its line"),
    ([S1, f"a = 1  {E1}"], 2, "alone on its line"),
    ([S1, "a = 1", E1.replace(") -", ")-")], 3, E1),
    ([S1.replace(" (t3.1)", ""), "a = 1", E1], 1, "exactly so"),
    ([S1.replace("# ---", "#---"), "a = 1", E1], 1, "exactly so"),
    ([S1.replace("HERE (", "HERE("), "a = 1", E1], 1, "exactly so"),
    ([S1.replace("STUDENT", "  STUDENT"), "a = 1", E1], 1, "exactly so"),
    ([S1.lower(), "a = 1", E1], 1, "exactly so"),
    ([S1.replace("STUDENT ", "STUDENT_"), "a = 1", E1], 1, "exactly so"),
    ([S1.replace("STARTS", "BEGINS"), "a = 1", E1], 1, "exactly so"),
    ([S1.replace("IMPLEMENTATION", "IMPLEMENTAION"), "a = 1", E1], 1, "exactly so"),
    ([S1.replace("t3.1", "t3.01"), "a = 1", E1], 1, "exactly so"),
    ([S1, "a = 1", f"    {E1}"], 3, "Indent this marker"),
    (['print("STUDENT IMPLEMENTATION")'], 1, "exactly so"),
]


@pytest.mark.parametrize(("lines", "number", "advice"), BROKEN)
def test_a_broken_marker_is_refused(lines, number, advice):
    """Does the error name file, cell, id and line, quote the line and say what to do?"""
    with pytest.raises(MarkerError) as refused:
        find_regions("\n".join(lines), "t3", PLACE)
    message = str(refused.value)
    assert message.startswith(f'{PLACE_FILE}, cell 4 (id "abc"), line {number}:')
    assert lines[number - 1].strip() in message
    assert advice in message


def test_numbers_run_through_the_whole_notebook():
    """Does the second cell's first region carry on where the first cell ended?"""
    good = notebook(code(f"{S1}\na = 1\n{E1}", "a"), code(f"{S2}\nb = 1\n{E2}", "b"))
    assert [r.id for regions in scan_notebook(good, "t3", "f").values() for r in regions] == [
        "t3.1",
        "t3.2",
    ]
    again = notebook(code(f"{S1}\na = 1\n{E1}", "a"), code(f"{S1}\nb = 1\n{E1}", "b"))
    with pytest.raises(MarkerError, match=r'cell 1 \(id "b"\)'):
        scan_notebook(again, "t3", "f")


def test_prose_may_speak_of_markers_but_not_hold_them():
    """Is a region in a Markdown cell, which nbgrader would release, refused?"""
    prose = notebook(text("Write between STUDENT IMPLEMENTATION STARTS HERE and ENDS HERE.", "t"))
    assert scan_notebook(prose, "t3", "f") == {}
    with pytest.raises(MarkerError, match="not code"):
        scan_notebook(notebook(text(f"{S1}\n{E1}", "t")), "t3", "f")
