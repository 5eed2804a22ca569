"""A course that collects p1 and p3, and what lies under submitted/ afterwards."""

from __future__ import annotations

import json

import pytest
from people import ASSIGNMENT, NAMES

from autograder.classroom.taking import Report
from autograder.course import Course

P1 = f"{NAMES[0]}.ipynb"


@pytest.fixture
def assignment(tmp_path):
    root = tmp_path / "course"
    root.mkdir()
    (root / "course.toml").write_text(
        '[course]\nname = "GPU"\npublic_repository = "a/b"\n'
        f"[assignments.{ASSIGNMENT}]\npoints = {{ p1 = 1, p3 = 1 }}\n"
    )
    release = root / "release" / ASSIGNMENT
    release.mkdir(parents=True)
    for name in NAMES:
        (release / f"{name}.ipynb").write_text("{}")
    return Course.load(root).assignment()


def submitted(assignment) -> dict[str, dict[str, bytes]]:
    """Student -> file -> content, as nbgrader would find it."""
    return {
        folder.parent.name: {p.name: p.read_bytes() for p in folder.glob("*.ipynb")}
        for folder in (assignment.root / "submitted").glob(f"*/{ASSIGNMENT}")
    }


def by_key(assignment, platform: str) -> dict[str, dict[str, bytes]]:
    """The same, by what the platform calls a student."""
    known = json.loads((assignment.root / "collected/students.json").read_text())
    return {
        known[id]["platforms"][platform][ASSIGNMENT]["key"]: files
        for id, files in submitted(assignment).items()
    }


def reasons(report: Report) -> str:
    return "\n".join(f"{left.reason} {left.source}" for left in report.left if left.matters)
