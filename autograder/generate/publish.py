"""Make the public hand-out from the release: Colab's badge and metadata, a README, a note for AI
assistants, and the self-check's modules as plain files.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import nbformat

from ..course import Assignment, Course
from .cells import BuildError, first_heading, problem_of
from .clean import KERNELSPEC
from .handout import AGENTS, AI, README, RULES, SAVE
from .pack import modules_for

BADGE_IMAGE = "https://colab.research.google.com/assets/colab-badge.svg"
COLAB_METADATA = {
    "accelerator": "GPU",
    "colab": {"gpuType": "T4", "provenance": []},
    "kernelspec": KERNELSPEC,
    "language_info": {"name": "python"},
}
_TABLE = """\
| problem | | points | |
|---|---|---:|---|
{rows}"""


def publish(
    releases: Sequence[tuple[Assignment, Path]],
    target: Path,
    only: Mapping[str, Collection[str]] | None = None,
) -> list[Path]:
    """Write `target/*.ipynb`, README.md and AGENTS.md from the folders of released notebooks; of an
    assignment named in `only`, those problems alone.

    Raises BuildError where notebooks of two assignments have the same name.
    """
    target.mkdir(parents=True, exist_ok=True)
    written, tables = [], []
    for assignment, folder in releases:
        heading = f"## {assignment.name}\n\n" if len(releases) > 1 else ""
        rows = []
        for file in _in_order(assignment, folder, (only or {}).get(assignment.name, ())):
            if target / file.name in written:
                raise BuildError(f"{file.name}: two assignments have a notebook of this name.")
            nb = nbformat.read(file, as_version=4)
            rows.append(_row(nb, file.name, assignment))
            add_colab(nb, file.name, assignment.course)
            nbformat.write(nb, target / file.name)
            written.append(target / file.name)
            _write_modules(assignment.qualified(problem_of(file.name)), target / "selfcheck")
        tables.append(heading + _TABLE.format(rows="\n".join(rows)))
    course = releases[0][0].course
    ai, listed = course.course.ai, "\n\n".join(tables)
    texts = {
        "README.md": README.format(course=course.name, tables=listed, ai=AI[ai]),
        "AGENTS.md": AGENTS.format(ai=ai, rules=RULES[ai]),
    }
    for name, text in texts.items():
        (target / name).write_text(text, encoding="utf-8")
    return [*written, *(target / name for name in texts)]


def _in_order(assignment: Assignment, folder: Path, only: Collection[str]) -> list[Path]:
    """The released notebooks in the order of course.toml, without those of dropped problems; if
    `only` names some, those.
    """
    order = [problem for problem in assignment.problem_ids if not only or problem in only]
    files = [file for file in folder.glob("*.ipynb") if problem_of(file.name) in order]
    return sorted(files, key=lambda file: order.index(problem_of(file.name)))


def _write_modules(name: str, target: Path) -> None:
    """The self-check's modules of a problem, as plain files."""
    for path, source in modules_for(name).items():
        module = target / path
        module.parent.mkdir(parents=True, exist_ok=True)
        module.write_text(source, encoding="utf-8")


def add_colab(nb: nbformat.NotebookNode, file: str, course: Course) -> None:
    """Put the badge and two notes into the first cell and ask Colab for a GPU, in place."""
    first = nb.cells[0]
    if first.cell_type != "markdown":
        raise BuildError(f"{file}: its first cell is not Markdown. Put the title there.")
    ai = course.course.ai
    first.source = f"{badge(file, course)}\n\n{SAVE}\n\n{first.source}\n\n{AI[ai]}"
    nb.metadata = nbformat.from_dict(COLAB_METADATA)
    if ai == "off":
        nb.metadata["colab"]["generative_ai_disabled"] = True


def badge(file: str, course: Course) -> str:
    """The Open-in-Colab badge of a notebook, as Markdown."""
    return f"[![Open in Colab]({BADGE_IMAGE})]({course.colab_url(file)})"


def _row(nb: nbformat.NotebookNode, file: str, assignment: Assignment) -> str:
    problem, link = problem_of(file), badge(file, assignment.course)
    title = (first_heading(nb) or file).replace("|", r"\|")
    return f"| {problem} | [{title}]({file}) | {assignment.points[problem]} | {link} |"
