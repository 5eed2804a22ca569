"""What keeps a problem's two modules from being read."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from ..problem_folders import PACKAGES, PUBLIC, problem_files
from ..registry import GradedProblem
from ..selfcheck.problem import Problem
from .places import error_line


def broken_modules(name: str) -> Iterator[str]:
    """What is wrong, with the line. The public side comes first, and what is wrong there is said of
    it alone: the hidden side is made from it.
    """
    wanted_id = name.rpartition("/")[2]
    for side, package in PACKAGES.items():
        path = problem_files(side).get(f"{name}.py")
        if path is None:
            yield f"{name}: its {side} module is missing. `autograder new-problem` writes one."
            return
        try:
            module = import_module(f"{package.__name__}.{name.replace('/', '.')}")
        except Exception as error:
            says = error.msg if isinstance(error, SyntaxError) else error
            yield f"{error_line(path, error)}: {type(error).__name__}: {says}. Correct it."
            return
        wanted = Problem if side == PUBLIC else GradedProblem
        made = getattr(module, "PROBLEM", None)
        if not isinstance(made, wanted):
            yield f"{path}: it has no `PROBLEM = {wanted.__name__}(…)`. Add it."
            return
        if made.id != wanted_id:
            graded = f"GradedProblem({wanted_id}.PROBLEM, …)"
            cure = f'id="{wanted_id}"' if side == PUBLIC else graded
            yield f"{path}: PROBLEM is called {made.id!r}. Write {cure}."
        wanted_id = made.id
