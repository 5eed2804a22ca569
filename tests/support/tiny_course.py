"""Build tiny notebooks and whole tiny courses for the tests of generation."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat

REPOSITORY = Path(__file__).resolve().parents[2]
PLACE_FILE = "solutions/tiny/t3_tiny.ipynb"

COURSE_TOML = """\
[course]
name = "Tiny course"
public_repository = "someone/tiny"

[assignments.tiny.points]
t1 = 10
t3 = 20
"""

SELFCHECK = (
    "# --- SELFCHECK ---\n"
    "import sys, autograder.selfcheck\n"
    'sys.modules["selfcheck"] = autograder.selfcheck'
)

PYTHON_REGION = """\
def answer(x):
    y = x + 1
    # --- STUDENT IMPLEMENTATION STARTS HERE (t3.1) ---
    # Step 1: Double it.
    secret_double = 2 * y + 4242  # a comment nobody outside may read
    # Step 2: Return it,
    #   as it is.
    return secret_double
    # --- STUDENT IMPLEMENTATION ENDS HERE (t3.1) ---"""

KERNEL_REGION = """\
@triton.jit
def kernel(x_ptr, BLOCK: tl.constexpr):
    offsets = tl.arange(0, BLOCK)
    # --- STUDENT IMPLEMENTATION STARTS HERE (t3.1) ---
    # Step 1: Load.
    x_tile = tl.load(x_ptr + offsets)
    tl.store(x_ptr + offsets, x_tile * 17)
    # --- STUDENT IMPLEMENTATION ENDS HERE (t3.1) ---"""


def code(source: str, cell_id: str, **metadata):
    """A code cell with a fixed id."""
    return nbformat.v4.new_code_cell(source, id=cell_id, metadata=metadata)


def text(source: str, cell_id: str):
    """A Markdown cell with a fixed id."""
    return nbformat.v4.new_markdown_cell(source, id=cell_id)


def notebook(*cells):
    """A notebook of these cells."""
    return nbformat.v4.new_notebook(cells=list(cells))


def tiny_notebook(problem: str = "t3"):
    """A complete small solution notebook of a problem."""
    return notebook(
        text(f"# Tiny {problem}\n\nWords.", "title"),
        code(SELFCHECK, "selfcheck"),
        code(PYTHON_REGION.replace("t3.", f"{problem}."), "region"),
        code(f'from selfcheck import check\n\ncheck("{problem}", answer)', "check"),
    )


def make_course(root: Path) -> Path:
    """A course with one assignment of two tiny notebooks, as an instructor would have it."""
    (root / "solutions" / "tiny").mkdir(parents=True)
    (root / "course.toml").write_text(COURSE_TOML)
    shutil.copy(REPOSITORY / "nbgrader_config.py", root)
    public = root / "problems" / "public" / "tiny"
    public.mkdir(parents=True)
    (public / "__init__.py").write_text("")
    for problem in ("t1", "t3"):
        (public / f"{problem}.py").write_text('"""A public side that says nothing."""\n')
        nbformat.write(tiny_notebook(problem), root / f"solutions/tiny/{problem}_tiny.ipynb")
    return root


def files_of(*folders: Path) -> dict[str, bytes]:
    """Every file below the folders, by its path from the folder's parent."""
    return {
        str(path.relative_to(folder.parent)): path.read_bytes()
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
