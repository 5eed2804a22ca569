"""Tricks with the notebook's own data: ids, metadata, roles, kernels, outputs, names of cells.

Each changes the JSON of an unfilled p1; what it would gain is its docstring.
"""

from __future__ import annotations

import copy
from collections.abc import Callable

SDPA = "O = torch.nn.functional.scaled_dot_product_attention(Q, K, V, is_causal=is_causal)"


def role(nb: dict, name: str) -> dict:
    """The cell that plays a role in p1's notebook."""
    names = [cell["metadata"].get("nbgrader", {}).get("grade_id", "") for cell in nb["cells"]]
    return nb["cells"][names.index(f"p1-{name}")]


def duplicated_ids(nb: dict) -> None:
    """The score of a cell of its own."""
    for number in range(3):
        double = copy.deepcopy(role(nb, "check")) | {"source": "200.0", "id": f"double-{number}"}
        nb["cells"].append(double)


def forged_metadata(nb: dict) -> None:
    """Points beyond the maximum, and notes that look like the grader's."""
    for cell in nb["cells"]:
        if "nbgrader" in cell["metadata"]:
            cell["metadata"]["nbgrader"] |= {"points": 1e9, "grade": True, "solution": True}
    work = {"p1.1": "acc = Q"}
    nb["metadata"]["course_kit"] = {"work": work, "repairs": [], "remarks": [], "refusals": []}


def locked_cell(nb: dict) -> None:
    """Code in a cell that is marked as the course's own."""
    hidden = copy.deepcopy(role(nb, "check")) | {"source": SDPA, "id": "locked"}
    hidden["metadata"]["nbgrader"] |= {"grade_id": "p1-locked", "grade": False}
    nb["cells"].insert(5, hidden)


def in_the_selfcheck(nb: dict) -> None:
    """Code in the cell that imports the self-check."""
    role(nb, "selfcheck")["source"] = f"# @title Self-check\nimport torch\n{SDPA}"


def in_the_check(nb: dict) -> None:
    """A check that says what it likes."""
    role(nb, "check")["source"] = 'print("All cases passed.")\n200.0'


def other_kernel(nb: dict) -> None:
    """A command of its own outside the sandbox."""
    argv = ["/bin/sh", "-c", "touch @MARK@"]
    nb["metadata"]["kernelspec"] = {"name": "mine", "display_name": "mine", "argv": argv}
    nb["metadata"]["kernel_provisioner"] = {"provisioner_name": "local-provisioner"}
    nb["metadata"]["language_info"] = {"name": "bash"}


def outputs_kept(nb: dict) -> None:
    """The score that the file shows, and a script for whoever looks at it."""
    data = {"text/plain": "200.0", "text/html": "<script>alert(2)</script>"}
    result = {"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": 1}
    role(nb, "check")["outputs"] = [result]


def regions_in_prose(nb: dict) -> None:
    """A region in a cell that is no code: it would not be held against the grammar."""
    source = (
        "# --- STUDENT IMPLEMENTATION STARTS HERE (p1.1) ---\nimport os\n"
        "# --- STUDENT IMPLEMENTATION ENDS HERE (p1.1) ---"
    )
    for kind in ("markdown", "raw"):
        nb["cells"].append({"cell_type": kind, "metadata": {}, "source": source, "id": kind})


def regions_of_others(nb: dict) -> None:
    """A region that p1 does not have."""
    source = (
        "# --- STUDENT IMPLEMENTATION STARTS HERE (p1.9) ---\nimport os\n"
        "# --- STUDENT IMPLEMENTATION ENDS HERE (p1.9) ---"
    )
    cell = {"cell_type": "code", "metadata": {}, "source": source, "id": "more", "outputs": []}
    nb["cells"].append(cell | {"execution_count": None})


EDITS: tuple[Callable[[dict], None], ...] = (
    duplicated_ids,
    forged_metadata,
    locked_cell,
    in_the_selfcheck,
    in_the_check,
    other_kernel,
    outputs_kept,
    regions_in_prose,
    regions_of_others,
)
BESIDE = ("triton.py", "safetensors.py", "sitecustomize.py", "json.py", "torch.py", "nbformat.py")
