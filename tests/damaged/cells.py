"""Cells duplicated, moved, split, merged, deleted, retyped; tests edited."""

from __future__ import annotations

import copy

from .edit import by_id, cell, code, family, move, on_json, text

case = family("cells", "the work, or the whole batch: nbgrader stops at some of these")
STUB = """\
@triton.jit
def weighted_row_sum_kernel(x_ptr):
    # --- STUDENT IMPLEMENTATION STARTS HERE (p2.1) ---
    tl.static_assert(False, "p2.1: not implemented yet")
    # --- STUDENT IMPLEMENTATION ENDS HERE (p2.1) ---


def weighted_row_sum_forward(x, w):
    raise NotImplementedError("p2.1: not implemented yet")
"""


def duplicated(nb):
    nb["cells"].insert(-3, copy.deepcopy(cell(nb, "solution")))


def unfilled_copy_after(nb):
    unfilled = copy.deepcopy(cell(nb, "solution")) | {"source": STUB}
    nb["cells"].insert(nb["cells"].index(cell(nb, "solution")) + 1, unfilled)


def unfilled_copy_has_the_id(nb):
    solution = cell(nb, "solution")
    unfilled = copy.deepcopy(solution) | {"source": STUB}
    solution["metadata"] = {}
    nb["cells"].insert(nb["cells"].index(solution) + 1, unfilled)


def put_aside_after(nb):
    """An older version is kept in a cell that is not run."""
    older = "%%script false\n" + text(cell(nb, "solution")).replace("acc +=", "acc -=")
    nb["cells"].append(code(older))


def check_twice(nb):
    nb["cells"].append(copy.deepcopy(cell(nb, "check")))


def everything_twice(nb):
    nb["cells"] += copy.deepcopy(nb["cells"])


def solution_first(nb):
    move(nb, cell(nb, "solution"), 0)


def check_first(nb):
    move(nb, cell(nb, "check"), 0)


def reversed_cells(nb):
    nb["cells"].reverse()


def split(at):
    """Split the solution's cell before the line that begins with `at`, as Jupyter does."""

    def change(nb):
        cells, solution = nb["cells"], cell(nb, "solution")
        lines = text(solution).split("\n")
        cut = next(i for i, line in enumerate(lines) if line.strip().startswith(at))
        second = copy.deepcopy(solution) | {"source": "\n".join(lines[cut:])}
        solution["source"] = "\n".join(lines[:cut])
        cells.insert(cells.index(solution) + 1, second)

    return on_json(change)


def merged(nb, first, second):
    """Merge two cells and all between them into the first."""
    cells = nb["cells"]
    a, b = cells.index(first), cells.index(second)
    first["source"] = "\n\n".join(text(c) for c in cells[a : b + 1] if c["cell_type"] == "code")
    del cells[a + 1 : b + 1]


def deleted(*roles):
    def change(nb):
        for role in roles:
            nb["cells"].remove(cell(nb, role))

    return on_json(change)


def cleared(nb):
    nb["cells"] = []


def only_solution(nb):
    nb["cells"] = [cell(nb, "solution")]


def retyped(role, kind="markdown"):
    def change(nb):
        found = cell(nb, role)
        found["cell_type"] = kind
        del found["outputs"], found["execution_count"]

    return on_json(change)


def pasted_as_text(nb):
    solution = cell(nb, "solution")
    fenced = f"My solution:\n\n```python\n{text(solution)}\n```\n"
    solution["source"] = STUB
    nb["cells"].append({"cell_type": "markdown", "id": "m", "metadata": {}, "source": fenced})


def edited(role, source):
    return on_json(lambda nb: cell(nb, role).update(source=source))


def without_markers(nb):
    solution = cell(nb, "solution")
    lines = text(solution).split("\n")
    solution["source"] = "\n".join(line for line in lines if "STUDENT IMPL" not in line)
    solution["metadata"] = {}


def in_a_cell_of_its_own(nb):
    solution = cell(nb, "solution")
    mine = code(text(solution))
    solution["source"] = STUB
    nb["cells"].insert(nb["cells"].index(solution) + 1, mine)


def no_setup(nb):
    nb["cells"].remove(by_id(nb, "setup"))


def no_text(nb):
    nb["cells"] = [c for c in nb["cells"] if c["cell_type"] == "code"]


WAS_SPLIT = "was split over several cells"

CASES = [
    case("solution twice", "The filled cell was copied", on_json(duplicated), "was there 2 times"),
    case("unfilled copy", "A stub after the work", on_json(unfilled_copy_after), "2 times"),
    case("copy has the id", "The stub kept the id", on_json(unfilled_copy_has_the_id), "2 times"),
    case("put aside", "An old version that never runs", on_json(put_aside_after)),
    case("check twice", "The graded cell was copied", on_json(check_twice)),
    case("all twice", "Select all, copy, paste", on_json(everything_twice), "was there 2 times"),
    case("solution moved up", "Above its own imports", on_json(solution_first)),
    case("check moved up", "The check is the first cell", on_json(check_first)),
    case("upside down", "All cells in reverse order", on_json(reversed_cells)),
    case("split region", "In two, within a kernel", split("acc"), WAS_SPLIT),
    case(
        "split function",
        "The last return alone",
        split("return"),
    ),
    case(
        "split in between",
        "Kernel and wrapper apart",
        split("def weighted_row_sum_f"),
    ),
    case(
        "merged with the check",
        "Solution and check are one cell",
        on_json(lambda nb: merged(nb, cell(nb, "solution"), cell(nb, "check"))),
    ),
    case(
        "merged with the self-check",
        "Self-check to solution are one cell",
        on_json(lambda nb: merged(nb, cell(nb, "selfcheck"), cell(nb, "solution"))),
    ),
    case(
        "all merged",
        "All code is one cell",
        on_json(lambda nb: merged(nb, cell(nb, "selfcheck"), by_id(nb, "roofline"))),
    ),
    case("check deleted", "The graded cell is gone", deleted("check")),
    case("self-check deleted", "The first cell is gone", deleted("selfcheck")),
    case("only the solution", "All else was deleted", on_json(only_solution)),
    case("setup deleted", "The imports are gone", on_json(no_setup)),
    case("text deleted", "No text cell is left", on_json(no_text)),
    case(
        "solution as raw",
        "The cell's type is raw",
        retyped("solution", "raw"),
        "text cell",
    ),
    case(
        "solution as text",
        "Its type is Markdown",
        retyped("solution"),
        "text cell",
    ),
    case("check as text", "The check is Markdown", retyped("check")),
    case("pasted as text", "The work stands in a text cell", on_json(pasted_as_text), "text cell"),
    case("own cell", "The work stands in a new cell", on_json(in_a_cell_of_its_own), "2 times"),
    case("check edited", "The call was changed", edited("check", "100.0")),
    case("self-check edited", "Its code was deleted", edited("selfcheck", "")),
    case("markers deleted", "No marker, no metadata", on_json(without_markers), "lost its markers"),
    case("solution deleted", "The work itself is gone", deleted("solution"), "No cell", None),
    case("no cells", "An empty notebook", on_json(cleared), "no cells", None),
]
