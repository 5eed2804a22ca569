"""What the project says it needs: one list for pip and conda, and nothing imported beside it."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
OURS = {"autograder", "selfcheck", "inside", "problems", "tests", "benchmarks"}
# Used where they are present.
OPTIONAL = {"IPython", "ipywidgets", "google", "atheris", "flash_attn", "cupy"}


def project() -> dict:
    """The [project] table of pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_conda_takes_everything_from_pyproject() -> None:
    """Does every way to install give the same versions?"""
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    conda, pip = [f"python{project()['requires-python']}", "pip"], {"pip": ["-e .[dev]"]}
    assert yaml.safe_load(text)["dependencies"] == [*conda, pip]


def imported(folder: Path) -> set[str]:
    """The top-level packages that the files below a folder import."""
    found = set()
    for path in folder.rglob("*.py"):
        if "fuzz" in path.parts:  # what was handed in there is no program of ours
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize("folder", ["autograder", "tests"])
def test_what_is_imported_is_declared(folder: str) -> None:
    """Is every foreign package that the code imports named in pyproject.toml?"""
    lists = [project()["dependencies"], project()["optional-dependencies"]["dev"]]
    declared = {re.split(r"[^\w.-]", line)[0].lower() for some in lists for line in some}
    homes = packages_distributions()
    own = {path.stem for path in (ROOT / "tests").rglob("*") if path.suffix in ("", ".py")}
    own |= {path.stem for path in (ROOT / "benchmarks").glob("*.py")} | OURS
    foreign = imported(ROOT / folder) - own - OPTIONAL - set(sys.stdlib_module_names)
    names = {name: {home.lower() for home in homes.get(name, [])} for name in foreign}
    # Parts of Jupyter and nbgrader: they come with them and nobody has one without the other.
    parts = {"jupyter-client", "jupyter_client", "traitlets", "tornado", "sqlalchemy", "markupsafe"}
    parts |= {"jinja2", "ipython", "typing_extensions", "beautifulsoup4"}
    assert {n: h for n, h in names.items() if not h & (declared | parts)} == {}


def test_only_autograde_waits_for_torch():
    """Does nbgrader load our settings, feedback and export without the seconds that torch takes?"""
    code = (
        "import autograder.plugins.config, autograder.plugins.export, sys; "
        "sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
