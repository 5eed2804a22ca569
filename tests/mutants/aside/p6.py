"""p6: wrong sliding windows, kept aside."""

from ..form import wrong

MUTANTS = (
    wrong(
        "p6", "window edges", "inside-in-tiles", "p6.1 step 2", "inside counts tiles, not keys",
        "forgets to multiply",
        ("tl.cdiv(whole_from, BLOCK_N) * BLOCK_N", "tl.cdiv(whole_from, BLOCK_N)"),
    ),
    wrong(
        "p6", "window edges", "window-one-too-long", "p6.3 step 4",
        "the diagonal hides what is more than W away", "counts the distance from 1",
        ("(distance < window_size)", "(distance - 1 < window_size)"),
    ),
    wrong(
        "p6", "masking", "causal-flipped", "p6.3 step 4", "the future is kept, not the past",
        "<= for >=", ("(distance >= 0) &", "(distance <= 0) &"),
    ),
)  # fmt: skip
