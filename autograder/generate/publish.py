"""Make the public hand-out from the release: Colab's badge and metadata, a README, and the
self-check's modules as plain files.
"""

from __future__ import annotations

from pathlib import Path

import nbformat

from ..course import Course
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
_README = """\
<!-- Made by `make release`; edit solutions/ and build again. -->
# {course}: the notebooks

| problem | | points | |
|---|---|---:|---|
{rows}

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


def publish(release: Path, target: Path, course: Course) -> list[Path]:
    """Write `target/*.ipynb` and `target/README.md` from the notebooks in `release`."""
    files = sorted(release.glob("*.ipynb"), key=lambda file: int(problem_of(file.name)[1:]))
    target.mkdir(parents=True, exist_ok=True)
    written, rows = [], []
    for file in files:
        nb = nbformat.read(file, as_version=4)
        rows.append(_row(nb, file.name, course))
        add_colab(nb, file.name, course)
        nbformat.write(nb, target / file.name)
        written.append(target / file.name)
        for path, source in modules_for(problem_of(file.name)).items():
            module = target / "selfcheck" / path
            module.parent.mkdir(parents=True, exist_ok=True)
            module.write_text(source, encoding="utf-8")
    readme = target / "README.md"
    text = _README.format(course=course.name, rows="\n".join(rows))
    readme.write_text(text, encoding="utf-8")
    return [*written, readme]


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


def _row(nb: nbformat.NotebookNode, file: str, course: Course) -> str:
    problem = problem_of(file)
    title = (first_heading(nb) or file).replace("|", r"\|")
    return f"| {problem} | [{title}]({file}) | {course.points[problem]} | {badge(file, course)} |"
