"""Mistakes in p5, grouped-query attention: worth recognising, and what each costs."""

from autograder.classroom.demo_edit import swap
from autograder.classroom.demo_model import Work, stray, wrong

EDGE = Work(
    stray(wrong(4, "", kept=("N=64", "N=128")), "rows past the end of `k_ptr`"),
    (swap("_offs, mask=key[:, None] < Nk, other=0.0)", "_offs)", times=2),),
    on_gpu=wrong(
        8, "keys at Nk or beyond must be read as 0", kept=("N=64", "N=80", "N=96", "N=128")
    ),
)

HEADS = Work(  # right where all query heads share one kv head, or none do
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
