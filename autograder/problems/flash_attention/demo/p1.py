"""Mistakes in p1, tiled attention in PyTorch: worth recognising, and what each costs."""

from autograder.classroom.demo_edit import INERT, swap
from autograder.classroom.demo_model import Expected, Work, wrong

from .shared import ALL_ALIKE, FALLING, NOT_RESCALED, ONE_TILE, ONE_TOO_MANY, OVERFLOWS, SUBTRACT

ACC = Work(
    wrong(
        NOT_RESCALED,
        kept=(
            *ONE_TILE,
            FALLING,
            ALL_ALIKE,
            "more queries than keys, causal",
            "few queries, thousands of keys",
            "D=128",
        ),
    ),
    (swap("                acc = acc * alpha\n", ""),),
)

MAXIMUM = Work(
    wrong(
        SUBTRACT,
        lost=(
            *OVERFLOWS,
            "the masked future far above the past",
            "more queries than keys, causal",
            "more keys than queries, causal",
            "several batches",
            "D=64",
        ),
    ),
    (swap("m_new = torch.maximum(m_i, S.amax(dim=-1, keepdim=True))", "m_new = m_i.clamp(0, 0)"),),
)

OFF_BY_ONE = Work(
    wrong(
        ONE_TOO_MANY,
        kept=(
            "N=128",
            "ragged N, not causal",
            "a single query and key",
            "more keys than queries, not causal",
            "D=128",
            "few queries, thousands of keys",
            "several batches",
            "q, k, v stored in three other ways",
            "scores near +300",
            "scores rising from tile to tile",
            "from query to query other scores",
            "tiny values",
        ),
    ),
    (swap("k_idx[None, :] > q_idx[:, None]", "k_idx[None, :] > q_idx[:, None] + 1"),),
)

INDEX_ERROR = Work(
    Expected("error", says="out of bounds"),
    (swap("p.sum(dim=-1, keepdim=True)", "p[..., TILE_K].sum(dim=-1, keepdim=True)"),),
)

EXIT = Work(
    Expected("not allowed", says="import os"),
    (
        swap(
            "                m_i = m_new\n",
            "                m_i = m_new\n                import os\n                os._exit(0)\n",
        ),
    ),
)

READY_MADE = Work(
    Expected("not allowed", says="torch.softmax"),
    (swap("p = torch.exp(S - m_new)", "p = torch.softmax(S, -1)"), *INERT),
)
