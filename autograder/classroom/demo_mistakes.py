"""Work of the demo's students that is not perfect: mistakes worth recognising, and what each costs.

Expected points are on the registry's scale and count right answers only; on a GPU a speed score
comes on top for those who have everything right.
"""

from __future__ import annotations

from dataclasses import replace

from autograder.classroom.demo_cheat import CHEAT
from autograder.classroom.demo_edit import add_before_check, swap
from autograder.classroom.demo_model import Expected, Work


def wrong(score: float, says: str, **cases: tuple[str, ...]) -> Expected:
    """Wrong answers in some cases, and words that the feedback must have for it."""
    return Expected("wrong answer", score, says=says, **cases)


def stray(expected: Expected, says: str, summary: str = "error") -> Expected:
    """The same cases without a GPU, where a load beside a tensor is seen at once: an error."""
    return replace(expected, summary=summary, says=says)


# The accumulator of the tiles before stays as it was: right only where there is one key tile, or
# where the first one holds the maximum.
NOT_RESCALED = "the accumulator is not rescaled"
ONE_TILE = ("N shorter than a tile", "a single query and key")
FALLING = "scores falling from tile to tile"
ACC_P1 = Work(
    wrong(15, NOT_RESCALED, kept=(*ONE_TILE, FALLING)),
    (swap("                acc = acc * alpha\n", ""),),
)
ACC_P3 = Work(
    wrong(25, NOT_RESCALED, kept=("N=64", *ONE_TILE, FALLING), chance=("more queries than keys",)),
    (swap("        acc = acc * alpha[:, None]\n", ""),),
    # On a GPU the first case is longer, and so are the tiles: 33 keys fit into one.
    on_gpu=wrong(20, NOT_RESCALED, kept=("more queries than keys", *ONE_TILE, FALLING)),
)
DIAGONAL_UPDATE = "        acc = acc * alpha[:, None]\n        v = tl.load(v_base + v_offs, mask="
ACC_P4 = Work(  # in the second phase alone
    wrong(
        13,
        NOT_RESCALED,
        kept=("N=64", *ONE_TILE, FALLING),
        chance=("several batches and heads",),
    ),
    (swap(DIAGONAL_UPDATE, DIAGONAL_UPDATE.split("\n", 1)[1]),),
    on_gpu=wrong(8, NOT_RESCALED, kept=(*ONE_TILE, FALLING), chance=("huge values",)),
)

# Without a maximum to subtract, exp overflows or underflows on large scores, and only there.
SUBTRACT = "Subtract the running maximum"
OVERFLOWS = ("scores near +300", "scores near -300", "scores rising from tile to tile")
MAXIMUM_P1 = Work(
    wrong(150, SUBTRACT, lost=(*OVERFLOWS, "the masked future far above the past")),
    (swap("m_new = torch.maximum(m_i, S.amax(dim=-1, keepdim=True))", "m_new = m_i.clamp(0, 0)"),),
)
MAXIMUM_P3 = Work(
    # float16 weights overflow from exp(11) on; a GPU's bfloat16 holds what float32 holds.
    wrong(145, SUBTRACT, lost=(*OVERFLOWS, "a softmax of few keys")),
    (
        swap("        m_new = tl.maximum(m_i, tl.max(qk, axis=1))\n", "        m_new = m_i\n"),
        swap("alpha = tl.exp2(m_i - m_new)", "alpha = tl.full([BLOCK_M], 1.0, tl.float32)"),
        swap("p = tl.exp2(qk - m_new[:, None])", "p = tl.exp2(qk)"),
    ),
    on_gpu=wrong(150, SUBTRACT, lost=OVERFLOWS),
)

