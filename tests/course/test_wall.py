"""The wall: the student half stands alone, and what runs beside a student's work knows nothing."""

from __future__ import annotations

import ast
import io
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest
from solved import ROOT, frame

from autograder.generate.pack import pack_cell, unpack
from autograder.registry import hidden_words, problem_ids

PACKAGE = ROOT / "autograder"
PROBLEMS = problem_ids("flash_attention")
SELFCHECK = PACKAGE / "selfcheck"
INSIDE = PACKAGE / "sandbox" / "inside"
STDLIB = set(sys.stdlib_module_names)
# All that a process sees which runs a student's work: both folders, and no other file of ours.
SEEN = sorted([*SELFCHECK.rglob("*.py"), *INSIDE.rglob("*.py")])
HIDDEN = sorted(p for p in PACKAGE.rglob("*.py") if p not in SEEN)


def named(path: Path) -> str:
    return str(path.relative_to(PACKAGE).with_suffix(""))


def imported_modules(path: Path) -> set[str]:
    """Every module that a file imports, anywhere in it, relative ones made absolute."""
    package = ("autograder", *path.relative_to(PACKAGE).parent.parts)
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            found.add(".".join([*base, *filter(None, [node.module])]))
    return found


@pytest.mark.parametrize("path", sorted(SELFCHECK.rglob("*.py")), ids=named)
def test_the_student_half_imports_nothing_hidden(path: Path) -> None:
    """Does each file import only the standard library, torch, triton, notebooks, its own half?"""
    for module in imported_modules(path):
        own = module.startswith("autograder.selfcheck")
        present = {"IPython", "ipywidgets", "google"}  # where they are; google.colab, in Colab
        allowed = STDLIB | {"torch", "triton"} | present
        assert own or module.split(".")[0] in allowed, f"{path.name} imports {module}"


@pytest.mark.parametrize("path", sorted(INSIDE.rglob("*.py")), ids=named)
def test_what_runs_inside_imports_nothing_hidden(path: Path) -> None:
    """Does each file import only what is inside too: its own folder, and the student half?"""
    for module in imported_modules(path):
        own = module.startswith(("autograder.selfcheck", "autograder.sandbox.inside"))
        allowed = STDLIB | {"torch", "triton", "safetensors", "selfcheck", "inside"}
        assert own or module.split(".")[0] in allowed, f"{path.name} imports {module}"


@pytest.mark.parametrize("path", SEEN, ids=named)
def test_what_a_student_or_a_kernel_may_see_names_nothing_hidden(path: Path) -> None:
    """Is no hidden case, module or word of the hidden half in any file of both folders?"""
    text = path.read_text(encoding="utf-8")
    squeezed = " ".join(text.lower().split())
    words = {word.lower() for word in hidden_words(*PROBLEMS)}
    assert sorted(word for word in words if word in squeezed) == []
    code = [token.string for token in tokenize.generate_tokens(io.StringIO(text).readline)]
    for word in ("GradedCase", "SpeedCase", "draw_seed", "course_key", "autograder"):
        assert not any(word in piece for piece in code), word


def test_the_student_half_runs_without_the_hidden_half() -> None:
    """Do all modules of the student half import when every hidden module is forbidden?"""
    code = """
import importlib, pkgutil, sys
class Forbid:
    def find_spec(self, name, path=None, target=None):
        if name.startswith("autograder.") and not name.startswith("autograder.selfcheck"):
            raise ImportError(name + " is hidden")
sys.meta_path.insert(0, Forbid())
import autograder.selfcheck as half
names = [m.name for m in pkgutil.walk_packages(half.__path__, half.__name__ + ".")]
assert len(names) > 30
for name in names:
    importlib.import_module(name)
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


@pytest.mark.parametrize("problem_id", PROBLEMS)
def test_the_packed_cell_holds_nothing_hidden(problem_id: str) -> None:
    """Is no hidden case name in the cell that students get, packed or unpacked?"""
    cell = pack_cell(frame(problem_id), "flash_attention")
    text = " ".join([cell, *unpack(cell).values()]).lower()
    assert [word for word in hidden_words(*PROBLEMS) if word.lower() in text] == []


RUNS_DATA = {"eval", "exec", "compile", "__import__"}
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


@pytest.mark.parametrize("path", HIDDEN, ids=named)
def test_the_grader_never_runs_or_unpickles_data(path: Path) -> None:
    """Has the hidden half no eval, exec, compile, pickle, marshal, torch.load or yaml.load?"""
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
def test_each_unsafe_use_is_seen(source: str) -> None:
    """Would the test above fail for each of these?"""
    assert unsafe_uses(ast.parse(source))
