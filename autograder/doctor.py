"""What works on this machine and in this course's folder, and what to do about the rest."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Literal

from .course import Course
from .errors import CourseError

FREE = 2 << 30  # bytes; less is told
PACKAGES = ("torch", "triton", "nbgrader", "nbconvert", "safetensors")
OURS = "gpu-kernel-course"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: "fine", a "note" that stops nothing, or "wrong"."""

    state: Literal["fine", "note", "wrong"]
    what: str
    says: str


def findings(root: Path) -> Iterator[Finding]:
    """Everything that was looked at."""
    yield from _versions()
    yield from _device()
    try:
        course = Course.load(root)
    except CourseError as error:
        yield Finding("wrong", "course", str(error))
        yield from _isolation("bubblewrap")
        return
    yield from _course(course)
    yield from _isolation(course.sandbox.isolation)
    yield from _gradebook(course)
    yield from _disk(course)


def _versions() -> Iterator[Finding]:
    """Python, and what the grader stands on, beside the versions it was tried with."""
    yield Finding("fine", "python", f"{platform.python_version()}, {sys.executable}")
    pinned = _pins()
    for name in PACKAGES:
        try:
            here = version(name).partition("+")[0]
        except PackageNotFoundError:
            yield Finding("wrong", name, "not installed. Run `make setup`.")
            continue
        wanted = pinned.get(name, here)
        tried = "" if here == wanted else f"; this kit was tried with {wanted}"
        yield Finding("note" if tried else "fine", name, f"{here}{tried}")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    if not shutil.which("alembic", path=path):
        yield Finding("wrong", "alembic", "not found; nbgrader calls it. Run `make setup`.")


def _pins() -> dict[str, str]:
    """The exact versions that this package asks for."""
    try:
        asked = requires(OURS) or []
    except PackageNotFoundError:
        asked = []
    found = (re.match(r"([\w-]+)==([\w.]+)", line) for line in asked)
    return {match[1]: match[2] for match in found if match}


def _device() -> Iterator[Finding]:
    import torch

    if not torch.cuda.is_available():
        says = "none: kernels run in Triton's interpreter, and points for speed stay open"
        yield Finding("note", "gpu", says)
        return
    for index in range(torch.cuda.device_count()):
        card = torch.cuda.get_device_properties(index)
        says = f"{card.name}, compute capability {card.major}.{card.minor}"
        yield Finding("fine", "gpu", f"{says}, {card.total_memory >> 30} GiB")
    yield _builds()


def _builds() -> Finding:
    """Whether Triton can build what starts kernels on a GPU: a C extension of Python's."""
    compiler = os.environ.get("CC") or shutil.which("gcc") or shutil.which("clang")
    headers = Path(sysconfig.get_path("include"), "Python.h")
    lacks = [] if compiler else ["a C compiler (the package gcc)"]
    lacks += [] if headers.exists() else [f"{headers} (the package python3-dev)"]
    if lacks:
        says = f"missing: {' and '.join(lacks)}. Triton builds what starts kernels with it."
        return Finding("wrong", "compiler", says)
    return Finding("fine", "compiler", f"{compiler}, {headers}")


def _isolation(weakest: str) -> Iterator[Finding]:
    """Every level, and whether one is strong enough."""
    from .sandbox.levels import LEVELS

    names = [level.name for level in LEVELS]
    enough = False
    for level in LEVELS:
        why = level.missing()
        enough |= not why and names.index(level.name) <= names.index(weakest)
        yield Finding("note" if why else "fine", level.name, why or "works")
    if not enough:
        says = f'course.toml asks for "{weakest}" or stronger, and nothing of that works here'
        yield Finding("wrong", "isolation", f"{says}. docs/grading-machines.md has the options.")


def _course(course: Course) -> Iterator[Finding]:
    """Its settings, and whether each assignment was released."""
    yield Finding("fine", "course", f"{course.name}: {', '.join(course.sections)}")
    if course.course.is_placeholder:
        says = f"{course.course.public_repository!r} is made up: badges in notebooks lead nowhere"
        yield Finding("note", "badges", says)
    for one in course.assignments:
        ready = any(one.release_dir.glob("*.ipynb"))
        says = "released" if ready else "not released yet. Run `make release`."
        yield Finding("fine" if ready else "note", one.name, says)


def _gradebook(course: Course) -> Iterator[Finding]:
    from .plugins.submitted import check_gradebook

    file = course.gradebook_file
    if file is not None and not file.exists():
        yield Finding("note", "gradebook", f"{file}: none yet. `make release` makes it.")
        return
    try:
        check_gradebook(course, seconds=2)
    except CourseError as error:
        yield Finding("wrong", "gradebook", str(error))
    else:
        yield Finding("fine", "gradebook", str(file or course.database_url.partition("@")[2]))


def _disk(course: Course) -> Iterator[Finding]:
    for folder in {course.root, Path(tempfile.gettempdir())}:
        free = shutil.disk_usage(folder).free
        told = f"{free / 1e9:.1f} GB free in {folder}"
        yield Finding("fine" if free > FREE else "wrong", "disk", told)
