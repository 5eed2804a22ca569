"""nbgrader's configuration, made from course.toml; `nbgrader_config.py` only calls `configure`."""

from __future__ import annotations

from pathlib import Path

from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    ComputeChecksums,
    GetGrades,
    LockCells,
    SaveCells,
)

from ..course import Course
from .autograding import GradeInSandbox, SaveVerdict
from .exchange import ReleaseFeedback
from .feedback import FeedbackExporter, ReportFirst
from .generation import MakeStudentVersion
from .late import CourseLateness, SayLateness
from .submitted import BeforeBooking, SubmissionExporter

# Checksums are taken of what a student gets, and SaveCells books them, so nothing may change a cell
# after ComputeChecksums.
GENERATION = [
    MakeStudentVersion,
    LockCells,
    CheckCellMetadata,
    ComputeChecksums,
    SaveCells,
    CheckCellMetadata,
]

# SubmissionExporter hands over the released notebook, so nbgrader's OverwriteCells has nothing to
# mend; it would only stumble over points that have changed since.
SANITIZE = [CheckCellMetadata]
AUTOGRADE = [GradeInSandbox, SaveVerdict, AssignLatePenalties, CheckCellMetadata]
FEEDBACK = [GetGrades, ReportFirst, SayLateness, CSSHTMLHeaderPreprocessor]


def configure_generation(c, root: Path) -> None:
    """Set where the course is and how student notebooks are generated."""
    course = Course.load(root)
    c.CourseDirectory.root = str(course.root)
    c.CourseDirectory.source_directory = "solutions"
    c.CourseDirectory.course_id = course.slug
    c.CourseDirectory.db_url = course.database_url
    c.GenerateAssignment.preprocessors = list(GENERATION)
    c.MakeStudentVersion.root = str(course.root)


def configure_autograde(c, root: Path) -> None:
    """Set how submissions are graded, shown to students and exported."""
    c.Autograde.exporter_class = SubmissionExporter
    c.Autograde.pre_convert_hook = BeforeBooking(root)
    # Booking is cheap: verdicts are kept. Without this nbgrader passes over a student whose booking
    # was interrupted, and over work that was handed in again.
    c.Autograde.force = True
    c.Autograde.sanitize_preprocessors = list(SANITIZE)
    c.Autograde.autograde_preprocessors = list(AUTOGRADE)
    c.SubmissionExporter.optimistic_validation = True  # once, after all preprocessors
    c.GenerateFeedback.exporter_class = FeedbackExporter
    c.FeedbackExporter.optimistic_validation = True
    c.GenerateFeedback.preprocessors = list(FEEDBACK)
    c.AssignLatePenalties.plugin_class = CourseLateness
    c.ExchangeFactory.release_feedback = ReleaseFeedback
    for name in (
        "SubmissionExporter",
        "GradeInSandbox",
        "GradesExporter",
        "CourseLateness",
        "SayLateness",
    ):
        c[name].root = str(root)


def configure(c, root: Path) -> None:
    """Everything nbgrader must know of the course at `root`."""
    configure_generation(c, root)
    configure_autograde(c, root)
