"""Stubs: hints stay, solutions go, and the stub speaks where it stands."""

import ast
import os
from pathlib import Path

import nbformat
import pytest
from nbgrader.preprocessors import ClearSolutions
from tiny_course import KERNEL_REGION, PLACE_FILE, PYTHON_REGION, code, notebook

from autograder.generate.cells import BuildError, Where, problem_of
from autograder.generate.markers import END, START, MarkerError, find_regions
from autograder.generate.steps import Origin
from autograder.generate.steps import clear as clear_notebook
from autograder.generate.stubs import clear_regions

PLACE = Where(PLACE_FILE, 2, "region")
GOLDEN = Path(__file__).with_name("golden")
PYTHON = 'raise NotImplementedError("t3.1: not implemented yet")'
KERNEL = 'tl.static_assert(False, "t3.1: not implemented yet")'


def clear(source):
    return clear_regions(source, find_regions(source, "t3", PLACE), PLACE)


def region(*body, indent=""):
    """The lines of a marked region, all at one indent."""
    marked = [START.format(id="t3.1"), *body, END.format(id="t3.1")]
    return "\n".join(indent + line for line in marked)


def test_steps_and_markers_stay_and_nothing_else():
    """Are markers, numbered steps and their continuation lines all that a student sees?"""
    assert clear(PYTHON_REGION) == (
        "def answer(x):\n"
        "    y = x + 1\n"
        "    # --- STUDENT IMPLEMENTATION STARTS HERE (t3.1) ---\n"
        "    # Step 1: Double it.\n"
        "    # Step 2: Return it,\n"
        "    #   as it is.\n"
        f"    {PYTHON}\n"
        "    # --- STUDENT IMPLEMENTATION ENDS HERE (t3.1) ---"
    )


def test_deeper_steps_come_back_to_the_regions_indent():
    """Is a step written inside a loop kept, at the markers' indent?"""
    source = region("for i in x:", "    # Step 1: Add.", "    #   All.", "    y += i")
    assert clear(source).split("\n")[1:4] == ["# Step 1: Add.", "#   All.", PYTHON]


@pytest.mark.parametrize(
    "body",
    [
        ["# the trick is here", "a = 1"],
        ["# Step 1: Add.", "# the trick", "a = 1"],
        ["# Step 1: Add.", "a = 1", "#   the trick, no continuation of a step"],
        ["a = 1  # Step 1: the trick"],
        ['"""the trick"""', "a = 1"],
    ],
)
def test_other_comments_vanish(body):
    """Does what explains the solution leave with it?"""
    assert "trick" in region(*body)
    assert "trick" not in clear(region(*body))


DECORATORS = [
    ("@triton.jit", KERNEL),
    ("@jit", KERNEL),
    ("@triton.jit(debug=True)", KERNEL),
    ("@triton.autotune(configs=[], key=[])\n@triton.jit", KERNEL),
    ("@triton.heuristics({})\n@triton.autotune(configs=[], key=[])\n@triton.jit()", KERNEL),
    ("@staticmethod", PYTHON),
    ("@functools.lru_cache", PYTHON),
    ("# @triton.jit", PYTHON),
]


@pytest.mark.parametrize(("decorator", "stub"), DECORATORS)
def test_the_stub_follows_the_context(decorator, stub):
    """Does a kernel get static_assert (a raise does not compile there), and Python a raise?"""
    source = f"{decorator}\ndef f(x):\n{region('return x', indent='    ')}"
    assert f"    {stub}\n" in clear(source)


def test_a_python_function_beside_a_kernel_gets_a_raise():
    """Does the enclosing function decide, not its neighbour in the cell?"""
    wrapper = PYTHON_REGION.replace("t3.1", "t3.2")
    cleared = clear(f"{KERNEL_REGION}\n\n\n{wrapper}\n\n\ndef given():\n    return 1")
    assert KERNEL in cleared
    assert PYTHON.replace("t3.1", "t3.2") in cleared
    assert cleared.endswith("def given():\n    return 1")


def test_ipython_lines_are_tolerated():
    """Do %magics and !commands in a solution cell not stop the build?"""
    source = f"%matplotlib inline\n!nvidia-smi\n{PYTHON_REGION}"
    assert clear(source).startswith("%matplotlib inline\n!nvidia-smi\ndef answer")


def test_a_modulo_at_a_lines_start_is_no_magic():
    """Is valid Python parsed as it is?"""
    source = f"z = (7\n  % 4)\n{PYTHON_REGION}"
    assert clear(source).startswith("z = (7\n  % 4)\n")


@pytest.mark.parametrize(
    ("source", "error", "advice"),
    [
        (f"x = f(\n{region('1')}\n)", BuildError, "whole statements"),
        (f"{region('if x:', '    a = 1')}\n    b = 2", BuildError, "whole statements"),
        (region("a = = 1"), BuildError, "does not parse"),
        (region("# Step 1: Add."), MarkerError, "holds no code"),
        (region("# step 1: add", "a = 1"), MarkerError, "Nearly a step"),
        (region("# Step 1 - add", "a = 1"), MarkerError, "Nearly a step"),
        (f'"""\n{region("a = 1")}\n"""', MarkerError, "inside a string"),
    ],
)
def test_what_cannot_be_emptied_is_refused(source, error, advice):
    """Is a hand-out that would not run, or would lose a hint, a build error?"""
    with pytest.raises(error, match=advice) as refused:
        clear(source)
    assert f'{PLACE_FILE}, cell 2 (id "region"), line ' in str(refused.value)


@pytest.mark.parametrize(
    "path", sorted((GOLDEN / "solutions").glob("*.ipynb")), ids=lambda p: p.stem
)
def test_golden_notebooks(path):
    """Is what the step "clear" makes, to the byte, the one in golden/cleared/?

    After a wanted change, run with UPDATE_GOLDEN=1 and read the diff.
    """
    nb = nbformat.read(path, as_version=4)
    clear_notebook(nb, Origin(path.name, "golden", problem_of(path.name), {}, {}))
    for cell in nb.cells:
        if cell.cell_type == "code" and "%" not in cell.source:
            ast.parse(cell.source)
    expected = GOLDEN / "cleared" / path.name
    if os.environ.get("UPDATE_GOLDEN"):
        nbformat.write(nb, expected)
    assert nbformat.writes(nb).rstrip("\n") == expected.read_text().rstrip("\n")


def test_nbgraders_own_preprocessor_would_release_the_solution():
    """Is our step needed, since nbgrader's own, by its defaults, clears nothing here?"""
    nb = notebook(code(PYTHON_REGION, "region"))
    own, _ = ClearSolutions().preprocess(nb, {})
    assert "secret_double" in own.cells[0].source
