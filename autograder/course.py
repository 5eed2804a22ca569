"""`course.toml` as a checked object: the only settings an instructor edits."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    StringConstraints,
    ValidationError,
    field_validator,
)

from .errors import CourseError
from .lateness import NO_DEADLINE, LateSection

FILE = "course.toml"
SQLITE = "sqlite:///"
PLACEHOLDER = "your-organisation/your-course"
PROBLEMS = "problems"  # the folder of a course's own problem packages, see problem_folders.py

Filled = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
AssignmentName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
# Part of file names (`w1_title.ipynb`) and of region ids (`w1.2`), so without "_" and ".".
ProblemId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]{0,30}$")]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CourseSection(_Section):
    """`[course]`: what the course is called and where its public files and its gradebook are, and
    how many days each student may be late in all without losing points. Feedback gives hints up to
    the stage: 1 a question, 2 also where to look, 3 also what the step must achieve. `ai` is what
    students are told of AI assistants: welcome, as tutors only, or to be left off.
    """

    name: Filled
    public_repository: Annotated[str, StringConstraints(pattern=r"^[\w.-]+/[\w.-]+$")]
    branch: Filled = "main"
    database: Filled = "sqlite:///gradebook.db"
    late_days: NonNegativeInt = 0
    hint_stage: Literal[1, 2, 3] = 1
    ai: Literal["allowed", "tutor", "off"] = "tutor"

    @property
    def is_placeholder(self) -> bool:
        """Whether the badges still lead to the repository that this kit made up."""
        return self.public_repository == PLACEHOLDER


class AssignmentSection(_Section):
    """`[assignments.NAME]`: full points per problem, in the order in which students meet them, and
    the problems whose points come on top of the full mark.

    A problem with 0 points is dropped: neither handed out nor graded. `cap` is the most that the
    total can be, bonus included. Without `speed`, other cases get the points for speed.
    """

    points: Annotated[dict[ProblemId, NonNegativeInt], Field(min_length=1)]
    bonus: list[ProblemId] = []
    cap: PositiveInt | None = None
    speed: bool = True
    late: LateSection = NO_DEADLINE

    @field_validator("points")
    @classmethod
    def _something_counts(cls, points: dict[str, int]) -> dict[str, int]:
        if not any(points.values()):
            raise ValueError("every problem is dropped; one at least needs points")
        return points


class SandboxSection(_Section):
    """`[sandbox]`: the weakest isolation accepted for students' kernels, and their limits."""

    isolation: Literal["bubblewrap", "uid", "plain"] = "bubblewrap"
    case_seconds: PositiveInt = 20
    notebook_seconds: PositiveInt = 300
    memory_gib: PositiveFloat = 8


@dataclass(frozen=True)
class Assignment:
    """One assignment of a course: its name, its problems with their points, and its places.

    `dropped` are those with 0 points; they are none of its problems.
    """

    course: Course
    name: str
    points: dict[str, int]
    bonus: tuple[str, ...] = ()
    late: LateSection = NO_DEADLINE
    dropped: tuple[str, ...] = ()
    cap: int | None = None
    speed: bool = True

    @property
    def root(self) -> Path:
        """The course's folder."""
        return self.course.root

    @property
    def problem_ids(self) -> list[str]:
        """The problems, in the order of course.toml."""
        return list(self.points)

    @property
    def full_mark(self) -> int:
        """The points of all problems that are not a bonus."""
        return sum(self.booked_points.values())

    @property
    def booked_points(self) -> dict[str, int]:
        """What nbgrader counts as each problem's maximum: nothing for a bonus or a dropped one, so
        that its sums are the full mark.
        """
        counted = {p: 0 if p in self.bonus else full for p, full in self.points.items()}
        return {**counted, **dict.fromkeys(self.dropped, 0)}

    def narrowed(self, problems: Collection[str]) -> Assignment:
        """The same with these problems alone, or as it is where none is named. Raises CourseError
        for a name that is none of its problems.
        """
        for problem in problems:
            if problem not in self.points:
                raise CourseError(
                    f"{self.name} has no problem {problem!r}, only {', '.join(self.points)}. "
                    "Correct the name."
                )
        if not problems:
            return self
        return replace(
            self,
            points={problem: full for problem, full in self.points.items() if problem in problems},
            bonus=tuple(problem for problem in self.bonus if problem in problems),
            dropped=(),
        )

    def capped(self, total: float) -> float:
        """A total, at most what the assignment can give."""
        return total if self.cap is None else min(total, self.cap)

    @property
    def solutions_dir(self) -> Path:
        return self.root / "solutions" / self.name

    @property
    def release_dir(self) -> Path:
        return self.root / "release" / self.name

    def submitted_dir(self, student: str) -> Path:
        """Where a student's work on this assignment is collected."""
        return self.root / "submitted" / student / self.name

    def qualified(self, problem_id: str) -> str:
        """What names a problem in a course of several assignments: "warmup/w1"."""
        return f"{self.name}/{problem_id}"


