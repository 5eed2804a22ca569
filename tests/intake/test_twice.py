"""A region that is there twice within a cell: in a string, or behind a second START marker."""

from __future__ import annotations

import time

from autograder.intake.extract import Extracted
from autograder.selfcheck.live import read_live

from .notebooks import cells_of, found_in, frame, solved, work, written

OLD = "m_i = tl.maximum(m_i, 0.0)\n"
START = "# --- STUDENT IMPLEMENTATION STARTS HERE (p3.1) ---\n"
END = "# --- STUDENT IMPLEMENTATION ENDS HERE (p3.1) ---\n"


def source() -> str:
    """The cell with p3.1, solved."""
    return cells_of(solved("p3"))[0]["source"]


def region() -> str:
    """What stands between its markers, with its indentation."""
    return source().partition("STARTS HERE (p3.1) ---\n")[2].partition("        # --- STUD")[0]


def read(cell: str) -> Extracted:
    nb = solved("p3")
    cells_of(nb)[0]["source"] = cell
    return found_in(written(nb), "p3")


def checked(cell: str) -> dict[str, str]:
    """The work that the self-check takes out of such a cell."""
    return read_live("p3", [cell], frame("p3")).work


def test_an_old_copy_in_quotes_is_no_code():
    """Is the work taken, and not what stands in a string behind or before it, in either half?"""
    for quotes in ('"""', "'''"):
        copy = f"{quotes}\nfirst try, isn't right\n{START}{OLD}{END}{quotes}\n"
        for cell in (f"{source()}\n\n{copy}", f"{copy}\n{source()}"):
            found = read(cell)
            assert (found.work, found.repairs, found.remarks) == (work("p3"), (), ())
            assert checked(cell) == work("p3")


def test_quotes_that_never_close_hide_nothing():
    """Is the work found behind quotes in a comment, in a string, and behind open ones?"""
    for line in ('# it\'s """ what', "x = '\"' + '\"\"\"'", '"""'):
        assert read(f"{source()}\n\n{line}\n").work == work("p3")
        assert read(f"{line}\n{source()}").work == work("p3")


def test_work_that_stands_in_quotes_alone_is_taken_and_told():
    """Is it taken as code, as what stands in a text cell is?"""
    found = read(f"'''\n{source()}\n'''")
    assert found.work == work("p3")
    assert "in quotes" in " ".join(found.repairs)


def test_an_old_copy_under_if_false_is_no_code():
    """Is what is never run put aside, and taken where there is nothing else?"""
    old = source().replace("m_i = m_new", "m_i = m_i")
    never = "if False:\n" + "".join(f"    {line}\n" for line in old.split("\n"))
    for cell in (f"{source()}\n\n{never}", f"{never}\nx = 1\n{source()}"):
        assert (read(cell).work, read(cell).repairs) == (work("p3"), ())
        assert checked(cell) == work("p3")
    found = read("if 0:\n" + "".join(f"    {line}\n" for line in source().split("\n")))
    assert found.work == work("p3")
    assert "if False" in " ".join(found.repairs)


def test_many_quotes_take_no_time():
    """Is a cell of a million quotes and backslashes read in seconds?"""
    for unit in ('"""\n\\', "'''\"\"\"\\", '"', "'\\\n", "if 0:\n \n"):
        begun = time.monotonic()
        cell = f"'''a'''\n{source()}\n{unit * 80_000}"
        assert read(cell).work == work("p3")
        assert time.monotonic() - begun < 10


def test_pasted_with_its_markers():
    """Is a copy pasted over the steps, or behind an older one, the work?"""
    stub = frame("p3").regions["p3.1"].stub
    for before in (stub, region().replace("m_i = m_new", "m_i = m_i"), region()):
        cell = source().replace(region(), f"{before}\n        {START}{region()}")
        assert read(cell).work == work("p3")
        assert "START markers" in " ".join(read(cell).repairs)
        assert checked(cell) == work("p3")


def test_a_marker_too_many_in_the_middle():
    """Are both halves kept where START stands once more between them?"""
    cell = source().replace("        alpha =", f"        {START}        alpha =", 1)
    found = read(cell)
    assert found.work == work("p3")
    assert "START markers" in " ".join(found.repairs)
    assert checked(cell) == work("p3")
    assert not found.remarks


def test_a_first_copy_that_lost_its_end():
    """Is the second of two whole kernels in a cell the work, and none of the first?"""
    first = source().replace(END, "").replace("m_i = m_new", "m_i = m_i")
    assert first.count("STUDENT") == 1
    assert read(f"{first}\n\n{source()}").work == work("p3")
