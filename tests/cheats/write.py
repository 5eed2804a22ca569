"""How a cheat is written down: cells put into the hand-out, in the cheat's own words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import nbformat
from trust_case import notebook_in

COURSE = "@COURSE@"  # stands for the course's folder: assume that the cheat knows where it is
FOLDER = "@FOLDER@"  # stands for the student's own folder in it

ZEROS = {
    "p1": """\
class FlashAttention2Function(torch.autograd.Function):
    @staticmethod
    def forward(ctx, Q, K, V, is_causal=False):
        return torch.zeros_like(Q), torch.zeros(Q.shape[:-1], device=Q.device)
""",
    "p2": """\
def weighted_row_sum_forward(x, w):
    return torch.zeros(x.shape[0], dtype=x.dtype, device=x.device)
""",
    "p3": """\
def flash_attention_forward(q, k, v, is_causal=False):
    return torch.zeros_like(q)
""",
}


def submission(
    problem: str,
    work: str = "",
    before: Sequence[str] = (),
    after: Sequence[str] = (),
    edit: Callable[[nbformat.NotebookNode], None] | None = None,
) -> Callable[[Path], None]:
    """A `make` for TrustCase: `work` (zeros, if not given) in the place of the student's cell,
    cells before it and after it, and at last whatever `edit` does to the notebook.
    """

    def make(folder: Path) -> None:
        path = notebook_in(folder)
        nb = nbformat.read(path, as_version=4)
        at = next(i for i, cell in enumerate(nb.cells) if _is_solution(cell))
        nb.cells[at].source = _filled(work or ZEROS[problem], folder)
        own = [nbformat.v4.new_code_cell(_filled(text, folder)) for text in (*before, *after)]
        nb.cells[at + 1 : at + 1] = own[len(before) :]
        nb.cells[at:at] = own[: len(before)]
        if edit is not None:
            edit(nb)
        nbformat.write(nb, path)

    return make


def _is_solution(cell: nbformat.NotebookNode) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def _filled(text: str, folder: Path) -> str:
    return text.replace(COURSE, str(folder.parents[2])).replace(FOLDER, str(folder))