class Course(_Section):
    """The course at `root`: its sections as written, and the places that follow from them."""

    root: Path
    course: CourseSection
    sections: Annotated[
        dict[AssignmentName, AssignmentSection], Field(alias="assignments", min_length=1)
    ]
    sandbox: SandboxSection = SandboxSection()

    @classmethod
    def load(cls, root: Path) -> Course:
        """Read `root/course.toml`; raises CourseError naming the file and every key at fault."""
        root = Path(root).resolve()
        path = root / FILE
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise CourseError(
                f"{path}: not found. Run this in the course's folder, the one that holds {FILE}."
            ) from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise CourseError(
                f"{path}: not readable as TOML: {error}. Correct that line."
            ) from None
        if "root" in data:
            raise CourseError(f"{path}: unknown key `root`. Remove it.")
        try:
            course = cls(root=root, **data)
        except ValidationError as error:
            raise CourseError(_explain(path, error)) from None
        before = f"{__package__}.problem_folders" in sys.modules  # another course's may be in use
        if before or (root / PROBLEMS).is_dir():
            from .problem_folders import add_problems  # late: it imports torch

            add_problems(root / PROBLEMS)
        return course

    @property
    def name(self) -> str:
        return self.course.name

    @property
    def slug(self) -> str:
        """The course's name as nbgrader's course id: lower case, words joined by hyphens."""
        return re.sub(r"[^a-z0-9]+", "-", self.course.name.lower()).strip("-") or "course"

    @property
    def assignments(self) -> list[Assignment]:
        """All assignments, in the order of course.toml."""
        return [
            Assignment(
                course=self,
                name=name,
                points={problem: full for problem, full in section.points.items() if full},
                bonus=tuple(problem for problem in section.bonus if section.points.get(problem)),
                late=section.late,
                dropped=tuple(problem for problem, full in section.points.items() if not full),
                cap=section.cap,
                speed=section.speed,
            )
            for name, section in self.sections.items()
        ]

    def chosen(self, name: str | None = None) -> list[Assignment]:
        """The assignment of that name, or all where none is named; CourseError if there is none."""
        found = [one for one in self.assignments if name in (None, one.name)]
        if not found:
            raise CourseError(
                f"{self.root / FILE}: there is no assignment {name!r}, only "
                f"{', '.join(self.sections)}. Add [assignments.{name}], or correct the name."
            )
        return found

    def assignment(self, name: str | None = None) -> Assignment:
        """The assignment of that name; without one, the course's only assignment."""
        found = self.chosen(name)
        if len(found) > 1:
            raise CourseError(f"Say which assignment is meant: {', '.join(self.sections)}.")
        return found[0]

    @property
    def gradebook_file(self) -> Path | None:
        """The sqlite file, or None where the gradebook is on a database server."""
        url = self.course.database
        return self.root / url.removeprefix(SQLITE) if url.startswith(SQLITE) else None

    @property
    def database_url(self) -> str:
        """The gradebook's address; a relative sqlite path is taken from the course's folder."""
        file = self.gradebook_file
        return self.course.database if file is None else f"{SQLITE}{file}"

    @property
    def notebooks_dir(self) -> Path:
        return self.root / "notebooks"

    def colab_url(self, file: str) -> str:
        """Where Colab opens `notebooks/<file>` of the public repository."""
        place = f"{self.course.public_repository}/blob/{self.course.branch}"
        return f"https://colab.research.google.com/github/{place}/notebooks/{file}"


def _explain(path: Path, error: ValidationError) -> str:
    lines = []
    for item in error.errors():
        key = ".".join(str(part) for part in item["loc"] if part != "[key]")
        if item["type"] == "extra_forbidden":
            what = "unknown key. Remove it, or correct its spelling"
        elif item["type"] == "missing":
            what = "missing. Add it"
        else:
            what = f"{item['msg']} (it is {item['input']!r}). Correct the value"
        lines.append(f"{path}: `{key}`: {what}.")
    return "\n".join(lines)
