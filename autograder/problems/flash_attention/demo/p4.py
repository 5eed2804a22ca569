"""Mistakes in p4, causal flash attention: worth recognising, and what each costs."""

from autograder.classroom.demo_edit import swap
from autograder.classroom.demo_model import Work, wrong

from .shared import FALLING, NOT_RESCALED, ONE_TILE, ONE_TOO_MANY

DIAGONAL_UPDATE = "        acc = acc * alpha[:, None]\n        v = tl.load(v_base + v_offs, mask="

ACC = Work(  # in the second phase alone
    wrong(
        13,
        NOT_RESCALED,
        kept=("N=64", *ONE_TILE, FALLING),
        chance=("several batches and heads",),
    ),
    (swap(DIAGONAL_UPDATE, DIAGONAL_UPDATE.split("\n", 1)[1]),),
    on_gpu=wrong(8, NOT_RESCALED, kept=(*ONE_TILE, FALLING), chance=("huge values",)),
)

OFF_BY_ONE = Work(
    wrong(2, ONE_TOO_MANY, kept=("a single query and key",)),
    (swap("key[None, :] <= offs_m[:, None]", "key[None, :] <= offs_m[:, None] + 1"),),
    on_gpu=wrong(2, ONE_TOO_MANY, kept=("a single query and key",), chance=(FALLING,)),
)
