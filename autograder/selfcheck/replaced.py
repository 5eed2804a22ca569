"""Parts of a library replaced for a while, and put back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

Replacement = tuple[Any, str, Any]  # an owner, its attribute, what stands there meanwhile


@contextmanager
def replaced(replacements: Iterable[Replacement]) -> Iterator[None]:
    """Put these in place, and what stood there back in the end."""
    with ExitStack() as stack:
        for owner, name, value in replacements:
            stack.callback(setattr, owner, name, getattr(owner, name))
            setattr(owner, name, value)
        yield


def put_in_place(replacements: Iterable[Replacement]) -> None:
    """Put these in place for good."""
    for owner, name, value in replacements:
        setattr(owner, name, value)
