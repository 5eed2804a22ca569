"""Everything that is wrong with a course's assignments, at once, without running a kernel."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from pathlib import Path

import nbformat

from ..course import FILE, Assignment, Course
from ..errors import CourseError
from ..frames import notebook_frame, notebook_work
from ..generate.gate import HIDDEN_CASE, Leak, find_leaks
from ..generate.publish import publish
from ..generate.release import rehearse
from ..generate.sources import Source, gather
from ..generate.steps import STEPS, pack
from ..problem_folders import HIDDEN, PUBLIC
from ..registry import hidden_words, load
from ..selfcheck.grammar import refusals
from .cases import odd_cases
from .modules import broken_modules
from .places import case_line, module_file, setting_line


def faults(
    root: Path,
    name: str | None = None,
    only: Collection[str] = (),
    started: Callable[[str], None] = lambda what: None,
) -> list[str]:
    """What is wrong, a sentence each, with file and line; [] if the release would go through.

    `name` is an assignment's; without one all are looked at. `only` names some of its problems.
    `started` is told what comes next.
    """
    try:
        course = Course.load(root)
    except CourseError as error:
        return [setting_line(line, root / FILE) for line in str(error).split("\n")]
    found: list[str] = []
    fit: list[Source] = []
    seen: set[str] = set()
    for assignment in (one.narrowed(only) for one in course.chosen(name)):
        sources, odd = gather(assignment.solutions_dir, only)
        found += odd
        found += _unmatched(assignment, sources)
        sound = [s for s in sources if s.problem in assignment.points]
        for source in sound:
            started(f"{source.name}: its modules, its notebook, its small cases")
            wrong = list(_of_problem(assignment, source))
            found += wrong
            fit += [] if wrong else [source]
            seen.add(source.name)
    started("the hand-out as a whole: does it give anything away?")
    if not fit:
        return found
    for assignment in course.assignments:
        fit += _buildable(assignment, seen)
    return found + _leaks(course, fit)


def _unmatched(assignment: Assignment, sources: list[Source]) -> Iterator[str]:
    """Problems without a notebook or a module, and notebooks without points."""
    name, there = assignment.name, {source.problem for source in sources}
    for problem in assignment.problem_ids:
        if problem not in there:
            yield (
                f"{FILE}: [assignments.{name}.points] has {problem}, but there is no notebook "
                f"solutions/{name}/{problem}_….ipynb. Write it (`autograder new-problem`), or "
                "delete the line."
            )
    section = assignment.course.sections[name]
    for problem in section.bonus:
        if problem not in section.points:
            yield f"{FILE}: [assignments.{name}]: bonus names {problem}, which has no points."
    for source in sources:
        if source.problem not in assignment.booked_points:
            yield (
                f"{source.file}: no points are set for {source.problem}. Add a line under "
                f"[assignments.{name}.points] in {FILE}."
            )


def _of_problem(assignment: Assignment, source: Source) -> Iterator[str]:
    """What is wrong with one problem: its modules, its notebook, its solution."""
    modules = list(broken_modules(source.name))
    yield from modules
    steps = [step for step in STEPS if not (modules and step is pack)]  # packing reads the modules
    try:
        rehearse(source, assignment, steps)
    except CourseError as error:
        yield str(error)
        return
    frame = notebook_frame(source.problem, source.nb.cells)
    for refusal in refusals(frame, notebook_work(source.nb.cells)):
        yield f"{source.file}: the solution is not what students may write: {refusal.sentence}"
    if modules:
        return
    graded = load(source.name)
    if not re.search(rf"\b{re.escape(graded.public.entry)}\b", frame.source):
        yield (
            f"{module_file(PUBLIC, source.name)}: entry is {graded.public.entry!r}, which the "
            f"given code of {source.file} does not define. Correct one of them."
        )
    yield from odd_cases(graded, source.name)


def _buildable(assignment: Assignment, seen: Collection[str]) -> Iterator[Source]:
    """The sources of an assignment that are not looked at, as far as students can get them: what is
    hidden may be told there.
    """
    for source in gather(assignment.solutions_dir)[0]:
        with suppress(CourseError):
            known = source.problem in assignment.points and source.name not in seen
            if known and not any(broken_modules(source.name)):
                rehearse(source, assignment)
                yield source


def _leaks(course: Course, sources: list[Source]) -> list[str]:
    """What students would see that is hidden, in the notebooks as they would be handed out."""
    with tempfile.TemporaryDirectory() as folder:
        staged = []
        for assignment in course.assignments:
            some = [s for s in sources if s.name == assignment.qualified(s.problem)]
            place = Path(folder) / "release" / assignment.name
            place.mkdir(parents=True)
            for source in some:
                nbformat.write(rehearse(source, assignment), place / source.path.name)
            staged += [(assignment, place)] if some else []
        target = Path(folder) / "notebooks"
        try:
            publish(staged, target)
        except CourseError as error:
            return [str(error)]
        files = {str(p.relative_to(folder)): p for p in target.rglob("*") if p.is_file()}
        words = hidden_words(*(source.name for source in sources))
        return [_told(leak) for leak in find_leaks(files, sources, words)]


def _told(leak: Leak) -> str:
    """A leak in a sentence; a hidden case's name with the place where it is given."""
    if not leak.kind.startswith(HIDDEN_CASE):
        return f"{leak}. Students would see it."
    owner = case_line(HIDDEN, leak.kind.removeprefix(HIDDEN_CASE), leak.text)
    return f"{leak}. Students would see it. Rename the hidden case: {owner}."
