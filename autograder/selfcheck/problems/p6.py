"""p6: causal grouped-query attention in a sliding window, in Triton. The public side."""

from __future__ import annotations

from ..attention import attention_reference, attention_yardstick
from ..attention_inputs import attention_inputs
from ..problem import Call, Case, Output, Problem, Timing
from ..window import naive_in_window, sdpa_in_window, window_suspects

P6_SEED = 47


def p6_case(name: str, heads: int, kv_heads: int, n: int, dim: int, window: int, **more) -> Case:
    """A public case of p6 with B = 1 unless said otherwise."""
    hint = more.pop("hint", "")
    sizes = {"B": 1, "H": heads, "Hkv": kv_heads, "N": n, "D": dim, "is_causal": True}
    return Case(name, {**sizes, "window_size": window, **more}, P6_SEED, hint)


P6_AWKWARD = (
    p6_case(
        "window is no multiple of the tile",
        2,
        1,
        200,
        16,
        100,
        hint="`first` rounds down to a tile, `inside` rounds up.",
    ),
    p6_case(
        "window narrower than a tile",
        2,
        1,
        130,
        16,
        10,
        hint="A narrow window ends inside the tiles on the diagonal: mask old keys there too.",
    ),
    p6_case(
        "window of one key",
        2,
        2,
        70,
        16,
        1,
        hint="With W = 1 each query sees itself only, so the output is v.",
    ),
    p6_case(
        "window longer than the sequence",
        2,
        1,
        70,
        16,
        500,
        hint="There are no keys before 0: the window start must not be negative.",
    ),
    p6_case(
        "one kv head for all query heads, two sequences",
        4,
        1,
        150,
        16,
        40,
        B=2,
        hint="offs_m holds the position of each row's query; rows of several heads share a tile.",
    ),
    p6_case(
        "what the window hides scores highest",
        2,
        1,
        193,
        16,
        64,
        scores="bygone",
        hint="Hidden scores must be -inf before the maximum is taken.",
    ),
    p6_case("running maximum moves in every tile", 2, 1, 193, 16, 64, scores="rising"),
    p6_case("inputs that are not contiguous", 4, 2, 70, 64, 33, layout="heads_inside"),
    p6_case("float32", 2, 1, 130, 16, 48, dtype="float32"),
)

PROBLEM = Problem(
    id="p6",
    title="Sliding-window attention",
    entry="flash_attention_forward",
    call=Call(args=("q", "k", "v"), kwargs=("is_causal", "window_size"), outputs=(Output("O"),)),
    uses_triton=True,
    make_inputs=attention_inputs,
    reference=lambda x, params: {"O": attention_reference(**x, params=params)[0]},
    yardstick=lambda x, params, tf32: {"O": attention_yardstick(**x, params=params, tf32=tf32)},
    suspects=window_suspects,
    cases=(
        p6_case("N=512", 8, 2, 512, 16, 128),
        p6_case("N=1024", 8, 2, 1024, 16, 128),
        p6_case("N=2048", 16, 2, 2048, 16, 128),
        p6_case("N=4096", 16, 2, 4096, 16, 128),
        *P6_AWKWARD,
    ),
    small_cases=(
        p6_case("N=64, window 32", 4, 2, 64, 16, 32),
        p6_case("N=192, window 64", 4, 2, 192, 16, 64),
        *P6_AWKWARD,
    ),
    timing=Timing(
        params={
            "B": 1,
            "H": 16,
            "Hkv": 2,
            "N": 4096,
            "D": 16,
            "is_causal": True,
            "window_size": 128,
        },
        seed=P6_SEED,
        warmup=5,
        calls=20,
        baselines={"naive PyTorch": naive_in_window, "torch SDPA with a mask": sdpa_in_window},
    ),
)
