"""The machinery serves any assignment: it knows none of those that this course has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from solved import ROOT

PACKAGE = ROOT / "autograder"
PROBLEMS = (PACKAGE / "problems", PACKAGE / "selfcheck" / "problems")
MACHINERY = [
    *(ROOT / name for name in ("Makefile", "nbgrader_config.py")),
    *(p for p in sorted(PACKAGE.rglob("*.py")) if not set(PROBLEMS) & set(p.parents)),
]
# An id like ours, the pattern of such ids, the assignment's name, its subject. PyTorch's own names,
# scaled_dot_product_attention and the like, are another matter.
KNOWS = re.compile(r"(?<![a-z0-9])p\d|\bp\\d|\bp\[1-9\]|flash_attention|\battention", re.IGNORECASE)


@pytest.mark.parametrize("path", MACHINERY, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_machinery_names_no_problem_and_no_assignment(path: Path) -> None:
    """Would every file outside the problem packages serve another course as it is?"""
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [line.strip() for line in lines if KNOWS.search(line)] == []


@pytest.mark.parametrize(
    "line",
    ["if name == 'p3':", r"r'p\d+'", "r'(p[1-9]\\d*)_'", "flash_attention", "# attention: x"],
)
def test_what_would_name_one_is_seen(line: str) -> None:
    """Would the test above fail for each of these?"""
    assert KNOWS.search(line)


def test_pytorchs_own_names_are_not_meant() -> None:
    """May the grammar say which of PyTorch's functions it refuses?"""
    assert not KNOWS.search("scaled_dot_product_attention, flex_attention, step3, exp2")


@pytest.mark.parametrize("folder", ["benchmarks", "tests"])
def test_the_kits_own_course_may_get_a_second_assignment(folder: str) -> None:
    """Does everything that reads this course's own course.toml name the assignment it means?"""
    unnamed = "Course.load(ROOT)" + ".assignment()"
    files = sorted((ROOT / folder).rglob("*.py"))
    assert files and [f.name for f in files if unnamed in f.read_text(encoding="utf-8")] == []
