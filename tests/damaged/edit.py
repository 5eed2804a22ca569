"""How damage is done: to a notebook's JSON, to its bytes, or to the folder around it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from trust_case import TrustCase, notebook_in

Notebook = dict
Cell = dict


def on_json(change: Callable[[Notebook], None]) -> Callable[[Path], None]:
    """A `make` that changes the notebook's JSON, without a library that would repair it."""

    def make(folder: Path) -> None:
        path = notebook_in(folder)
        nb = json.loads(path.read_text(encoding="utf-8"))
        change(nb)
        path.write_text(json.dumps(nb, indent=1), encoding="utf-8")

    return make


def on_bytes(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    """A `make` that changes the file's bytes."""

    def make(folder: Path) -> None:
        path = notebook_in(folder)
        path.write_bytes(change(path.read_bytes()))

    return make


def cell(nb: Notebook, role: str) -> Cell:
    """The cell that plays a role: "selfcheck", "solution", "check"."""
    return next(
        c for c in nb["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == f"p2-{role}"
    )


def by_id(nb: Notebook, end: str) -> Cell:
    """A cell without nbgrader's metadata, by the end of its id: "setup"."""
    return next(c for c in nb["cells"] if c["id"].endswith(f"-{end}"))


def text(cell: Cell) -> str:
    """A cell's source as one string."""
    return "".join(cell["source"])


def code(source: str) -> Cell:
    """A cell of the student's own."""
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": "mine",
        "metadata": {},
        "outputs": [],
        "source": source,
    }


def move(nb: Notebook, cell: Cell, to: int) -> None:
    """Move a cell to a position."""
    nb["cells"].remove(cell)
    nb["cells"].insert(to, cell)


def family(name: str, gain: str) -> Callable[..., TrustCase]:
    """What makes the cases of a family; `gain` is what each would lose."""

    def case(
        title: str,
        what: str,
        make: Callable[[Path], None],
        says: str = "",
        share: float | None = 1.0,
        problem: str = "p2",
    ) -> TrustCase:
        return TrustCase(title, name, what, gain, problem, make, share, says)

    return case
