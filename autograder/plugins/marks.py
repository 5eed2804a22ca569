"""What the gradebook says of each student, as a hash: has anything changed since?"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection

from nbgrader.api import Assignment as Row
from nbgrader.api import Comment, Grade, GradeCell, SubmittedAssignment, SubmittedNotebook
from sqlalchemy import Select, select

from ..course import Assignment
from .late import opened

ASKED_AT_A_TIME = 500  # students: databases limit how many a question may name


def marks_of(assignment: Assignment, students: Collection[str]) -> dict[str, str]:
    """A hash by student over scores, marks by hand, comments, penalties and times of submission.

    Where late days are spent over the whole course, those of its other assignments count too.
    """
    told: dict[str, list[str]] = defaultdict(list)
    names, everyone = [assignment.name], sorted(students)
    if assignment.course.course.late_days:
        names = [one.name for one in assignment.course.assignments]
    with opened(assignment.course) as gradebook:
        for at in range(0, len(everyone), ASKED_AT_A_TIME):
            for question in (_grades(), _comments()):
                mine = SubmittedAssignment.student_id.in_(everyone[at : at + ASKED_AT_A_TIME])
                for student, *row in gradebook.db.execute(
                    question.where(mine, Row.name.in_(names))
                ):
                    told[student].append(repr(row))
    return {s: hashlib.sha256("\n".join(sorted(r)).encode()).hexdigest() for s, r in told.items()}


def _grades() -> Select:
    work, book = SubmittedAssignment, SubmittedNotebook
    marks = (Grade.auto_score, Grade.manual_score, Grade.extra_credit, Grade.needs_manual_grade)
    late = (Row.duedate, work.timestamp, work.extension, book.late_submission_penalty)
    where = (work.student_id, book.notebook_id, Grade.cell_id, GradeCell.max_score)
    question = select(*where, *marks, *late).select_from(Grade)
    question = question.outerjoin(GradeCell, Grade.cell_id == GradeCell.id)
    return _joined(question, Grade)


def _comments() -> Select:
    texts = (Comment.auto_comment, Comment.manual_comment)
    where = (SubmittedAssignment.student_id, SubmittedNotebook.notebook_id, Comment.cell_id)
    return _joined(select(*where, *texts).select_from(Comment), Comment)


def _joined(question: Select, kind: type[Grade] | type[Comment]) -> Select:
    """The question, with the student and the assignment that a grade or a comment is of."""
    book, work = SubmittedNotebook, SubmittedAssignment
    question = question.join(book, kind.notebook_id == book.id)
    return question.join(work, book.assignment_id == work.id).join(
        Row, work.assignment_id == Row.id
    )
