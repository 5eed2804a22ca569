"""Take in downloaded work: find each notebook's student and problem, whatever it is called."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.course import Course
from autograder.errors import CourseError

# "Copy of p3_x.ipynb", "p3_x (1).ipynb", "lovelace_12345_67890_p3_x-2.ipynb"
COPY_OF = re.compile(r"^(copy of |kopie von |copie de )+", re.IGNORECASE)
NUMBERED = re.compile(r"( ?\(\d+\)|-\d+)$")
STUDENT = re.compile(r"^[\w.@+-]+$")


@dataclass(frozen=True)
class Taken:
    """One file: where it goes, or (`target` is then None) why it was left."""

    source: Path
    target: Path | None
    reason: str = ""


def collect(course: Course, folder: Path) -> list[Taken]:
    """Copy notebooks below `folder` to submitted/<student>/<assignment>/ under their own names.

    Two layouts are understood: a folder per student (`folder/ada/anything.ipynb`), and one flat
    folder as learning platforms export it (`ada_123_p3_….ipynb`: the student comes first). Of two
    versions the newer one is taken. What is not understood is left alone and reported.
    Raises CourseError when there is no such folder or it holds nothing.
    """
    if not folder.is_dir():
        raise CourseError(f"{folder}: no such folder. Name the one with the downloaded work.")
    found = sorted(_examine(course, folder), key=lambda taken: (taken.reason, str(taken.source)))
    if not found:
        raise CourseError(f"{folder}: no .ipynb files in it. Unpack the download first.")
    return _copy(_newest(found))


def _examine(course: Course, folder: Path) -> Iterator[Taken]:
    names = [path.stem for path in sorted(course.release_dir.glob("p*_*.ipynb"))]
    if not names:
        raise CourseError(f"{course.release_dir}: nothing released yet. Run `make release`.")
    for path in sorted(folder.rglob("*.ipynb")):
        if ".ipynb_checkpoints" in path.parts:
            continue
        name = _released_name(path.stem, names)
        student = _student(path, folder, name)
        if path.is_symlink():
            yield Taken(path, None, "it is a link, not a file")
        elif name is None:
            known = ", ".join(names)
            yield Taken(path, None, f"its name has none of {known} in it")
        elif student is None:
            yield Taken(path, None, "whose it is cannot be told; put it in a folder named so")
        else:
            target = course.root / "submitted" / student / course.assignment_name / f"{name}.ipynb"
            yield Taken(path, target)


def _released_name(stem: str, names: list[str]) -> str | None:
    """The released notebook that a file's name ends in."""
    stem = NUMBERED.sub("", COPY_OF.sub("", stem.strip()))
    return next((name for name in names if stem == name or stem.endswith(f"_{name}")), None)


def _student(path: Path, folder: Path, name: str | None) -> str | None:
    """The student: the first folder below `folder`, else what the file's name begins with."""
    parts = path.relative_to(folder).parts
    if len(parts) > 1:
        return parts[0] if STUDENT.match(parts[0]) else None
    before = NUMBERED.sub("", COPY_OF.sub("", path.stem)).removesuffix(name or "").strip("_ ")
    first = before.split("_")[0]
    return first if STUDENT.match(first) else None


def _newest(found: list[Taken]) -> list[Taken]:
    """Of several files for one place only the newest; the others say which was taken instead."""
    best: dict[Path, Path] = {}
    for taken in found:
        if taken.target is not None:
            rival = best.get(taken.target)
            if rival is None or taken.source.stat().st_mtime > rival.stat().st_mtime:
                best[taken.target] = taken.source
    return [
        taken
        if taken.target is None or best[taken.target] == taken.source
        else Taken(taken.source, None, f"{best[taken.target].name} is newer")
        for taken in found
    ]


def _copy(found: list[Taken]) -> list[Taken]:
    for taken in found:
        if taken.target is not None:
            taken.target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(taken.source, taken.target)
    return found
