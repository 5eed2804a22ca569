"""Mistakes in p7, attention sinks: worth recognising, and what each costs."""

from autograder.classroom.demo_edit import swap
from autograder.classroom.demo_model import Work, stray, wrong

TWICE = ("rising scores, with sinks", "a steep future, with sinks", "sinks far above the rest")

SINKS = Work(  # more sinks than tokens are read past the end
    stray(wrong("", kept=("no sinks at all",)), "Some sinks count twice", "several problems"),
    (swap("tl.minimum(sink_size, first)", "sink_size"),),
    on_gpu=wrong(
        "Some sinks count twice",
        kept=("no sinks at all",),
        chance=(*TWICE, "scores near -300, with sinks"),
    ),
)
