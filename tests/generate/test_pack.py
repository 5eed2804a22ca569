"""The packed self-check cell: complete by itself, readable, with what its problem needs."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest
from samples import sampled
from solved import frame

from autograder.generate.cells import BuildError
from autograder.generate.compact import compact
from autograder.generate.pack import modules_for, pack_cell, unpack
from autograder.registry import problem_ids

PROBE = """
import sys
sys.modules["autograder"] = None  # any import of the package now fails
{cell}
import inspect, linecache, selfcheck, traceback
from selfcheck.problem import Case, find_problem
from selfcheck.frame import CELLS
assert find_problem("{problem}").id == "{problem}"
assert inspect.getsource(selfcheck.check).startswith("def check("), "no source"
assert inspect.getsource(Case).startswith("@dataclass"), "no class source"
try:
    find_problem("p99")
except ValueError:
    assert "raise ValueError" in traceback.format_exc(), traceback.format_exc()
assert any("STUDENT IMPLEMENTATION STARTS" in cell for cell in CELLS)
selfcheck.source()
selfcheck.source("problems.flash_attention.{problem}")
print("alone")
"""


@pytest.mark.parametrize("problem", sampled(problem_ids("flash_attention"), 1))
def test_the_real_cell_stands_alone(problem, tmp_path):
    """Without the package, does the cell define `selfcheck`, with sources and tracebacks?"""
    script = tmp_path / "probe.py"
    script.write_text(
        PROBE.format(cell=pack_cell(frame(problem), "flash_attention"), problem=problem)
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert done.stdout.endswith("alone\n"), done.stderr
    assert f"problems/flash_attention/{problem}" in done.stdout


@pytest.mark.parametrize("problem", sampled(problem_ids("flash_attention"), 1))
def test_the_real_cell_is_stable_and_short_to_read(problem):
    """Are its bytes the same at every build, few lines, and without a word of the hidden half?"""
    cell = pack_cell(frame(problem), "flash_attention")
    assert cell == pack_cell(frame(problem), "flash_attention")
    assert cell.startswith("# @title Self-check") and cell.count("\n") < 50
    modules = unpack(cell)
    for text in (cell, *modules.values()):
        ast.parse(text)
        assert "autograder" not in text.lower()
    own = {path.removeprefix("problems/flash_attention/")[:-3] for path in modules}
    assert own & set(problem_ids("flash_attention")) == {problem}


def test_only_what_a_problem_needs_is_packed():
    """Does p2's notebook carry nothing of attention, p3's nothing of gradients, and that without
    kernels nothing that compiles?
    """
    folder = "problems/flash_attention"
    assert f"{folder}/attention.py" not in modules_for("flash_attention/p2")
    assert f"{folder}/backward.py" not in modules_for("flash_attention/p3")
    assert f"{folder}/backward.py" in modules_for("flash_attention/p8")
    assert {"ahead.py", "offline.py"} <= modules_for("flash_attention/p3").keys()
    assert not {"ahead.py", "offline.py"} & modules_for("flash_attention/p1").keys()


def test_imports_inside_functions_count():
    """Is a module that only a function imports packed too, and a missing one a build error?"""
    files = {
        "__init__.py": "from .check import check\n",
        "check.py": "def check():\n    from .late import x\n    from . import other\n",
        "late.py": "from .problems.week.p3 import PROBLEM as x\n",
        "other.py": "",
        "unused.py": "",
        "ours.py": "",
        "problems/__init__.py": "",
        "problems/week/__init__.py": "",
        "problems/week/p3.py": "from ...other import *\nPROBLEM = 1\n",
        "problems/week/p5.py": "def f(): from ...ours import *\nPROBLEM = f(uses_triton=False)\n",
    }
    spare = {"unused.py", "ours.py", "problems/week/p5.py"}
    assert modules_for("week/p3", files).keys() == files.keys() - spare
    alone = {"__init__.py", "check.py", "ours.py", "problems/__init__.py"}
    without_kernels = alone | {"problems/week/__init__.py", "problems/week/p5.py"}
    assert modules_for("week/p5", files).keys() == without_kernels
    with pytest.raises(BuildError, match=r"week/p4: its public side was not found"):
        modules_for("week/p4", files)


def test_no_other_cell_is_taken_for_a_packed_one():
    """Does looking into cells for leaks find modules only where there are some?"""
    assert unpack("print(1)") == {}


def test_prose_goes_and_lines_stay():
    """Do comments and docstrings go, while every statement keeps its line and its meaning?"""
    source = (
        '"""Über\nzwei Zeilen."""\n\nX = "# kein Kommentar"  # fünf\n\n\n'
        'class Empty(Exception):\n    """Nothing else."""\n\n\n'
        'def f(x: "größer" = 1, *more: int) -> tuple[\n    int,  # of rows\n]:  # why\n'
        '    """Doc."""\n    # a line\n    return x  # é\n'
    )
    found = compact(source)
    for gone in ("Zeilen", "why", "größer", "int"):
        assert gone not in found
    assert "# kein Kommentar" in found and "def f(x = 1, *more)" in found
    before, after = ast.parse(source), ast.parse(found)
    assert [node.lineno for node in before.body] == [node.lineno for node in after.body]
    assert found.split("\n")[16 - 1] == source.split("\n")[16 - 1].partition("  #")[0]
    assert ast.dump(ast.parse(compact(found))) == ast.dump(after)
