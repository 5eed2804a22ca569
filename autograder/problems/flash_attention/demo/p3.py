"""Mistakes in p3, flash attention, forward: worth recognising, and what each costs."""

from autograder.classroom.demo_edit import INERT, swap
from autograder.classroom.demo_model import Expected, Work, wrong

from .shared import ALL_ALIKE, FALLING, NOT_RESCALED, ONE_TILE, OVERFLOWS

STEADY = (  # the first tile of keys holds the maximum
    *ONE_TILE,
    FALLING,
    ALL_ALIKE,
    "more queries than keys",
    "few queries, a thousand keys",
    "D=64",
)
ACC = Work(
    wrong(NOT_RESCALED, kept=("N=64", *STEADY)),
    (swap("        acc = acc * alpha[:, None]\n", ""),),
    on_gpu=wrong(NOT_RESCALED, kept=STEADY),  # there the first case is longer
)

TOO_LARGE = (*OVERFLOWS, "more queries than keys", "several batches and heads", "D=32", "D=128")
NEVER_THERE = "The new maximum never gets into"
MAXIMUM = Work(
    # float16 weights overflow from exp(11) on; a GPU's bfloat16 holds what float32 holds.
    wrong(NEVER_THERE, lost=(*TOO_LARGE, "a softmax of few keys")),
    (
        swap("        m_new = tl.maximum(m_i, tl.max(qk, axis=1))\n", "        m_new = m_i\n"),
        swap("alpha = tl.exp2(m_i - m_new)", "alpha = tl.full([BLOCK_M], 1.0, tl.float32)"),
        swap("p = tl.exp2(qk - m_new[:, None])", "p = tl.exp2(qk)"),
    ),
    on_gpu=wrong(NEVER_THERE, lost=TOO_LARGE),
)

# Keys beyond N count with a score of 0: harmless where no tile is ragged.
EDGE = Work(
    wrong(
        "Keys beyond the last one still count in the sum",
        kept=(
            "N=64",
            "N=128",
            "N=192",
            "N=256",
            "several batches and heads",
            "D=32",
            "D=64",
            "D=128",
            "q, k, v stored in three ways",
            "q, k, v stored in three other ways",
            "q, k, v stored once more in three ways",
            "scores near +300",
            "scores rising from tile to tile",
            "from query to query other scores",
            "a softmax of few keys",
            "float32 all the way",
            "float16 all the way",
        ),
    ),
    (
        swap(
            "        if not EVEN_N:\n            qk = tl.where(",
            "        if False:\n            qk = tl.where(",
        ),
    ),
)

WRONG_SHAPE = Work(  # where a tile is square it passes for right, and gives nonsense
    Expected(
        "several problems",
        kept=("few queries, a thousand keys", "D=64"),  # square, and rescaled by 1
        says="the shapes do not fit together",
    ),
    (swap("acc = acc * alpha[:, None]", "acc = acc * tl.trans(alpha[:, None])"),),
)

ENDLESS = Work(
    Expected("timed out", says="No answer within"),
    (
        swap(
            "        m_i = m_new\n",
            "        m_i = m_new\n        while start_n < Nk:\n            l_i = l_i * 1.0\n",
        ),
    ),
)

ZEROS = Work(
    wrong("Every row is wrong"),
    (swap("acc = tl.dot(p.to(v.dtype), v, acc)", "acc = acc * 0.0"), *INERT),
)
