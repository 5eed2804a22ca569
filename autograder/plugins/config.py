"""nbgrader's configuration, made from course.toml; `nbgrader_config.py` only calls `configure`."""

from __future__ import annotations

from pathlib import Path

from nbgrader.preprocessors import CheckCellMetadata, ComputeChecksums, LockCells, SaveCells

from ..course import Course
from .generation import CleanNotebook, PackSelfcheck, StampMetadata, StrictClearSolutions

# Stamping comes first: it reads the author's markers. Checksums are taken of what a student gets,
# and SaveCells books them, so nothing may change a cell after ComputeChecksums.
GENERATION = [
    StampMetadata,
    StrictClearSolutions,
    PackSelfcheck,
    CleanNotebook,
    LockCells,
    CheckCellMetadata,
    ComputeChecksums,
    SaveCells,
    CheckCellMetadata,
]


def configure_generation(c, root: Path) -> None:
    """Set where the course is and how student notebooks are generated."""
    course = Course.load(root)
    c.CourseDirectory.root = str(course.root)
    c.CourseDirectory.source_directory = "solutions"
    c.CourseDirectory.course_id = course.slug
    c.CourseDirectory.db_url = course.database_url
    c.GenerateAssignment.preprocessors = list(GENERATION)
    c.StampMetadata.points = dict(course.points)


def configure(c, root: Path) -> None:
    """Everything nbgrader must know of the course at `root`."""
    configure_generation(c, root)
    configure_autograde = globals().get("configure_autograde")
    if configure_autograde is not None:
        configure_autograde(c, root)
