"""What the tests of the sandbox share: the levels that work here, a course to be hidden."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.sandbox.levels import LEVELS, Level

every_level = pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.name)


def build_course(root: Path) -> None:
    root.chmod(0o755)
    for name in ("solutions/a/p1.ipynb", "submitted/ada/a/p1.ipynb", "gradebook.db", "course.toml"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("not for students")


def skip_unless_available(level: Level) -> None:
    if reason := level.missing():
        pytest.skip(f"{level.name} does not work here: {reason}")
