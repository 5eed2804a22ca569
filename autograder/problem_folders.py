"""Problem packages that stand in a course's own folder, outside this package.

A course may keep its problems beside its `course.toml`, in the two halves of every problem:
`problems/public/<assignment>/w1.py` and `problems/hidden/<assignment>/w1.py`. Their modules are
found as if they stood in `autograder/selfcheck/problems/` and in `autograder/problems/`.
"""

from __future__ import annotations

from pathlib import Path

import autograder.problems
import autograder.selfcheck.problems

PUBLIC, HIDDEN = "public", "hidden"
PACKAGES = {PUBLIC: autograder.selfcheck.problems, HIDDEN: autograder.problems}
OWN = {side: tuple(package.__path__) for side, package in PACKAGES.items()}


def add_problems(folder: Path) -> None:
    """Let the problem packages find the modules of a course's `problems/` folder too; those of a
    course before it are found no more.
    """
    for side, package in PACKAGES.items():
        package.__path__[:] = [*OWN[side], str(folder / side)]


def problem_files(side: str) -> dict[str, Path]:
    """Every module of one side by its path below the package: "warmup/w1.py"."""
    return {
        path.relative_to(place).as_posix(): path
        for place in PACKAGES[side].__path__
        for path in sorted(Path(place).glob("*/*.py"))
    }