# One key too many is visible: every causal case with more than one query goes wrong.
ONE_TOO_MANY = "one key too many"
OFF_BY_ONE_P1 = Work(
    wrong(
        60,
        ONE_TOO_MANY,
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
OFF_BY_ONE_P4 = Work(
    wrong(2, ONE_TOO_MANY, kept=("a single query and key",)),
    (swap("key[None, :] <= offs_m[:, None]", "key[None, :] <= offs_m[:, None] + 1"),),
    on_gpu=wrong(2, ONE_TOO_MANY, kept=("a single query and key",), chance=(FALLING,)),
)
SAME_WINDOW = ("far more window than text", "a single token in a window")
FAR_AWAY = ("a steep hidden future", "rising scores in a window")  # the oldest keys weigh nothing
OFF_BY_ONE_P6 = Work(
    wrong(
        4,
        "keeps W + 1 keys",
        kept=(*SAME_WINDOW, "the window is the sequence"),
        chance=FAR_AWAY,
    ),
    (swap("< window_size", "<= window_size", times=2),),
    on_gpu=wrong(
        3,
        "keeps W + 1 keys",
        kept=SAME_WINDOW,
        chance=(*FAR_AWAY, "few keys of a window", "scores near -300 in a window"),
    ),
)

# What lies beyond the end is read: garbage, and on a GPU what lies around it in memory, NaN.
# Harmless where no tile is ragged.
BEYOND_P2 = wrong(
    41,
    "Columns beyond cols must read as 0",
    kept=(
        "16 × 64",
        "64 × 512",
        "32 × 2048",
        "8 × 8192",
        "ragged rows",
        "one narrow column",
        "a single element",
        "terms that cancel",
    ),
)
EDGE_P2 = Work(
    stray(BEYOND_P2, "past the end of `w_ptr`"),
    (swap("offs_c * stride_w, mask=column_exists, other=0.0)", "offs_c * stride_w)"),),
    on_gpu=BEYOND_P2,
)
# Keys beyond N count with a score of 0: harmless also where the real scores are so high that 0
# weighs nothing.
EDGE_P3 = Work(
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
EDGE_P5 = Work(
    stray(wrong(4, "", kept=("N=64", "N=128")), "rows past the end of `k_ptr`"),
    (swap("_offs, mask=key[:, None] < Nk, other=0.0)", "_offs)", times=2),),
    on_gpu=wrong(
        8, "keys at Nk or beyond must be read as 0", kept=("N=64", "N=80", "N=96", "N=128")
    ),
)

# Each tile of columns replaces the sum of those before. A tile holds at most 4096 columns.
SUM_P2 = Work(
    wrong(
        72,
        "replaces the running sum",
        lost=(
            "8 × 8192",
            "one column more than a power of two",
            "one long row",
            "thousands of positive terms",
        ),
    ),
    (swap("        acc += tl.sum(", "        acc = tl.sum("),),
    on_gpu=wrong(
        59,
        "replaces the running sum",
        lost=(
            "32 × 2048",
            "8 × 8192",
            "ragged columns",
            "one column more than a power of two",
            "one long row",
            "thousands of positive terms",
        ),
    ),
)
BY_COLUMNS_P2 = wrong(
    78,
    "Compute addresses from the strides",
    lost=("stored by columns", "every other element, of w too"),
)
STRIDES_P2 = Work(  # of the two lost cases one reads what is there, the other what lies between
    stray(BY_COLUMNS_P2, BY_COLUMNS_P2.says, "several problems"),
    (swap("offs_c[None, :] * stride_xc", "offs_c[None, :]"),),
    on_gpu=BY_COLUMNS_P2,
)
HEADS_P5 = Work(  # right where all query heads share one kv head, or none do
    wrong(
        14,
        "query head h reads kv head h % Hkv",
        kept=(
            "a single kv head, shared",
            "no sharing at all",
            "ragged N in groups",
            "scores rising, in groups",
            "scores near -300, in groups",
            "a steep future, in groups",
        ),
    ),
    (swap("kv_h = h // GROUP", "kv_h = h % (H // GROUP)"),),
)
TWICE = ("rising scores, with sinks", "a steep future, with sinks", "sinks far above the rest")
SINKS_P7 = Work(  # more sinks than tokens are read past the end
    stray(
        wrong(2, "", kept=("no sinks at all",)), "the first keys count twice", "several problems"
    ),
    (swap("tl.minimum(sink_size, first)", "sink_size"),),
    on_gpu=wrong(
        2,
        "the first keys count twice",
        kept=("no sinks at all",),
        chance=(*TWICE, "scores near -300, with sinks"),
    ),
)
DELTA_P8 = Work(
    wrong(0, "delta is not subtracted"),
    (
        swap("ds = p * (dp - delta[:, None])", "ds = p * dp"),
        swap("ds_t = p_t * (dp_t - delta[None, :])", "ds_t = p_t * dp_t"),
    ),
)
NO_FAR_SINKS = (
    "a single query and key",
    "a window, but no sinks",
    "a window as long as the sequence",
)
SCORES_HIDE_IT = (FALLING, "the masked future far above the past")
SINKS_P9 = Work(  # what the helper returns is dropped: sinks get no gradient from beyond the window
    wrong(
        20,
        "the sinks outside the window are left out",
        kept=NO_FAR_SINKS,
        chance=SCORES_HIDE_IT,
    ),
    (
        swap(
            "dk, dv = _dk_dv_tile(dk, dv, k, v, q, do, lse, delta, seen, qk_scale, True)\n"
            "        # --- STUDENT",
            "_dk_dv_tile(dk, dv, k, v, q, do, lse, delta, seen, qk_scale, True)\n"
            "        # --- STUDENT",
        ),
    ),
)

INDEX_ERROR_P1 = Work(
    Expected("error", 0, says="out of bounds"),
    (swap("p.sum(dim=-1, keepdim=True)", "p[..., TILE_K].sum(dim=-1, keepdim=True)"),),
)
TYPO_P2 = Work(Expected("not allowed", 0, says="tl.laod"), (swap("x = tl.load(", "x = tl.laod("),))
WRONG_SHAPE_P3 = Work(  # where a tile is square it passes for right, and gives nonsense
    Expected("several problems", 0, says="the shapes do not fit together"),
    (swap("acc = acc * alpha[:, None]", "acc = acc * tl.trans(alpha[:, None])"),),
)
ENDLESS_P3 = Work(
    Expected("timed out", 0, says="No answer within"),
    (
        swap(
            "        m_i = m_new\n",
            "        m_i = m_new\n        while start_n < Nk:\n            l_i = l_i * 1.0\n",
        ),
    ),
)
EXIT_P1 = Work(
    Expected("not allowed", 0, says="import os"),
    (
        swap(
            "                m_i = m_new\n",
            "                m_i = m_new\n                import os\n                os._exit(0)\n",
        ),
    ),
)
# Passes the interpreter, whose tiles are numpy arrays; no compiler takes such a range.
RANGE_P2 = Work(
    Expected("does not compile", 0, says="compute capability"),
    (
        swap(
            "offs_c = (start + tl.arange(0, BLOCK_C)).to(tl.int64)",
            "offs_c = tl.arange(start, start + BLOCK_C).to(tl.int64)",
        ),
    ),
)

# What stands outside the regions is neither run nor judged: the attack is inert, and so are its
# author's changes to the given code.
INERT = (add_before_check(CHEAT),)
READY_MADE_P1 = Work(
    Expected("not allowed", 0, says="torch.softmax"),
    (swap("p = torch.exp(S - m_new)", "p = torch.softmax(S, -1)"), *INERT),
)
INSIDE_P2 = Work(
    Expected("not allowed", 0, says="__class__"),
    (swap("acc += tl.sum(", "x_ptr.__class__.__init__ = None\n        acc += tl.sum("), *INERT),
)
ZEROS_P3 = Work(
    wrong(0, "Every row is wrong"),
    (swap("acc = tl.dot(p.to(v.dtype), v, acc)", "acc = acc * 0.0"), *INERT),
)
