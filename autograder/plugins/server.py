"""A gradebook on a PostgreSQL server: can it be used? In sentences, before nbgrader tries."""

from __future__ import annotations

from sqlalchemy import create_engine, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError, ProgrammingError
from sqlalchemy.pool import NullPool

from ..errors import CourseError

LOCKED = "55P03"  # PostgreSQL: a lock was not to be had in time
DRIVER = (
    "course.toml: the gradebook's server needs a driver. Install it (pip install "
    "'gpu-kernel-course[postgres]') and let `database` begin with postgresql+psycopg://."
)


def check_server(url: str, seconds: float) -> None:
    """Raise CourseError if there is no driver, no server, no gradebook in it, or if another program
    still locks it after `seconds`.
    """
    try:
        engine = create_engine(url, poolclass=NullPool)
        where = engine.url.render_as_string(hide_password=True)
    except (ImportError, NoSuchModuleError, ArgumentError):
        raise CourseError(DRIVER) from None
    try:
        with engine.begin() as db:
            db.execute(text(f"SET LOCAL lock_timeout = {int(seconds * 1000)}"))
            db.execute(text("LOCK TABLE grade IN ROW EXCLUSIVE MODE"))
            found = db.execute(text("SELECT count(*) FROM assignment")).scalar()
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", "") == LOCKED:
            raise CourseError(
                f"{where}: another program has locked the gradebook for {seconds:g} s. Close it "
                "(nbgrader, formgrader, a database browser), then run this again."
            ) from None
        reason = str(error.orig).strip().splitlines()[0]
        raise CourseError(
            f"{where}: the gradebook's server does not answer ({reason}). Start it, or correct "
            "`database` in course.toml."
        ) from None
    except ProgrammingError:
        raise CourseError(
            f"{where}: there is no gradebook on the server yet. Run `make release`, then this "
            "command again: scores come back from verdicts/, marks given by hand do not."
        ) from None
    if not found:
        raise CourseError(f"{where}: no assignment in the gradebook. Run `make release`.")
