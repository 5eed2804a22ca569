"""`solutions/` to `release/` to `notebooks/`: built aside, gated, then put in place."""

from __future__ import annotations

import copy
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode

from ..course import Assignment, Course
from .cells import BuildError, problem_of
from .gate import refuse_leaks
from .order import GivenAway, given_away, refuse_early
from .publish import publish
from .sources import Source, read_sources
from .steps import STEPS, Origin, Step, make_student_version

_COMPLAINT = re.compile(r"\| (WARNING|ERROR|CRITICAL)\] (.*)")
# A notebook was renamed or taken away, and nobody handed it in: the gradebook follows.
_RIGHTLY = re.compile(r"Removing notebook '.*' from the gradebook")
_RAISED = re.compile(r"[\w.]*(Error|Exception)(: |$)")  # how a traceback ends
_NO_NEWS = ("There was an error processing", "Removing failed", "Please see the")
_LOG_LINES = 25


@dataclass(frozen=True)
class Release:
    """What was built: the public notebooks, and the gradebook that now knows the assignment.

    `order` says which notebooks hold answers to earlier problems.
    """

    notebooks: list[Path]
    gradebook: str
    order: list[GivenAway] = field(default_factory=list)


def build_release(
    root: Path,
    name: str | None = None,
    words: Mapping[str, str] | None = None,
    only: Collection[str] = (),
) -> Release:
    """Build and check an assignment's student notebooks; raises CourseError, and then nothing has
    changed.

    `words` are the hidden cases' names that the gate looks for, with whose they are; by default the
    registry is asked. With `only`, notebooks/ gets the notebooks of these problems of the
    assignment and of no others of it; the gradebook knows all of them.
    """
    course = Course.load(root)
    assignment = course.assignment(name)
    wanted = assignment.narrowed(only).points
    sources = read_sources(assignment.solutions_dir)
    order = given_away(sources, assignment.problem_ids)
    if only:
        refuse_early(order, only, _out_already(course, assignment))
    for source in sources:
        rehearse(source, assignment)
    released = [one for one in course.assignments if one == assignment or one.release_dir.is_dir()]
    everything = [s for one in released for s in read_sources(one.solutions_dir)]
    if words is None:
        from ..registry import hidden_words  # late: the registry imports torch

        words = hidden_words(*(source.name for source in everything))
    with tempfile.TemporaryDirectory() as folder:
        staging = Path(folder)
        database = gradebook_url(course, staging)
        generate(assignment, staging / "release", database)
        built = staging / "release" / assignment.name
        _expect(built, sources)
        folders = [(one, built if one == assignment else one.release_dir) for one in released]
        publish(folders, staging / "notebooks", {assignment.name: only} if only else {})
        places = {built: assignment.release_dir, staging / "notebooks": course.notebooks_dir}
        refuse_leaks(_files_after(course, places), everything, words)
        for made, place in places.items():
            _install(made, place)
    counted = [source for source in sources if source.problem in wanted]
    public = [course.notebooks_dir / source.path.name for source in counted]
    return Release(public, database if database == course.database_url else "", order)


def _out_already(course: Course, assignment: Assignment) -> set[str]:
    """The assignment's problems whose notebooks are in notebooks/ now."""
    found = {problem_of(file.name) for file in course.notebooks_dir.glob("*.ipynb")}
    return found & set(assignment.points)


def rehearse(source: Source, assignment: Assignment, steps: Iterable[Step] = STEPS) -> NotebookNode:
    """What a student gets, made without nbgrader; raises BuildError as the real build would."""
    nb = copy.deepcopy(source.nb)
    make_student_version(nb, Origin.of(source.file, assignment, source.problem), steps)
    return nb


