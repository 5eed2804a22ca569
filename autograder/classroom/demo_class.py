"""The prepared class: what each student handed in, and what grading it must find.

Expected points are on the registry's scale and count right answers only; on a GPU a speed score
comes on top for those who have everything right.
"""

from __future__ import annotations

from autograder.classroom.demo_cheat import CHEAT
from autograder.classroom.demo_edit import (
    add_before_check,
    overwrite,
    remove_code,
    save_as_colab,
    swap,
    untouched,
)
from autograder.classroom.demo_model import Expected, Student, Work

PROBLEMS = ("p1", "p3")


def student(name: str, story: str, p1: Work, p3: Work) -> Student:
    """A student with both notebooks."""
    return Student(name, story, {"p1": p1, "p3": p3})


PASSED = Expected("passed", 180, lost=())
NOTHING = Expected("not implemented", 0)
REFUSED = Expected("policy violation", 0)
PERFECT = Work(PASSED)


def wrong(score: float, **cases: tuple[str, ...]) -> Expected:
    """Wrong answers in some cases."""
    return Expected("wrong answer", score, **cases)


# The accumulator of the tiles before stays as it was: right only where there is one key tile, or
# where the first one holds the maximum.
ONE_TILE = ("N shorter than a tile", "a single query and key")
FALLING = "scores falling from tile to tile"
ACC_P1 = Work(
    wrong(15, kept=(*ONE_TILE, FALLING)),
    (swap("                acc = acc * alpha\n", ""),),
)
ACC_P3 = Work(
    wrong(25, kept=("N=64", *ONE_TILE, FALLING), chance=("more queries than keys",)),
    (swap("        acc = acc * alpha[:, None]\n", ""),),
    # On a GPU the first case is longer, and so are the tiles: 33 keys fit into one.
    on_gpu=wrong(20, kept=("more queries than keys", *ONE_TILE, FALLING)),
)

# Without a maximum to subtract, exp overflows or underflows on large scores, and only there.
OVERFLOWS = ("scores near +300", "scores near -300", "scores rising from tile to tile")
MAXIMUM_P1 = Work(
    wrong(150, lost=(*OVERFLOWS, "the masked future far above the past")),
    (swap("m_new = torch.maximum(m_i, S.amax(dim=-1, keepdim=True))", "m_new = m_i.clamp(0, 0)"),),
)
MAXIMUM_P3 = Work(
    # float16 weights overflow from exp(11) on; a GPU's bfloat16 holds what float32 holds.
    wrong(145, lost=(*OVERFLOWS, "a softmax of few keys")),
    (
        swap("        m_new = tl.maximum(m_i, tl.max(qk, axis=1))\n", "        m_new = m_i\n"),
        swap("alpha = tl.exp2(m_i - m_new)", "alpha = tl.full([BLOCK_M], 1.0, tl.float32)"),
        swap("p = tl.exp2(qk - m_new[:, None])", "p = tl.exp2(qk)"),
    ),
    on_gpu=wrong(150, lost=OVERFLOWS),
)

# One key too many is visible: every causal case with more than one query goes wrong.
OFF_BY_ONE = Work(
    wrong(
        60,
        kept=(
            "N=128",
            "ragged N, not causal",
            "a single query and key",
            "more keys than queries, not causal",
            "D=128",
            "rows with padding between",
            "scores near +300",
            "scores rising from tile to tile",
            "tiny values",
        ),
    ),
    (swap("k_idx[None, :] > q_idx[:, None]", "k_idx[None, :] > q_idx[:, None] + 1"),),
)
# Keys beyond N count with a score of 0: harmless where no tile is ragged, and where the real
# scores are so high that 0 weighs nothing.
RAGGED = Work(
    wrong(
        65,
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

INDEX_ERROR = Work(
    Expected("error", 0),
    (swap("p.sum(dim=-1, keepdim=True)", "p[..., TILE_K].sum(dim=-1, keepdim=True)"),),
)
WRONG_SHAPE = Work(  # (B, N, H, D): one query and one head look the same
    wrong(5, kept=("a single query and key",)),
    (swap("    return o", "    return o.transpose(1, 2)"),),
)
ENDLESS = Work(  # the barrier keeps a compiler from dropping the loop, which start_n never leaves
    Expected("timed out", 0),
    (
        swap(
            "        m_i = m_new\n",
            "        m_i = m_new\n        while start_n < Nk:\n            tl.debug_barrier()\n",
        ),
    ),
)
EXIT_IN_CALL = Work(
    Expected("crashed", 0),
    (
        swap(
            "                m_i = m_new\n",
            "                m_i = m_new\n                import os; os._exit(0)\n",
        ),
    ),
)
EXIT_IN_CELL = Work(PASSED, (add_before_check("import os\n\nos._exit(0)"),))

GUTTED = (overwrite("selfcheck", "# nothing to check"), overwrite("check", "200"))
CHEAT_P1 = (swap("return out, L", "return 0 * out, 0 * L"), add_before_check(CHEAT))
CHEAT_P3 = (swap("    return o", "    return torch.zeros_like(o)"), add_before_check(CHEAT))

CLASS = (
    student("ada-perfect", "solved both problems", PERFECT, PERFECT),
    student(
        "ben-untouched",
        "handed both notebooks back as they came",
        Work(NOTHING, (untouched,)),
        Work(NOTHING, (untouched,)),
    ),
    student("cleo-rescale", "forgot to rescale acc when the maximum moves", ACC_P1, ACC_P3),
    student("dan-maximum", "does not subtract the maximum before exp", MAXIMUM_P1, MAXIMUM_P3),
    student("eva-edges", "p1: mask off by one; p3: keys beyond N not masked", OFF_BY_ONE, RAGGED),
    student(
        "finn-crash", "p1: IndexError; p3: result of the wrong shape", INDEX_ERROR, WRONG_SHAPE
    ),
    student("gina-endless", "p3: a loop that never ends", PERFECT, ENDLESS),
    student(
        "hugo-exit", "p1: the function ends Python; p3: a cell does", EXIT_IN_CALL, EXIT_IN_CELL
    ),
    student(
        "iris-checks",
        "check cells replaced; p1 not written, p3 right",
        Work(NOTHING, (untouched, *GUTTED)),
        Work(PASSED, GUTTED),
    ),
    student(
        "jack-cheat",
        "returns zeros and attacks the grader to hide it",
        Work(REFUSED, CHEAT_P1),
        Work(REFUSED, CHEAT_P3),
    ),
    student(
        "kim-colab",
        "solved both in Colab and saved them there",
        Work(PASSED, (save_as_colab,)),
        Work(PASSED, (save_as_colab,)),
    ),
    student(
        "lena-deleted",
        "p3: no code cell left in the notebook",
        PERFECT,
        Work(Expected("not gradable", None), (remove_code,)),
    ),
)
