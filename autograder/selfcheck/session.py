"""The notebook session around the check: its shell, and the given code it carries."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class Checked:
    """The last check of a problem in this session: of which work, how it ended, and when."""

    receipt: str
    passed: bool
    sentence: str
    time: str


checked: dict[str, Checked] = {}  # by the problem's id


def notebook_shell() -> Any:
    """IPython's shell where a notebook's kernel runs this, else None."""
    if "IPython" not in sys.modules:
        return None
    from IPython import get_ipython

    shell = get_ipython()
    return shell if hasattr(shell, "kernel") else None


def given_cells() -> tuple[str, ...] | None:
    """The released code cells that the notebook carries; None in the author's own copy."""
    try:
        return tuple(import_module(f"{__package__}.frame").CELLS)
    except ModuleNotFoundError:
        return None


def given_answers() -> list[str]:
    """The answers to the notebook's questions; none in the author's own copy."""
    try:
        return list(import_module(f"{__package__}.frame").ANSWERS)
    except ModuleNotFoundError:
        return []


def given_points() -> int:
    """The points that the problem is worth; 0 in the author's own copy."""
    try:
        return import_module(f"{__package__}.frame").POINTS
    except ModuleNotFoundError:
        return 0