def generate(assignment: Assignment, target: Path, database: str) -> None:
    """Run nbgrader's generate_assignment into `target`; any complaint in its log is an error."""
    config = assignment.root / "nbgrader_config.py"
    if not config.is_file():
        raise BuildError(f"{config}: not found. Restore it: it tells nbgrader how to generate.")
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", assignment.name, "--force"]
    command += [f"--CourseDirectory.release_directory={target}"]
    command += [f"--CourseDirectory.db_url={database}"]
    with tempfile.TemporaryDirectory() as no_settings:
        done = subprocess.run(
            command,
            cwd=assignment.root,
            env=_environment(no_settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    if done.returncode or _complaints(done.stdout):
        raise BuildError(_explain(config, done.stdout))


def gradebook_url(course: Course, scratch: Path) -> str:
    """The course's gradebook, or a scratch one where its file cannot be written.

    nbgrader must know the assignment before it can grade, so the real one is used if possible.
    """
    file = course.gradebook_file
    if file is None or os.access(file if file.exists() else file.parent, os.W_OK):
        return course.database_url
    return f"sqlite:///{scratch / 'gradebook.db'}"


def _environment(no_settings: str) -> dict[str, str]:
    """Ours, with alembic on PATH (nbgrader calls it by name), without the user's own settings."""
    binaries = str(Path(sys.executable).parent)
    path = os.pathsep.join([binaries, os.environ.get("PATH", "")])
    return {**os.environ, "PATH": path, "JUPYTER_CONFIG_DIR": no_settings}


def _complaints(log: str) -> list[str]:
    """What nbgrader warns of, without the one warning that a right build may have."""
    found = [found[2] for found in map(_COMPLAINT.search, log.splitlines()) if found]
    return [text for text in found if not _RIGHTLY.match(text)]


def _telling(log: str) -> list[str]:
    """Of nbgrader's log what somebody can act on: complaints, and what was raised where.

    Its end as it is, where nothing of the kind is in it.
    """
    lines, place = [], ""
    for line in map(str.strip, log.splitlines()):
        if line.startswith('File "'):
            place = line
        elif _RAISED.match(line):
            lines += [place, line]
        else:
            lines += _complaints(line)
    told = [line for line in dict.fromkeys(lines) if line and not line.startswith(_NO_NEWS)]
    return told or log.splitlines()[-_LOG_LINES:]


def _explain(config: Path, log: str) -> str:
    tail = "\n".join(f"  {line}" for line in _telling(log))
    if "Cannot add or remove cells" in log or "Cannot modify existing assignment" in log:
        advice = (
            "The gradebook holds submissions, so cells and notebooks can be changed but not added "
            "or removed. Undo that, or move the gradebook away to start a new one"
        )
    elif "loading config file" in log:
        advice = f"{config} fails, and nbgrader would go on without it. Correct it"
    else:
        advice = "Put right what it complains about"
    return f"nbgrader generate_assignment complained:\n{tail}\n{advice}."


def _expect(built: Path, sources: Sequence[Source]) -> None:
    wanted = {source.path.name for source in sources}
    there = {path.name for path in built.rglob("*")} if built.is_dir() else set()
    if there != wanted:
        odd = ", ".join(sorted(wanted ^ there))
        raise BuildError(f"nbgrader did not release exactly the notebooks of solutions/: {odd}.")


def _files_after(course: Course, places: dict[Path, Path]) -> dict[str, Path]:
    """All files students will get, by the name they will have: new ones, and old ones that stay."""
    files = {}
    for folder in (course.root / "release", course.notebooks_dir):
        for path in folder.rglob("*"):
            gone = any(
                path.is_relative_to(place) and _replaced(path, place) for place in places.values()
            )
            if path.is_file() and not gone:
                files[str(path.relative_to(course.root))] = path
    for made, place in places.items():
        for path in made.rglob("*"):
            if path.is_file():
                files[str((place / path.relative_to(made)).relative_to(course.root))] = path
    return files


def _replaced(path: Path, place: Path) -> bool:
    """Whether installing takes a file away from `place`: a notebook, or a self-check's module."""
    inside = path.relative_to(place).parts
    return inside[:1] == ("selfcheck",) or (len(inside) == 1 and path.suffix == ".ipynb")


def _install(made: Path, place: Path) -> None:
    place.mkdir(parents=True, exist_ok=True)
    for old in place.glob("*.ipynb"):
        old.unlink()
    shutil.rmtree(place / "selfcheck", ignore_errors=True)
    shutil.copytree(made, place, dirs_exist_ok=True)
