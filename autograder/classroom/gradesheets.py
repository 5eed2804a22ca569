"""Grades on their way back: a platform's own sheet, downloaded from it, with the grades filled in.

The platform's sheet has every id and heading that it wants to see again, so only a column changes.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from autograder.classroom.platforms.model import Person
from autograder.errors import CourseError

MOST = re.compile(r"(?:Total Pts: ?|MaxPoints:)([\d.,]+)")
HOW = "Download the sheet from the platform, with its language set to English."

FROM_GRADESCOPE = (
    "This is Gradescope's, which takes no grades from a sheet. Fill the sheet of the platform that "
    "it is linked to (by the ids in roster.csv); or let Gradescope run this grader on hand-in: "
    "`autograder gradescope-zip`."
)


@dataclass(frozen=True)
class Sheet:
    """A platform's sheet: which columns hold what.

    `key` is the column by which the platform knows a student again, `platform` whose id that is,
    `names` are joined to a name, `ids` gives other columns by what they tell. `grade` is the form
    of a grade's heading; its group is the title that the instructor gave.
    """

    title: str
    key: str
    platform: str
    names: tuple[str, ...]
    ids: Mapping[str, str]
    grade: re.Pattern[str]
    comment: str = ""
    not_students: tuple[str, ...] = ()


# Brightspace's has all columns by which Blackboard's is known, so it comes before.
SHEETS = {
    # Grades > Export > Export Entire Gradebook; Import takes it. ID is the user's.
    "canvas": Sheet(
        "Canvas's gradebook",
        "ID",
        "canvas",
        ("Student",),
        {"login": "SIS Login ID", "sid": "SIS User ID"},
        re.compile(r"(.+) \(\d+\)"),
        not_students=("", "Points Possible", "Student, Test"),
    ),
    # Assignment > View all submissions > Download grading worksheet; Upload grading worksheet.
    "moodle": Sheet(
        "Moodle's grading worksheet",
        "Identifier",
        "moodle",
        ("Full name",),
        {"email": "Email address", "sid": "ID number"},
        re.compile(r"(Grade)"),
        "Feedback comments",
    ),
    # Grades > Enter Grades > Export, with OrgDefinedId and Username, points grade; Import.
    "brightspace": Sheet(
        "Brightspace's grades",
        "OrgDefinedId",
        "orgdefined",
        ("First Name", "Last Name"),
        {"login": "Username", "email": "Email"},
        re.compile(r"(.+) Points Grade(?: <.*>)?"),
    ),
    # Grade Centre > Work Offline > Download; Upload. Tab-delimited in UTF-16, or commas.
    "blackboard": Sheet(
        "Blackboard's grade centre",
        "Username",
        "blackboard",
        ("First Name", "Last Name"),
        {"login": "Username", "sid": "Student ID"},
        re.compile(r"(.+?) \[Total Pts: [^\]]*\](?: \S+)? ?\|\d+"),
    ),
}


@dataclass(frozen=True)
class Grade:
    """What a student gets: points, None for nothing to be told, and a comment."""

    points: float | None
    comment: str = ""


@dataclass
class Filled:
    """A sheet with the grades in it, who got one, and who could not be brought together."""

    data: bytes
    done: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)  # students with a grade that are in no row
    unknown: list[str] = field(default_factory=list)  # rows of nobody that we know
    doubtful: list[str] = field(default_factory=list)  # rows that seem to be one student's
    empty: list[str] = field(default_factory=list)  # students without a grade, whose cells stay
    outdated: bool = False  # whether work was collected since the grades were written
    most: float | None = None  # the points that the platform gives at most, where it says so


def recognised(data: bytes) -> Sheet:
    """Whose sheet it is, by its columns. Raises CourseError if it is of no form that we know."""
    text, _ = _decoded(data)
    rows = list(csv.reader(io.StringIO(text), **_form(text)))[:5]
    for sheet in SHEETS.values():
        if any({sheet.key, *sheet.names} <= set(row) for row in rows):
            return sheet
    if rows and {"SID", "Email"} <= set(rows[0]) and any("Lateness" in head for head in rows[0]):
        raise CourseError(FROM_GRADESCOPE)
    raise CourseError("This is no platform's sheet of grades that is known here. " + HOW)


def fill(
    sheet: Sheet,
    data: bytes,
    grades: Mapping[str, Grade],
    whose: Callable[[Person], str],
    column: str = "",
) -> Filled:
    """The sheet `data` with the grades filled in. `whose` says which student a row is, or "".

    `column` is the heading of the grade's column, or the title in it; it is needed only where the
    sheet has several. Raises CourseError where the sheet is not of that form.
    """
    text, encoding = _decoded(data)
    form = _form(text)
    rows = list(csv.reader(io.StringIO(text), **form))
    head_at = next((i for i, row in enumerate(rows) if sheet.key in row), None)
    if head_at is None:
        raise CourseError(f"This is not {sheet.title}: it has no column `{sheet.key}`. {HOW}")
    heads = rows[head_at]
    place = heads.index(_column(sheet, heads, column))
    filled = Filled(b"", most=_most(heads, rows, place))
    ids = [_id(sheet, heads, row, whose) for row in rows[head_at + 1 :]]
    twice = {id for id, count in Counter(ids).items() if id and count > 1}
    for row, id in zip(rows[head_at + 1 :], ids, strict=True):
        if id is not None:
            _put(sheet, heads, row, id, place, grades, twice, filled)
    told = (id for id, grade in grades.items() if grade.points is not None)
    filled.absent = sorted(set(told) - set(filled.done) - twice)
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n" if "\r\n" in text else "\n", **form).writerows(rows)
    filled.data = out.getvalue().encode(encoding)
    return filled


def _put(
    sheet: Sheet,
    heads: list[str],
    row: list[str],
    id: str,
    place: int,
    grades: Mapping[str, Grade],
    twice: set[str],
    filled: Filled,
) -> None:
    """Write a student's grade into their row."""
    called = _cell(heads, row, sheet.key)
    if not id:
        filled.unknown.append(called)
    elif id in twice:
        filled.doubtful.append(called)
    elif id in grades and (points := grades[id].points) is not None and place < len(row):
        comma = "," in _cell(heads, row, "Maximum Grade")
        row[place] = number(points, comma)
        if sheet.comment in heads and grades[id].comment:
            row[heads.index(sheet.comment)] = grades[id].comment
        filled.done.append(id)
    else:
        filled.empty.append(id)


