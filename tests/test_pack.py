"""The packed self-check cell: readable, complete by itself, refused when it cannot be."""

import ast
import subprocess
import sys

import pytest
from tiny_course import REPOSITORY

from autograder.generate.cells import BuildError
from autograder.generate.pack import TITLE, flatten, pack_cell, selfcheck_modules

PROBLEMS = sorted(p.stem for p in (REPOSITORY / "autograder/selfcheck/problems").glob("p*.py"))
FIRST = '"""First."""\n\nfrom __future__ import annotations\n\nimport math\n\nONE = 1  # why\n'
SECOND = (
    '"""Second."""\n\nimport math\nfrom .first import (\n    ONE,\n)\n\n\n'
    "def two():\n    from .first import ONE\n\n    return math.ceil(ONE) + ONE\n"
)


def package(tmp_path, **files):
    """A package of these files (`problems_p3` for problems/p3.py)."""
    (tmp_path / "problems").mkdir()
    for name, source in files.items():
        path = tmp_path.joinpath(*name.split("_")).with_suffix(".py")
        path.write_text(source)
    return tmp_path


def test_flattening_keeps_all_but_the_package_imports(tmp_path):
    """Promise: comments and formatting stay, files are told apart, one future import leads."""
    folder = package(tmp_path, first=FIRST, second=SECOND)
    assert flatten(["first", "second"], folder) == (
        "from __future__ import annotations\n\n\n"
        '# ==== first.py ====\n"""First."""\n\nimport math\n\nONE = 1  # why\n\n\n'
        '# ==== second.py ====\n"""Second."""\n\nimport math\n\n\n'
        "def two():\n\n    return math.ceil(ONE) + ONE\n"
    )


def test_a_flattened_module_runs(tmp_path):
    """Promise: names find each other across the files' borders."""
    space = {}
    exec(flatten(["first", "second"], package(tmp_path, first=FIRST, second=SECOND)), space)
    assert space["two"]() == 2


REFUSED = [
    ("from .first import ONE as UNO", "without `as`"),
    ("from .first import *", "without `as`"),
    ("from . import first", "not the file itself"),
    ("from autograder.selfcheck import first", "only names from files of selfcheck"),
    ("import autograder.selfcheck.first", "only the standard library"),
    ("from ..course import Course", "leaves selfcheck"),
    ("from autograder.course import Course", "only names from files of selfcheck"),
    ("import numpy", "only the standard library"),
    ("def f():\n    import numpy as np", "only the standard library"),
    ("from scipy.special import erf", "only the standard library"),
    ("from .third import x", "must be among the packed files, before this one"),
    ("from __future__ import division", "only `annotations`"),
    ("ONE = 2", "is also defined in"),
    ("def ONE(): ...", "is also defined in"),
    ("if True:\n    ONE, TWO = 1, 2", "is also defined in"),
    ("import cmath as math", "is also defined in"),
    ("x = 1; from .first import ONE", "a line of its own"),
    ("def f():\n    from .first import ONE", "without its package imports"),
]


@pytest.mark.parametrize(("source", "advice"), REFUSED)
def test_what_cannot_share_one_namespace_is_refused(tmp_path, source, advice):
    """Promise: a file that would break or reach outside when packed is a build error."""
    folder = package(tmp_path, first=FIRST, second=source + "\n")
    with pytest.raises(BuildError, match=advice) as refused:
        flatten(["first", "second"], folder)
    assert str(tmp_path) in str(refused.value)


@pytest.mark.parametrize(
    "source",
    [
        "import math",
        "x = [ONE for ONE in 'ab']",
        "def f():\n    ONE = 2\n    return ONE",
        "import os",
    ],
)
def test_what_does_not_clash_is_accepted(tmp_path, source):
    """Promise: the same import twice, and local names, are no clash."""
    assert source in flatten(["first", "second"], package(tmp_path, first=FIRST, second=source))


def test_order_matters(tmp_path):
    """Promise: a file that needs another one comes after it, or the build says so."""
    with pytest.raises(BuildError, match="before this one"):
        flatten(["second", "first"], package(tmp_path, first=FIRST, second=SECOND))


def test_the_package_says_its_own_order():
    """Promise: the order of imports in selfcheck/__init__.py is the order of the packed source."""
    init = (REPOSITORY / "autograder/selfcheck/__init__.py").read_text()
    modules = selfcheck_modules()
    places = [init.index(f"from .{name} import") for name in modules]
    assert len(modules) > 3
    assert places == sorted(places)


def test_triple_quotes_are_refused(tmp_path):
    """Promise: the source cannot end the string it is packed in."""
    files = {"__init__": "", "problems_p3": "x = '''y'''\n"}
    (tmp_path / "problems").mkdir()
    (tmp_path / "__init__.py").write_text(files["__init__"])
    (tmp_path / "problems" / "p3.py").write_text(files["problems_p3"])
    with pytest.raises(BuildError, match="too early"):
        pack_cell("p3", tmp_path)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_the_real_cell_is_stable_and_collapsed(problem):
    """Promise: the same bytes at every build; Colab's title first; no word of the hidden half."""
    cell = pack_cell(problem)
    ast.parse(cell)
    assert cell == pack_cell(problem)
    assert cell.split("\n")[0] == TITLE
    assert "autograder" not in cell.lower()
    assert [p for p in PROBLEMS if f"# ==== problems/{p}.py ====" in cell] == [problem]


PROBE = """
import sys
sys.modules["autograder"] = None  # any import of the package now fails
{cell}
import inspect, selfcheck, traceback
assert list(selfcheck.PROBLEMS) == ["{problem}"], selfcheck.PROBLEMS
assert inspect.getsource(selfcheck.check).startswith("def check("), "no source"
assert inspect.getsource(selfcheck.Case).startswith("@dataclass"), "no class source"
try:
    selfcheck.find_problem("p99")
except ValueError:
    assert "raise ValueError" in traceback.format_exc(), traceback.format_exc()
print("alone")
"""


@pytest.mark.parametrize("problem", PROBLEMS)
def test_the_real_cell_stands_alone(problem, tmp_path):
    """Promise: without the package, the cell defines `selfcheck`, with source and tracebacks."""
    script = tmp_path / "probe.py"
    script.write_text(PROBE.format(cell=pack_cell(problem), problem=problem))
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert done.stdout.endswith("alone\n"), done.stderr


def test_part_of_the_package_can_be_flattened():
    """Promise: the sandbox's worker takes the files it needs and no others."""
    source = flatten(["calling", "memory"])
    assert "# ==== calling.py ====" in source
    assert "# ==== check.py ====" not in source
