"""pyproject.toml and environment.yml name the same packages with the same pins."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
THIS_PACKAGE = "-e ."


def project() -> dict:
    """The [project] table of pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def conda_lines() -> tuple[list[str], list[str]]:
    """The dependencies of environment.yml: conda's own, and pip's."""
    listed = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    conda = [entry for entry in listed if isinstance(entry, str)]
    (pip,) = (entry["pip"] for entry in listed if isinstance(entry, dict))
    return conda, pip


def differences(wanted: list[str], listed: list[str]) -> list[str]:
    """What one list has and the other has not, in words."""
    missing = [f"environment.yml lacks {line!r}" for line in wanted if line not in listed]
    more = [f"pyproject.toml lacks {line!r}" for line in listed if line not in wanted]
    twice = [f"{line!r} is listed twice" for line in set(listed) if listed.count(line) > 1]
    return missing + more + twice


def test_pip_section_has_exactly_the_pins_of_pyproject() -> None:
    """Does every way to install give the same versions?"""
    wanted = [*project()["dependencies"], *project()["optional-dependencies"]["dev"], THIS_PACKAGE]
    assert differences(wanted, conda_lines()[1]) == []


def test_python_is_the_same() -> None:
    """Does conda choose a Python that the package accepts?"""
    assert conda_lines()[0] == [f"python{project()['requires-python']}", "pip"]


@pytest.mark.parametrize(
    "listed",
    [["a==1"], ["a==1", "b>=3"], ["a==1", "b>=2", "c"], ["a==1", "b>=2", "b>=2"]],
    ids=["missing", "other pin", "one more", "twice"],
)
def test_any_difference_is_told(listed: list[str]) -> None:
    """Would the comparison above notice?"""
    assert differences(["a==1", "b>=2"], listed)


def test_only_autograde_waits_for_torch():
    """Does nbgrader load our settings, feedback and export without the seconds that torch takes?"""
    code = (
        "import autograder.plugins.config, autograder.plugins.export, sys; "
        "sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
