"""Mistakes in p9, backward with window and sinks: worth recognising, and what each costs."""

from autograder.classroom.demo_edit import swap
from autograder.classroom.demo_model import Work, wrong

from .shared import FALLING

NO_FAR_SINKS = (
    "a single query and key",
    "a window, but no sinks",
    "a window as long as the sequence",
    "D=128",
)

SCORES_HIDE_IT = (FALLING, "the masked future far above the past")

SINKS = Work(  # what the helper returns is dropped: sinks get no gradient from beyond the window
    wrong(
        "The sink tile never gets into dk and dv",
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
