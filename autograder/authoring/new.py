"""Start an assignment or a problem: a notebook, two modules and a line in course.toml that pass."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Literal

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from ..course import FILE, PROBLEMS, Course
from ..errors import CourseError
from ..files import write_whole
from ..generate.clean import KERNELSPEC
from . import templates

PACKAGE = Path(__file__).resolve().parents[1]
Kind = Literal["torch", "triton"]


@dataclass(frozen=True)
class Draft:
    """A problem that is to be: where it belongs, what it is called and worth."""

    root: Path
    assignment: str
    id: str
    title: str
    kind: Kind
    points: int

    @property
    def in_package(self) -> bool:
        """Whether its assignment stands in the package itself, as this kit's own does."""
        return (PACKAGE / "problems" / self.assignment).is_dir()

    @property
    def sides(self) -> tuple[Path, Path]:
        """The folders of the assignment's public and hidden modules."""
        if self.in_package:
            places = PACKAGE / "selfcheck" / "problems", PACKAGE / "problems"
        else:
            places = self.root / PROBLEMS / "public", self.root / PROBLEMS / "hidden"
        return places[0] / self.assignment, places[1] / self.assignment

    @property
    def notebook(self) -> Path:
        words = re.sub(r"[^a-z0-9]+", "_", self.title.lower()).strip("_") or "problem"
        return self.root / "solutions" / self.assignment / f"{self.id}_{words}.ipynb"

    def files(self) -> dict[Path, str]:
        """Every file to be written, with its text."""
        public, hidden = self.sides
        seed = zlib.crc32(f"{self.assignment}/{self.id}".encode()) % 1000
        filled = {"triton": str(self.kind == "triton"), "seed": seed}
        return {
            self.notebook: nbformat.writes(self._notebook()) + "\n",
            public / f"{self.id}.py": self._fill(templates.PUBLIC, **filled),
            hidden / f"{self.id}.py": self._fill(templates.HIDDEN, **self._shares()),
        }

    def next_steps(self) -> list[str]:
        """What comes now, a line each: docs/authors.md has the same, in the same order."""
        steps = [
            "edit these files; what is in them is an example that passes",
            f"autograder check {self.assignment}",
            f"make release ASSIGNMENT={self.assignment}",
            f"autograder check {self.assignment} --run",
        ]
        demo = self.sides[1] / "demo"
        if demo.is_dir():
            mistakes = demo / f"{self.id}.py"
            inside = mistakes.is_relative_to(self.root)
            steps += [
                f"{mistakes.relative_to(self.root) if inside else mistakes}: mistakes to find",
                f"make demo ASSIGNMENT={self.assignment}",
            ]
        return steps

    def _shares(self) -> dict[str, float]:
        """The points of the three hidden cases: they add up."""
        less = self.points * 3 // 10 or self.points / 4
        return {"most": self.points - 2 * less, "less": less}

    def _fill(self, text: str, **more: object) -> str:
        names = {"id": self.id, "title": self.title, "assignment": self.assignment}
        return Template(text).substitute(names, **more)

    def _notebook(self) -> nbformat.NotebookNode:
        """The solution notebook, every cell with an id that stays."""
        triton = self.kind == "triton"
        setup = templates.SETUP + (templates.WITH_TRITON if triton else "")
        work = self._fill(templates.TRITON if triton else templates.TORCH)
        selfcheck = templates.SELFCHECK["package" if self.in_package else "course"]
        cells = [
            new_markdown_cell(self._fill(templates.TITLE), id="title"),
            new_code_cell(selfcheck, id="selfcheck"),
            new_code_cell(setup, id="setup"),
            new_code_cell(work, id="implementation"),
            new_code_cell(f'check("{self.id}", scale_rows)', id="check"),
            new_markdown_cell(templates.HAND_IN, id="hand-in"),
            new_code_cell(f'submit("{self.id}", name="", student_id="")', id="submit"),
        ]
        for cell in cells:
            cell.id = f"{self.id}-{cell.id}"
        return new_notebook(cells=cells, metadata={"kernelspec": KERNELSPEC})


def new_problem(draft: Draft) -> list[Path]:
    """Write a problem and its line in course.toml; the files written.

    Raises CourseError, and has written nothing, where the id is taken or the assignment unknown.
    """
    _refuse_odd(draft)
    course = Course.load(draft.root)
    points = course.chosen(draft.assignment)[0].points
    if draft.id in points:
        raise CourseError(f"{draft.root / FILE}: {draft.id} is there already. Choose another id.")
    toml = (draft.root / FILE).read_text(encoding="utf-8")
    return _write(draft, with_points(toml, draft))


def new_assignment(draft: Draft) -> list[Path]:
    """Write an assignment with its first problem; the files written. Raises as `new_problem`."""
    _refuse_odd(draft)
    if draft.assignment in Course.load(draft.root).sections:
        raise CourseError(
            f"{draft.root / FILE}: there is an assignment {draft.assignment} already. Add to it "
            "with `autograder new-problem`."
        )
    toml = (draft.root / FILE).read_text(encoding="utf-8").rstrip("\n")
    table = f"[assignments.{draft.assignment}.points]\n{draft.id} = {draft.points}\n"
    return _write(draft, f"{toml}\n\n{table}")


def with_points(toml: str, draft: Draft) -> str:
    """course.toml with a line for the problem, after the last of its assignment's.

    Raises CourseError where the table is written in another form.
    """
    lines = toml.split("\n")
    head = f"[assignments.{draft.assignment}.points]"
    at = next((i for i, line in enumerate(lines) if line.strip() == head), None)
    if at is None:
        raise CourseError(
            f"{draft.root / FILE}: there is no line {head}. Write the points so, a line for each "
            "problem, then run this again."
        )
    last = at
    for number, line in enumerate(lines[at + 1 :], at + 1):
        if line.startswith("["):
            break
        if re.match(r"\s*[a-z][a-z0-9]*\s*=", line):
            last = number
    return "\n".join([*lines[: last + 1], f"{draft.id} = {draft.points}", *lines[last + 1 :]])


def _refuse_odd(draft: Draft) -> None:
    """Names become files and modules, so they have to be of their form."""
    if not re.fullmatch(r"[a-z][a-z0-9]{0,30}", draft.id):
        raise CourseError(f"{draft.id!r} is no problem's id: lower-case letters and digits alone.")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", draft.assignment):
        raise CourseError(
            f"{draft.assignment!r} is no assignment's name: lower-case letters, digits, `_`."
        )
    if not draft.title.strip() or set(draft.title) & set('"\\\n'):
        raise CourseError('A title needs a word, and no `"` and no `\\` in it.')


def _write(draft: Draft, toml: str) -> list[Path]:
    files = draft.files()
    taken = [path for path in files if path.exists()]
    taken += draft.notebook.parent.glob(f"{draft.id}_*.ipynb")
    if taken:
        raise CourseError(f"{taken[0]}: there already. Choose another id, or move it away.")
    for side, says in zip(draft.sides, ("the public side", "what counts"), strict=True):
        if not (side / "__init__.py").exists():
            files[side / "__init__.py"] = f'"""The assignment {draft.assignment}: {says}."""\n'
    for path, text in files.items():
        write_whole(path, text.encode())
    write_whole(draft.root / FILE, toml.encode())
    return [*files, draft.root / FILE]
