"""The wall: the student half stands alone, and nothing hidden is in what students get."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from autograder.grading.child import worker_source

from autograder.generate.pack import pack_cell
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


HIDDEN = sorted(p for p in (ROOT / "autograder").rglob("*.py") if SELFCHECK not in p.parents)
IN_CHILD = ("boot.py", "worker.py")  # they run in the sandbox, beside student code
RUNS_DATA = {"eval", "exec", "__import__"}
UNPICKLES = {
    "pickle",
    "marshal",
    "shelve",
    "dill",
    "cloudpickle",
    "joblib",
    "jsonpickle",
    "_pickle",
}
LOADERS = {"torch.load", "numpy.load", "np.load", "yaml.load", "yaml.unsafe_load", "torch.jit.load"}


def unsafe_uses(tree: ast.AST) -> list[str]:
    """Where a source runs data as code, or reads it in a form that can."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.split(".")[0] in UNPICKLES]
        elif isinstance(node, ast.ImportFrom):
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found += [node.module] if (node.module or "").split(".")[0] in UNPICKLES else []
            found += sorted(names & LOADERS)
        elif isinstance(node, ast.Name) and node.id in RUNS_DATA:
            found.append(node.id)
        elif isinstance(node, ast.Attribute) and ast.unparse(node) in LOADERS:
            found.append(ast.unparse(node))
        elif isinstance(node, ast.keyword) and node.arg in ("allow_pickle", "weights_only"):
            found.append(f"{node.arg}={ast.unparse(node.value)}")
    return found


@pytest.mark.parametrize("path", HIDDEN, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_the_grader_never_runs_or_unpickles_data(path):
    """Has the hidden half no eval, exec, pickle, marshal, shelve, torch.load or yaml.load?"""
    if path.name not in IN_CHILD:
        assert unsafe_uses(ast.parse(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from marshal import loads",
        "x = eval(text)",
        "f = exec",
        "import torch\ntorch.load(file)",
        "from torch import load",
        "import yaml\nyaml.load(text)",
        "np.load(file, allow_pickle=True)",
    ],
)
def test_each_unsafe_use_is_seen(source):
    """Would the test above fail for each of these?"""
    assert unsafe_uses(ast.parse(source))
