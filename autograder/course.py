"""`course.toml` as a checked object: the only settings an instructor edits."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PositiveFloat,
    PositiveInt,
    StringConstraints,
    ValidationError,
)

from .errors import CourseError

FILE = "course.toml"
SQLITE = "sqlite:///"

Filled = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
ProblemId = Annotated[str, StringConstraints(pattern=r"^p[1-9]\d*$")]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CourseSection(_Section):
    """`[course]`: what the course is called and where its public files and its gradebook are."""

    name: Filled
    public_repository: Annotated[str, StringConstraints(pattern=r"^[\w.-]+/[\w.-]+$")]
    branch: Filled = "main"
    database: Filled = "sqlite:///gradebook.db"


class AssignmentSection(_Section):
    """`[assignment]`: the folder's name under `solutions/` and `release/`, and the problems whose
    points come on top of the full mark.
    """

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    bonus: list[ProblemId] = []


class SandboxSection(_Section):
    """`[sandbox]`: the weakest isolation accepted for students' kernels, and their limits."""

    isolation: Literal["bubblewrap", "uid", "plain"] = "bubblewrap"
    case_seconds: PositiveInt = 20
    notebook_seconds: PositiveInt = 300
    memory_gib: PositiveFloat = 8


class Course(_Section):
    """The course at `root`: its sections as written, and the places that follow from them."""

    root: Path
    course: CourseSection
    assignment: AssignmentSection
    points: Annotated[dict[ProblemId, PositiveInt], Field(min_length=1)]
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
            return cls(root=root, **data)
        except ValidationError as error:
            raise CourseError(_explain(path, error)) from None

    @property
    def name(self) -> str:
        return self.course.name

    @property
    def slug(self) -> str:
        """The course's name as nbgrader's course id: lower case, words joined by hyphens."""
        return re.sub(r"[^a-z0-9]+", "-", self.course.name.lower()).strip("-") or "course"

    @property
    def assignment_name(self) -> str:
        return self.assignment.name

    @property
    def problem_ids(self) -> list[str]:
        """The problems that carry points, in numerical order."""
        return sorted(self.points, key=lambda problem: int(problem[1:]))

    @property
    def full_mark(self) -> int:
        """The points of all problems that are not a bonus."""
        bonus = self.assignment.bonus
        return sum(points for problem, points in self.points.items() if problem not in bonus)

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
    def solutions_dir(self) -> Path:
        return self.root / "solutions" / self.assignment.name

    @property
    def release_dir(self) -> Path:
        return self.root / "release" / self.assignment.name

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
