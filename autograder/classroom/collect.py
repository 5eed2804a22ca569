"""Take in downloaded work: find each file's student and problem, whatever it is called."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from autograder.classroom.downloads import Found, files_below
from autograder.course import Course
from autograder.errors import CourseError, NotGradable
from autograder.files import write_whole
from autograder.generate.cells import problem_of
from autograder.intake.extract import Peek, peek

# "Copy of p3_x.ipynb", "p3_x (1).ipynb", "lovelace_12345_67890_p3_x-2.ipynb"
COPY_OF = re.compile(r"^(copy of |kopie von |copie de )+", re.IGNORECASE)
ENDINGS = re.compile(r"\.(ipynb|json|txt|py|html?|pdf|zip|docx?|md)$", re.IGNORECASE)
STUDENT = re.compile(r"\w[\w.@+-]*")


@dataclass(frozen=True)
class Taken:
    """One file: where it goes, or (`target` is then None) why it was left.

    A `note` tells what was odd about a file that was taken.
    """

    source: Path
    target: Path | None
    reason: str = ""
    note: str = ""


@dataclass(frozen=True)
class Candidate:
    """A file that may be a student's work on a problem. `rank` is higher for what says more of it:
    a readable notebook with the work filled in, then one that can be read, then any other file.
    """

    found: Found
    target: Path
    rank: int
    note: str = ""


def collect(course: Course, folder: Path) -> list[Taken]:
    """Copy the work below `folder` to submitted/<student>/<assignment>/ under its own name.

    Two layouts are understood: a folder (or zip file) per student (`folder/ada/anything.ipynb`),
    and one flat folder as learning platforms export it (`ada_123_p3_….ipynb`: the student comes
    first). A file is recognised by its name, else by what is in it. Of two versions the one that is
    filled in is taken, then the newer one. What is not understood is left alone and reported.
    Raises CourseError when there is no such folder, it holds nothing, or a copy cannot be written.
    """
    if not folder.is_dir():
        raise CourseError(f"{folder}: no such folder. Name the one with the downloaded work.")
    names = _names(course)
    taken: list[Taken] = []
    candidates: list[Candidate] = []
    for found in files_below(folder):
        for answer in _examine(course, found, names):
            (taken if isinstance(answer, Taken) else candidates).append(answer)
    if not taken and not candidates:
        raise CourseError(f"{folder}: no files in it. Unpack the download first.")
    taken += _copy_best(candidates)
    return sorted(taken, key=lambda item: (item.target is None, str(item.source)))


def settle(course: Course, students: Iterable[str] | None = None) -> list[Taken]:
    """Give work that lies under submitted/ under another name the name that nbgrader knows.

    Where a file of that name is there already, it stays, unless it cannot be read or is not filled
    in and the other one is; it is then kept under another name.
    """
    names = _names(course)
    taken = []
    for folder in sorted((course.root / "submitted").glob(f"*/{course.assignment_name}")):
        student = folder.parent.name
        if students and student not in students:
            continue
        files = list(files_below(folder))
        if {str(found.inside) for found in files} <= {f"{name}.ipynb" for name in names}:
            continue  # the usual case: nothing needs to be read
        candidates: list[Candidate] = []
        for found in files:
            with contextlib.suppress(NotGradable):  # grading says so, if it has the right name
                candidates += [] if found.problem else _of_student(course, found, student, names)
        taken += _settle_best(candidates)
    return taken


def _settle_best(candidates: list[Candidate]) -> list[Taken]:
    """Put the best file in each place, if it says more than the one that is there."""
    there = {c.target: c.rank for c in candidates if c.found.source == c.target}
    better = [
        c
        for c in candidates
        if (c.rank > there[c.target] if c.target in there else not os.path.lexists(c.target))
    ]
    for target in {c.target for c in better} & there.keys():
        target.rename(target.with_suffix(".ipynb.before"))
    return [taken for taken in _copy_best(better) if taken.target]


def released_names(course: Course) -> list[str]:
    """The notebooks that were handed out, without their suffix."""
    found = sorted(course.release_dir.glob("p*_*.ipynb"))
    return [path.stem for path in found if path.stem.split("_")[0] in course.points]


def _names(course: Course) -> list[str]:
    names = released_names(course)
    if not names:
        raise CourseError(f"{course.release_dir}: nothing released yet. Run `make release`.")
    return names


def _examine(course: Course, found: Found, names: list[str]) -> Iterator[Taken | Candidate]:
    """Where the file belongs, or why that cannot be told."""
    if found.problem:
        yield Taken(found.source, None, found.problem)
        return
    student = _student(found.inside, names)
    if student is None:
        reason = "whose it is cannot be told; put it in a folder named so"
        yield Taken(found.source, None, reason)
        return
    try:
        places = _of_student(course, found, student, names)
    except NotGradable as reason:
        yield Taken(found.source, None, str(reason))
        return
    yield from places
    if not places:
        known = ", ".join(names)
        reason = f"its name has none of {known} in it, and its content is not of them either"
        yield Taken(found.source, None, reason)


def _of_student(course: Course, found: Found, student: str, names: list[str]) -> list[Candidate]:
    """The places of a student's file: by its name, and by its content where that says other.

    Raises NotGradable if it cannot be opened.
    """
    named = _released_name(found.inside.name, names)
    data = found.read()
    try:
        inside = peek(data)
    except NotGradable:
        inside = None
    contained = _contained_name(inside, names) if inside is not None else None
    folder = course.root / "submitted" / student / course.assignment_name
    rank = 0 if inside is None else 1
    if contained and inside.filled == len(inside.regions):
        rank = 2
    places = []
    if named:
        # Also when it is of another problem: grading says so to the student.
        mistaken = contained not in (None, named)
        places.append(Candidate(found, folder / f"{named}.ipynb", -1 if mistaken else rank))
    if contained and contained != named:
        note = f"recognised by its content, under the name {found.inside.name}"
        places.append(Candidate(found, folder / f"{contained}.ipynb", rank, note))
    return places


def _released_name(file: str, names: list[str]) -> str | None:
    """The released notebook that a file's name names: all of its name, or its problem alone."""
    stem = file
    while (shorter := ENDINGS.sub("", stem)) != stem:
        stem = shorter
    words = re.sub(r"[^a-z0-9]+", "_", COPY_OF.sub("", stem.strip()).lower()).strip("_")
    found = [name for name in names if f"_{name}_" in f"_{words}_"]
    if not found:
        found = [name for name in names if problem_of(f"{name}.ipynb") in words.split("_")]
    return found[0] if len(found) == 1 else None


