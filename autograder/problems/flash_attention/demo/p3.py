"""Mistakes in p3, flash attention, forward: worth recognising, and what each costs."""

from autograder.classroom.demo_edit import INERT, swap
from autograder.classroom.demo_model import Expected, Work, wrong

from .shared import FALLING, NOT_RESCALED, ONE_TILE, OVERFLOWS, SUBTRACT

ACC = Work(
    wrong(25, NOT_RESCALED, kept=("N=64", *ONE_TILE, FALLING), chance=("more queries than keys",)),
    (swap("        acc = acc * alpha[:, None]\n", ""),),
    # On a GPU the first case is longer, and so are the tiles: 33 keys fit into one.
    on_gpu=wrong(20, NOT_RESCALED, kept=("more queries than keys", *ONE_TILE, FALLING)),
)

MAXIMUM = Work(
    # float16 weights overflow from exp(11) on; a GPU's bfloat16 holds what float32 holds.
    wrong(145, SUBTRACT, lost=(*OVERFLOWS, "a softmax of few keys")),
    (
        swap("        m_new = tl.maximum(m_i, tl.max(qk, axis=1))\n", "        m_new = m_i\n"),
        swap("alpha = tl.exp2(m_i - m_new)", "alpha = tl.full([BLOCK_M], 1.0, tl.float32)"),
        swap("p = tl.exp2(qk - m_new[:, None])", "p = tl.exp2(qk)"),
    ),
    on_gpu=wrong(150, SUBTRACT, lost=OVERFLOWS),
)

# Keys beyond N count with a score of 0: harmless also where the real scores are so high that 0
# weighs nothing.
EDGE = Work(
    wrong(
        65,
        "which pad the last tile, are not masked",
        kept=(
            "N=64",
            "N=128",
            "N=192",
            "N=256",
            "scores near +300",
            "scores rising from tile to tile",
            "a softmax of few keys",
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
    Expected("several problems", 0, says="the shapes do not fit together"),
    (swap("acc = acc * alpha[:, None]", "acc = acc * tl.trans(alpha[:, None])"),),
)

ENDLESS = Work(
    Expected("timed out", 0, says="No answer within"),
    (
        swap(
            "        m_i = m_new\n",
            "        m_i = m_new\n        while start_n < Nk:\n            l_i = l_i * 1.0\n",
        ),
    ),
)

ZEROS = Work(
    wrong(0, "Every row is wrong"),
    (swap("acc = tl.dot(p.to(v.dtype), v, acc)", "acc = acc * 0.0"), *INERT),
)
