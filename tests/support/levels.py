"""What the tests of the sandbox share about isolation levels, and a course to be hidden."""

from __future__ import annotations

from pathlib import Path

import pytest
from samples import sampled

from autograder.sandbox.levels import LEVELS, Level

every_level = pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.name)
# For what takes seconds at each: one level now, another one next turn.
one_level = pytest.mark.parametrize("level", sampled(LEVELS, 1), ids=lambda level: level.name)


def skip_unless_available(level: Level) -> Level:
    if reason := level.missing():
        pytest.skip(f"{level.name} does not work here: {reason}")
    return level


def build_course(root: Path) -> None:
    """A course whose files everybody may read, as careless people leave them."""
    root.chmod(0o755)
    for name in ("solutions/a/p1.ipynb", "submitted/ada/a/p1.ipynb", "gradebook.db", "course.toml"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("not for students")