def _contained_name(inside: Peek, names: list[str]) -> str | None:
    """The released notebook whose regions, and no others, are marked in a file."""
    found = [name for name in names if problem_of(f"{name}.ipynb") in inside.problems]
    return found[0] if len(inside.problems) == len(found) == 1 else None


def _student(inside: PurePosixPath, names: list[str]) -> str | None:
    """The student: the first folder, else what the file's name begins with."""
    if len(inside.parts) > 1:
        first = inside.parts[0]
    else:
        before = COPY_OF.sub("", inside.stem)
        named = _released_name(before, names)
        at = before.lower().find(named) if named else -1
        first = (before[:at] if at >= 0 else before).strip("_ ").split("_")[0]
        if at < 0 and len(inside.stem.split("_")) == 1:
            return None
    return first if STUDENT.fullmatch(first) else None


def _copy_best(candidates: Iterable[Candidate]) -> list[Taken]:
    """Copy, of several files for one place, only the best; the others say which was taken."""
    best: dict[Path, Candidate] = {}
    candidates = list(candidates)
    for candidate in candidates:
        rival = best.get(candidate.target)
        if rival is None or _value(candidate) > _value(rival):
            best[candidate.target] = candidate
    taken = []
    for candidate in candidates:
        chosen = best[candidate.target]
        if candidate is not chosen:
            newer = chosen.rank == candidate.rank
            reason = f"{chosen.found.inside.name} is {'newer' if newer else 'more complete'}"
            taken.append(Taken(candidate.found.source, None, reason))
            continue
        write_whole(candidate.target, candidate.found.read())
        os.utime(candidate.target, (candidate.found.changed, candidate.found.changed))
        taken.append(Taken(candidate.found.source, candidate.target, note=candidate.note))
    return taken


def _value(candidate: Candidate) -> tuple[int, float]:
    return candidate.rank, candidate.found.changed
