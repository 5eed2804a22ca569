"""Make the public hand-out from the release: Colab's badge and metadata, a README, and the
self-check's modules as plain files.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import nbformat

from ..course import Assignment, Course
from .cells import BuildError, first_heading, problem_of
from .clean import KERNELSPEC
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
_README = """\
<!-- Made by `make release`; edit solutions/ and build again. -->
# {course}: the notebooks

{tables}

## How to work

1. **Open** a problem with its badge, then choose *File → Save a copy in Drive*, so that your work
   is kept.
2. **Fill in** the code between `STUDENT IMPLEMENTATION STARTS HERE` and `ENDS HERE`; the numbered
   steps there are your guide. Run the cells from the top. The check at the end says which cases
   pass and what probably went wrong in the others; try as often as you like.
3. **Submit**: *File → Download → Download .ipynb*, and hand in that file. Only what stands between
   the markers is graded: it is put into the code as it was handed out. Cells of your own, notes
   and experiments do no harm and earn nothing.

Each notebook is complete by itself. It needs no account but Google's, and installs nothing. Its
first code cell holds the self-check, packed into one line; `selfcheck/` has the same code as plain
files.

## No GPU?

Colab asks for a T4 by itself. When it has none to give, go on without (*Runtime → Change runtime
type → CPU*): the notebook notices, runs Triton kernels in Triton's interpreter on small cases, and
says so. An answer that is right there is right on a GPU too; only the timing has to wait. The same
holds on your own computer, with Python, PyTorch, Triton and Jupyter.
"""


def publish(releases: Sequence[tuple[Assignment, Path]], target: Path) -> list[Path]:
    """Write `target/*.ipynb` and `target/README.md` from the folders of released notebooks.

    Raises BuildError where notebooks of two assignments have the same name.
    """
    target.mkdir(parents=True, exist_ok=True)
    written, tables = [], []
    for assignment, folder in releases:
        heading = f"## {assignment.name}\n\n" if len(releases) > 1 else ""
        rows = []
        for file in _in_order(assignment, folder):
            if target / file.name in written:
                raise BuildError(f"{file.name}: two assignments have a notebook of this name.")
            nb = nbformat.read(file, as_version=4)
            rows.append(_row(nb, file.name, assignment))
            add_colab(nb, file.name, assignment.course)
            nbformat.write(nb, target / file.name)
            written.append(target / file.name)
            _write_modules(assignment.qualified(problem_of(file.name)), target / "selfcheck")
        tables.append(heading + _TABLE.format(rows="\n".join(rows)))
    course = releases[0][0].course.name
    readme = target / "README.md"
    readme.write_text(_README.format(course=course, tables="\n\n".join(tables)), encoding="utf-8")
    return [*written, readme]


def _in_order(assignment: Assignment, folder: Path) -> list[Path]:
    """The released notebooks in the order of course.toml."""
    order = assignment.problem_ids
    return sorted(folder.glob("*.ipynb"), key=lambda file: order.index(problem_of(file.name)))


def _write_modules(name: str, target: Path) -> None:
    """The self-check's modules of a problem, as plain files."""
    for path, source in modules_for(name).items():
        module = target / path
        module.parent.mkdir(parents=True, exist_ok=True)
        module.write_text(source, encoding="utf-8")


def add_colab(nb: nbformat.NotebookNode, file: str, course: Course) -> None:
    """Put the badge on top of the first cell and ask Colab for a GPU, in place."""
    first = nb.cells[0]
    if first.cell_type != "markdown":
        raise BuildError(f"{file}: its first cell is not Markdown. Put the title there.")
    first.source = f"{badge(file, course)}\n\n{first.source}"
    nb.metadata = nbformat.from_dict(COLAB_METADATA)


def badge(file: str, course: Course) -> str:
    """The Open-in-Colab badge of a notebook, as Markdown."""
    return f"[![Open in Colab]({BADGE_IMAGE})]({course.colab_url(file)})"


def _row(nb: nbformat.NotebookNode, file: str, assignment: Assignment) -> str:
    problem, link = problem_of(file), badge(file, assignment.course)
    title = (first_heading(nb) or file).replace("|", r"\|")
    return f"| {problem} | [{title}]({file}) | {assignment.points[problem]} | {link} |"
