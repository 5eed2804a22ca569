"""Mistakes in p4, causal flash attention: worth recognising, and what each costs."""

from autograder.classroom.demo_edit import swap
from autograder.classroom.demo_model import Work, wrong

from .shared import ALL_ALIKE, FALLING, NOT_RESCALED, ONE_TILE, ONE_TOO_MANY

DIAGONAL_UPDATE = "        acc = acc * alpha[:, None]\n        v = tl.load(v_base + v_offs, mask="

SMALL_SHARES = "a 16-bit sum loses the small shares"
STEADY = (*ONE_TILE, FALLING, ALL_ALIKE, SMALL_SHARES, "queries far beyond a few keys")
ACC = Work(  # in the second phase alone
    wrong(
        NOT_RESCALED,
        kept=("N=64", *STEADY),
    ),
    (swap(DIAGONAL_UPDATE, DIAGONAL_UPDATE.split("\n", 1)[1]),),
    on_gpu=wrong(NOT_RESCALED, kept=STEADY, chance=("huge values",)),
)

OFF_BY_ONE = Work(
    wrong(ONE_TOO_MANY, kept=("a single query and key", SMALL_SHARES)),
    (swap("key[None, :] <= offs_m[:, None]", "key[None, :] <= offs_m[:, None] + 1"),),
    on_gpu=wrong(ONE_TOO_MANY, kept=("a single query and key", SMALL_SHARES), chance=(FALLING,)),
)
