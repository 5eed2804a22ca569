"""Families too long for `make test`: it tries a sample, another one after every commit.

`make test-all` tries the whole. TEST_TURN=17 repeats the sample of that turn.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

TURN = "TEST_TURN"


def turn() -> int:
    """How many commits there are, unless TEST_TURN says another number; 0 where there is no git."""
    if TURN not in os.environ:
        told = ""
        with contextlib.suppress(OSError):
            command = ["git", "rev-list", "--count", "HEAD"]
            here = Path(__file__).parent
            told = subprocess.run(
                command, cwd=here, capture_output=True, text=True, check=False
            ).stdout
        os.environ[TURN] = told.strip() or "0"  # so that all processes of one run agree
    return int(os.environ[TURN])


def sampled(family: Iterable[Any], size: int, now: int | None = None) -> list[Any]:
    """The members as parameters, all but `size` of them slow; a tuple is several arguments.

    The samples of following turns (`now`: another one than this) lie side by side: soon all members
    have been tried.
    """
    members = list(family)
    first = size * (turn() if now is None else now)
    chosen = {(first + i) % len(members) for i in range(size)}
    return [
        pytest.param(
            *(member if isinstance(member, tuple) else (member,)),
            marks=() if number in chosen else pytest.mark.slow,
        )
        for number, member in enumerate(members)
    ]
