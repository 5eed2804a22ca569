"""What nbgrader does before it reads a submission: ours, because its own reader stops at damage.

What needs torch is imported where it is used, as in autograding.py.
"""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from nbconvert.exporters import NotebookExporter
from nbgrader.utils import parse_utc
from traitlets import Unicode

from ..course import Course
from ..errors import CourseError
from ..generate.cells import problem_of
from .server import check_server

LOCK_SECONDS = 60  # how long booking waits for another program that writes to the gradebook


class SubmissionExporter(NotebookExporter):
    """Read a submitted file whatever is in it, and hand nbgrader the released notebook with
    the student's regions in it."""

    root = Unicode(help="The course's folder.").tag(config=True)

    def from_filename(self, filename: str, resources: dict | None = None, **kw):
        course, path = Course.load(Path(self.root)), Path(filename).absolute()
        if not path.is_relative_to(course.root / "submitted"):
            return super().from_filename(filename, resources, **kw)  # autograded/: written by us
        from ..grading.book import take
        from ..grading.page import booked_notebook

        assignment, problem = course.assignment(path.parent.name), problem_of(path.name)
        nb = booked_notebook(assignment, problem, take(assignment, path, problem))
        return self.from_notebook_node(nb, resources, **kw)


class BeforeBooking:
    """nbgrader's hook before each student: is the gradebook usable, are the files in their places?

    Ends the command with a sentence where it could only fail. Before the first student of an
    assignment, what course.toml says of it is written into the gradebook.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.written: set[str] = set()  # assignments

    def __call__(self, assignment: str, student: str, notebooks: list[str]) -> None:
        from ..classroom.settle import settle
        from .late import set_deadline
        from .points import set_points

        course = Course.load(self.root)
        folder = Path(notebooks[0]).parent
        try:
            check_gradebook(course)
            if assignment not in self.written:
                set_deadline(course.assignment(assignment))
                set_points(course.assignment(assignment))
                self.written.add(assignment)
            clear_the_way(folder)
            settle(course.assignment(assignment), [folder.parent.name])
        except CourseError as error:
            sys.exit(f"error: {error}")
        dropped = course.assignment(assignment).dropped
        files = (p for p in folder.glob("*.ipynb") if p.stem.split("_")[0] not in dropped)
        notebooks[:] = sorted(map(str, files))


def clear_the_way(folder: Path) -> None:
    """Take out what would end nbgrader's whole run: links and pipes, which hold no work, and a time
    of submission that is no time.
    """
    for path in sorted(folder.rglob("*")):
        ordinary = not path.is_symlink() and (path.is_dir() or path.is_file())
        if not ordinary and path.suffix != ".ipynb":  # those are refused with a reason
            print(f"removed {path}: it is a link or a pipe, not a file", file=sys.stderr)
            path.unlink()
    stamp = folder / "timestamp.txt"
    try:
        parse_utc(stamp.read_text(encoding="utf-8").strip() or "2000-01-01")
    except FileNotFoundError:
        pass
    except (ValueError, OverflowError):
        print(f"renamed {stamp}: it holds no date, so nobody is late", file=sys.stderr)
        stamp.rename(stamp.with_suffix(".unreadable"))


def check_gradebook(course: Course, seconds: float = LOCK_SECONDS) -> None:
    """Raise CourseError if the gradebook is gone or damaged, or if another program still has it
    locked after `seconds`.
    """
    file = course.gradebook_file
    if file is None:
        return check_server(course.database_url, seconds)
    if not file.exists():
        raise CourseError(f"{file}: the gradebook is gone. {AGAIN}")
    try:
        with closing(sqlite3.connect(file, timeout=seconds)) as db:
            db.execute("BEGIN IMMEDIATE")
            found = db.execute("SELECT count(*) FROM assignment").fetchone()[0]
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise CourseError(
                f"{file}: another program has been writing to the gradebook for {seconds:g} s. "
                "Close it (nbgrader, formgrader, a database browser), then run this again."
            ) from None
        raise CourseError(f"{file}: the gradebook cannot be used ({error}). {AGAIN}") from None
    except sqlite3.DatabaseError as error:
        raise CourseError(f"{file}: the gradebook is damaged ({error}). {AGAIN}") from None
    if not found:
        raise CourseError(f"{file}: no assignment in the gradebook. Run `make release`.")


AGAIN = (
    "Put a backup in its place; or move it away, run `make release` for a new one, then this "
    "command again: scores come back from verdicts/, marks given by hand do not."
)
