"""Mistakes in p5, grouped-query attention: worth recognising, and what each costs."""

from autograder.classroom.demo_edit import swap
from autograder.classroom.demo_model import Work, stray, wrong

WHOLE = (
    "N=64",
    "N=128",
    "several batches",
    "batches of six heads",
    "D=32 in groups",
    "D=64 in groups",
    "D=128 in groups",
    "in groups, stored in three ways",
    "in groups, stored in three other ways",
    "in groups, stored once more in three ways",
    "scores rising, in groups",
    "huge values in groups",
    "float32 in groups",
)
EDGE = Work(  # right where no tile is ragged
    stray(wrong("", kept=WHOLE), "rows past the end of `k_ptr`"),
    (swap("_offs, mask=key[:, None] < Nk, other=0.0)", "_offs)", times=2),),
    on_gpu=wrong("keys at Nk or beyond must be read as 0", kept=(*WHOLE, "N=80", "N=96")),
)

HEADS = Work(  # right where all query heads share one kv head, or none do
    wrong(
        "The kv head is a remainder",
        kept=(
            "a single kv head, shared",
            "no sharing at all",
            "ragged N in groups",
            "D=32 in groups",
            "D=64 in groups",
            "D=128 in groups",
            "float32 in groups",
            "scores rising, in groups",
            "scores near -300, in groups",
            "a steep future, in groups",
        ),
    ),
    (swap("kv_h = h // GROUP", "kv_h = h % (H // GROUP)"),),
)
