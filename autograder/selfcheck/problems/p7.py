"""p7: causal grouped-query attention in a sliding window with sinks, in Triton. The public side."""

from __future__ import annotations

from ..attention import attention_reference, attention_yardstick
from ..attention_inputs import attention_inputs
from ..problem import Call, Case, Output, Problem, Timing
from ..window import naive_in_window, sdpa_in_window, window_suspects

P7_SEED = 48


def p7_case(
    name: str, heads: int, kv_heads: int, n: int, dim: int, window: int, sink: int, **more
) -> Case:
    """A public case of p7 with B = 1 unless said otherwise."""
    hint = more.pop("hint", "")
    sizes = {"B": 1, "H": heads, "Hkv": kv_heads, "N": n, "D": dim, "is_causal": True}
    sizes |= {"window_size": window, "sink_size": sink}
    return Case(name, {**sizes, **more}, P7_SEED, hint)


P7_AWKWARD = (
    p7_case(
        "no sinks",
        2,
        1,
        150,
        16,
        40,
        0,
        hint="Without sinks this is problem 6: look at phases 2 and 3.",
    ),
    p7_case(
        "more sinks than window",
        2,
        1,
        193,
        16,
        10,
        40,
        hint="A sink stays visible in every phase; each key counts in one phase only.",
    ),
    p7_case(
        "sinks of more than a tile",
        2,
        1,
        200,
        16,
        50,
        100,
        hint="Phase 1 is a loop over sink tiles, and it ends at `first`.",
    ),
    p7_case(
        "sinks beyond the last key",
        2,
        1,
        130,
        16,
        16,
        500,
        hint="With sink_size >= N this is plain causal attention.",
    ),
    p7_case("window of one key", 2, 2, 70, 16, 1, 3),
    p7_case(
        "window longer than the sequence",
        2,
        1,
        70,
        16,
        500,
        4,
        hint="Then first = 0 and phase 1 has nothing to do: no key may be counted twice.",
    ),
    p7_case(
        "one kv head for all query heads, two sequences",
        4,
        1,
        130,
        16,
        40,
        4,
        B=2,
        hint="offs_m holds the position of each row's query; rows of several heads share a tile.",
    ),
    p7_case(
        "what the mask hides scores highest",
        2,
        1,
        193,
        16,
        64,
        4,
        scores="steep",
        hint="Hidden scores must be -inf before the maximum is taken.",
    ),
    p7_case("the sinks score highest", 2, 1, 193, 16, 64, 4, scores="bygone"),
    p7_case("inputs that are not contiguous", 4, 2, 70, 64, 20, 5, layout="heads_inside"),
    p7_case("float32", 2, 1, 130, 16, 48, 4, dtype="float32"),
)

PROBLEM = Problem(
    id="p7",
    title="Sliding-window attention with sinks",
    entry="flash_attention_forward",
    call=Call(
        args=("q", "k", "v"),
        kwargs=("is_causal", "window_size", "sink_size"),
        outputs=(Output("O"),),
    ),
    uses_triton=True,
    make_inputs=attention_inputs,
    reference=lambda x, params: {"O": attention_reference(**x, params=params)[0]},
    yardstick=lambda x, params, tf32: {"O": attention_yardstick(**x, params=params, tf32=tf32)},
    suspects=window_suspects,
    cases=(
        p7_case("N=512", 8, 2, 512, 32, 128, 8),
        p7_case("N=1024", 8, 2, 1024, 32, 128, 8),
        p7_case("N=2048", 16, 2, 2048, 16, 128, 8),
        p7_case("N=4096", 16, 2, 4096, 16, 128, 8),
        *P7_AWKWARD,
    ),
    small_cases=(
        p7_case("N=64, window 16, 4 sinks", 4, 2, 64, 32, 16, 4),
        p7_case("N=192, window 64, 8 sinks", 4, 2, 192, 16, 64, 8),
        *P7_AWKWARD,
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
            "sink_size": 8,
        },
        seed=P7_SEED,
        warmup=5,
        calls=20,
        baselines={"naive PyTorch": naive_in_window, "torch SDPA with a mask": sdpa_in_window},
    ),
)
