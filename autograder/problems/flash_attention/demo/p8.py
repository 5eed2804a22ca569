"""Mistakes in p8, the backward pass: worth recognising, and what each costs."""

from autograder.classroom.demo_edit import swap
from autograder.classroom.demo_model import Work, wrong

DELTA = Work(
    wrong("delta is not subtracted"),
    (
        swap("ds = p * (dp - delta[:, None])", "ds = p * dp"),
        swap("ds_t = p_t * (dp_t - delta[None, :])", "ds_t = p_t * dp_t"),
    ),
)
