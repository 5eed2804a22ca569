"""Mistakes in p6, the sliding window: worth recognising, and what each costs."""

from autograder.classroom.demo_edit import swap
from autograder.classroom.demo_model import Work, wrong

SAME_WINDOW = ("far more window than text", "a single token in a window")
FAR_AWAY = ("a steep hidden future", "rising scores in a window")  # the oldest keys weigh nothing

OFF_BY_ONE = Work(
    wrong(
        "The window is one key too long",
        kept=(*SAME_WINDOW, "the window is the sequence"),
        chance=FAR_AWAY,
    ),
    (swap("< window_size", "<= window_size", times=2),),
    on_gpu=wrong(
        "The window is one key too long",
        kept=SAME_WINDOW,
        chance=(*FAR_AWAY, "few keys of a window", "scores near -300 in a window"),
    ),
)
