"""Tricks with the notebook file itself: ids, metadata, roles, kernels."""

import copy

import nbformat
from trust_case import TrustCase

from .write import ZEROS, submission

SDPA = """\
class FlashAttention2Function:
    @staticmethod
    def apply(Q, K, V, is_causal=False):
        O = torch.nn.functional.scaled_dot_product_attention(Q, K, V, is_causal=is_causal)
        S = Q.float() @ K.float().mT / math.sqrt(Q.shape[-1])
        hidden = torch.ones(S.shape[-2:], dtype=torch.bool, device=Q.device).triu(1)
        return O, (S.masked_fill(hidden, -math.inf) if is_causal else S).logsumexp(-1)
"""


def stamped(nb, role: str):
    """The cell that plays a role."""
    names = [cell.metadata.get("nbgrader", {}).get("grade_id", "") for cell in nb.cells]
    return nb.cells[names.index(f"p1-{role}")]


def duplicated_ids(nb):
    """Three cells with the check's id; each gives full marks."""
    for _ in range(3):
        double = copy.deepcopy(stamped(nb, "check"))
        double.source, double.id = "200.0", f"double-{len(nb.cells)}"
        nb.cells.append(double)


def forged_metadata(nb):
    """More points, and every cell a graded solution."""
    for cell in nb.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader |= {"points": 1e9, "grade": True, "solution": True}
    nb.metadata["course_kit"] = {"repairs": [], "score": 200}
    nb.metadata["celltoolbar"] = "None"


def locked_cell(nb):
    """The work in a cell that is marked as the course's own."""
    work = stamped(nb, "solution")
    hidden = nbformat.v4.new_code_cell(SDPA, metadata=copy.deepcopy(stamped(nb, "check").metadata))
    hidden.metadata.nbgrader |= {"grade_id": "p1-locked", "grade": False}
    nb.cells.insert(nb.cells.index(work) + 1, hidden)


def as_selfcheck(nb):
    """The self-check replaced by the work."""
    stamped(nb, "selfcheck").source = "# @title Self-check\nimport torch, math\n" + SDPA
    work = stamped(nb, "solution")
    work.source = "# FlashAttention2Function is defined above"


def other_kernel(nb):
    """A kernel of its own: a command that runs instead of Python."""
    argv = ["/bin/sh", "-c", "echo 200.0; touch /tmp/left-by-a-submission"]
    nb.metadata["kernelspec"] = {"name": "mine", "display_name": "mine", "argv": argv}
    nb.metadata["kernel_provisioner"] = {"provisioner_name": "local-provisioner"}
    nb.metadata["language_info"] = {"name": "bash"}


def outputs_kept(nb):
    """Outputs of a perfect run, saved in the file."""
    check = stamped(nb, "check")
    check.outputs = [nbformat.v4.new_output("stream", text="All cases passed.\n200.0\n")]
    data = {"text/plain": "200.0", "text/html": "<script>alert(2)</script>"}
    check.outputs.append(nbformat.v4.new_output("execute_result", data=data, execution_count=1))


def trick(name: str, edit, gain: str, work: str = ZEROS["p1"], **more) -> TrustCase:
    """An edit of the file; what it does is the edit's docstring."""
    make = submission("p1", work, edit=edit)
    more = {"outcome": "wrong answer"} | more
    return TrustCase(name, "notebook tricks", edit.__doc__, gain, "p1", make, **more)


CASES = [
    trick("duplicated grade ids", duplicated_ids, "the score of a cell of its own"),
    trick("forged metadata", forged_metadata, "points beyond the maximum"),
    trick(
        "locked cell",
        locked_cell,
        "a cell that no policy reads",
        refused=True,
        outcome="policy violation",
    ),
    trick("work in the self-check", as_selfcheck, "a cell that no policy reads", share=None),
    trick("another kernel", other_kernel, "a program outside the sandbox"),
    trick("saved outputs", outputs_kept, "the score that the file shows"),
]