def number(points: float, comma: bool = False) -> str:
    """Points as a sheet writes them: 12.5, or 12,5 where the platform counts so."""
    text = f"{points:.2f}".rstrip("0").rstrip(".")
    return text.replace(".", ",") if comma else text


def _id(
    sheet: Sheet, heads: list[str], row: list[str], whose: Callable[[Person], str]
) -> str | None:
    """Which student a row is; "" for nobody that we know, None for a row that is no student's."""
    key = _cell(heads, row, sheet.key).removeprefix("#")
    name = " ".join(_cell(heads, row, column) for column in sheet.names).strip()
    if not key or name in sheet.not_students:
        return None
    if sheet.platform == "moodle":  # "Participant 1234567", in any language
        digits = re.search(r"\d+$", key)
        key = digits[0] if digits else key
    told = {k: _cell(heads, row, c).removeprefix("#") for k, c in sheet.ids.items()}
    return whose(Person(sheet.platform, key, name, ids=tuple((k, v) for k, v in told.items() if v)))


def _most(heads: list[str], rows: list[list[str]], place: int) -> float | None:
    """The most points of a column: in its heading, in Canvas's second row, or beside each grade."""
    told = [match[1]] if (match := MOST.search(heads[place])) else []
    told += [row[place] for row in rows if row[:1] and row[0].strip() == "Points Possible"]
    told += [_cell(heads, row, "Maximum Grade") for row in rows if row is not heads]
    try:
        return float(told[0].replace(",", ".")) if told else None
    except ValueError:
        return None


def _cell(heads: list[str], row: list[str], column: str) -> str:
    at = heads.index(column) if column in heads else -1
    return row[at].strip() if 0 <= at < len(row) else ""


def _column(sheet: Sheet, heads: list[str], column: str) -> str:
    """The heading of the column for the grades. Raises CourseError where that is not clear."""
    found = {head: match[1] for head in heads if (match := sheet.grade.fullmatch(head.strip()))}
    named = [h for h, title in found.items() if column in (h, title)] if column else list(found)
    if len(named) == 1:
        return named[0]
    known = ", ".join(f"`{head}`" for head in found) or "none"
    raise CourseError(
        f"Which column of {sheet.title} the grades belong in is not clear. Its columns for grades: "
        f"{known}. Say one of them with --column."
    )


def _decoded(data: bytes) -> tuple[str, str]:
    """The text of a sheet, and how it is encoded."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16"), "utf-16"
    try:
        encoding = "utf-8-sig" if data[:3] == b"\xef\xbb\xbf" else "utf-8"
        return data.decode(encoding), encoding
    except UnicodeDecodeError:
        raise CourseError("The sheet is not in UTF-8 or UTF-16. Download it again.") from None


def _form(text: str) -> dict[str, Any]:
    """How the sheet is written: what parts its cells, and whether all of them have quotes."""
    head = text.split("\n", 1)[0]
    delimiter = max("\t;,", key=head.count)
    quoting = csv.QUOTE_ALL if head.startswith('"') else csv.QUOTE_MINIMAL
    return {"delimiter": delimiter, "quoting": quoting}
