"""The form of a mutant: a wrong answer, as small edits of the solution or written freely."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

HALVES = ("tuned", "aside", "untouched")
Work = dict[str, str]


class DoesNotApply(Exception):
    """A mutant's edit no longer finds its text in the solution's region."""


@dataclass(frozen=True)
class Edit:
    """In the text of `region`, `old` stands exactly once and becomes `new`."""

    region: str
    old: str
    new: str


@dataclass(frozen=True)
class Mutant:
    """One wrong answer to a problem.

    `kind` is the stable id of the true cause (a key of KINDS), `step` the numbered step at fault
    ("p3.1 step 3"), `student` says what a real student was thinking. The work is the solution's,
    after the `edits`, or with the regions in `written` instead.
    """

    problem: str
    name: str
    family: str
    kind: str
    step: str
    student: str
    edits: tuple[Edit, ...] = ()
    written: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.problem}: {self.name}"

    def work(self, solution: Mapping[str, str]) -> Work:
        """All regions of this answer; raises DoesNotApply where an edit has lost its hold."""
        work = {**solution, **self.written}
        for edit in self.edits:
            times = work[edit.region].count(edit.old)
            if times != 1:
                raise DoesNotApply(f"{self.id}: {edit.region} says {times} times {edit.old!r}")
            work[edit.region] = work[edit.region].replace(edit.old, edit.new)
        return work


def wrong(
    problem: str, family: str, kind: str, step: str, name: str, student: str, *edits: tuple
) -> Mutant:
    """A mutant by its edits: (old, new) in the region of its step, or (region, old, new)."""
    here = step.partition(" ")[0]
    full = tuple(Edit(*edit) if len(edit) == 3 else Edit(here, *edit) for edit in edits)
    return Mutant(problem, name, family, kind, step, student, full)


def free(
    problem: str, family: str, kind: str, step: str, name: str, student: str, text: str
) -> Mutant:
    """A mutant whose step's region is written anew."""
    here = step.partition(" ")[0]
    return Mutant(problem, name, family, kind, step, student, written={here: text.strip("\n")})


def problem_ids() -> list[str]:
    """The problems of which there are mutants."""
    folder = Path(__file__).parent
    return sorted({file.stem for half in HALVES for file in folder.glob(f"{half}/p*.py")})


def mutants(half: str, problem: str) -> tuple[Mutant, ...]:
    """The mutants of a problem in one half; () where that half has none of it (yet)."""
    files = sorted((Path(__file__).parent / half).glob("[mp]*.py"))  # p1.py, more_kernels.py
    modules = [import_module(f"{__package__}.{half}.{file.stem}") for file in files]
    return tuple(one for module in modules for one in module.MUTANTS if one.problem == problem)
