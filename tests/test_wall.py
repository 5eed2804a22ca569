"""The wall: the student half stands alone, and nothing hidden is in what students get."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.generate.pack import pack_cell
from autograder.grading.child import worker_source
from autograder.registry import hidden_words, load, problem_ids

ROOT = Path(__file__).resolve().parents[1]
SELFCHECK = ROOT / "autograder" / "selfcheck"
ALLOWED = set(sys.stdlib_module_names) | {"torch", "triton", "IPython"}


def imported_modules(path: Path) -> set[str]:
    """Every module that a file imports, anywhere in it, relative ones made absolute."""
    package = "autograder.selfcheck" + (".problems" if path.parent.name == "problems" else "")
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - node.level + 1]
            prefix = ".".join(base) + "." if node.level else ""
            found.add(prefix + (node.module or ""))
    return found


@pytest.mark.parametrize("path", sorted(SELFCHECK.rglob("*.py")), ids=lambda p: p.stem)
def test_the_student_half_imports_nothing_hidden(path):
    """Does each file import only the standard library, torch, triton, IPython and its own half?"""
    for module in imported_modules(path):
        own = module.startswith("autograder.selfcheck")
        assert own or module.split(".")[0] in ALLOWED, f"{path.name} imports {module}"


def test_the_student_half_runs_without_the_hidden_half():
    """Does the student half import when every hidden module is forbidden?"""
    code = """
import sys
class Forbid:
    def find_spec(self, name, path=None, target=None):
        if name.startswith("autograder.") and not name.startswith("autograder.selfcheck"):
            raise ImportError(name + " is hidden")
sys.meta_path.insert(0, Forbid())
import autograder.selfcheck
hidden = [m for m in sys.modules if m.startswith("autograder.")
          and not m.startswith("autograder.selfcheck")]
assert not hidden, hidden
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


@pytest.mark.parametrize("problem_id", problem_ids())
def test_the_packed_cell_holds_nothing_hidden(problem_id):
    """Is no hidden case name or hint in the cell that students get?"""
    cell = pack_cell(problem_id).lower()
    assert [word for word in hidden_words(problem_id) if word.lower() in cell] == []


@pytest.mark.parametrize("problem_id", problem_ids())
def test_the_worker_knows_no_case(problem_id):
    """Is what runs beside student code free of cases, points and the comparison?"""
    source = worker_source("worker")
    graded = load(problem_id)
    for item in graded.cases:
        if len(item.case.name) > 6:
            assert item.case.name not in source
    for word in ("compare_rows", "reference", "GradedCase", "autograder"):
        assert word not in source.replace("autograder.selfcheck", ""), word
