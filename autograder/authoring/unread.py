"""Numbers of cases that nothing asks for: a slip in a name would change nothing, and be silent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any

from ..problem_folders import PACKAGES, PUBLIC
from ..registry import GradedProblem
from ..selfcheck.problem import Case
from .places import module_file, saying


@dataclass
class Numbers:
    """The names of the numbers that somebody asked for, in any case."""

    read: set[str] = field(default_factory=set)

    def of(self, case: Case) -> Case:
        """The same case, its numbers watched."""
        return replace(case, params=_Watched(case.params, self.read))


class _Watched(Mapping[str, Any]):
    def __init__(self, numbers: Mapping[str, Any], read: set[str]) -> None:
        self.numbers, self.read = numbers, read

    def __getitem__(self, name: str) -> Any:
        self.read.add(name)
        return self.numbers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.numbers)

    def __len__(self) -> int:
        return len(self.numbers)


def unread(graded: GradedProblem, name: str, read: set[str]) -> Iterator[str]:
    """The numbers of a problem's cases and of its timed one that are not among those read."""
    public = graded.public
    cases = [*public.cases, *public.small_cases]
    cases += [case for one in graded.cases for case in (one.case, one.on(gpu=True))]
    cases += [Case(graded.speed.name, graded.speed.params)] if graded.speed else []
    owner = {number: case.name for case in reversed(cases) for number in case.params}
    for number in sorted(owner.keys() - read):
        places = [saying(side, name, rf"\b{re.escape(number)}\b['\"]?\s*[=:]") for side in PACKAGES]
        meant = get_close_matches(number, read, 1)
        cure = f"Did you mean {meant[0]!r}?" if meant else "Correct it, or take it out."
        for place in filter(None, places) if any(places) else [module_file(PUBLIC, name)]:
            yield f"{place}: {owner[number]!r} sets {number!r}, which nothing reads. {cure}"
