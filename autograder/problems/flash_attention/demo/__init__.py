"""The demo class of this assignment: what each student handed in, and what grading must find."""

from __future__ import annotations

from autograder.classroom.demo_edit import (
    INERT,
    add_before_check,
    forget_metadata,
    remove,
    save_as_colab,
    untouched,
)
from autograder.classroom.demo_model import AS_IT_CAME, GUTTED, NO_CODE, Student, Work, all_right
from autograder.registry import problem_ids

from . import p1, p2, p3, p4, p5, p6, p7, p8, p9

ASSIGNMENT = "flash_attention"
PROBLEMS = tuple(problem_ids(ASSIGNMENT))
OPTIONAL = ("p8", "p9")
REQUIRED = tuple(problem for problem in PROBLEMS if problem not in OPTIONAL)
EXIT_IN_CELL = add_before_check("import os\n\nos._exit(0)")


def student(name: str, story: str, problems: tuple[str, ...] = (), /, **work: Work) -> Student:
    """A student who handed in `work`, and the rest of `problems` solved."""
    return Student(
        name, story, {p: work.get(p) or all_right() for p in PROBLEMS if p in (*problems, *work)}
    )


def each(problems: tuple[str, ...], work: Work) -> dict[str, Work]:
    """The same for several problems."""
    return dict.fromkeys(problems, work)


CLASS = (
    student("ada-perfect", "solved everything, the optional problems too", PROBLEMS),
    student("ben-untouched", "handed every notebook back as it came", **each(PROBLEMS, AS_IT_CAME)),
    student(
        "cleo-rescale",
        "did everything; forgets to rescale acc, and more of the kind",
        PROBLEMS,
        p1=p1.ACC,
        p2=p2.SUM,
        p3=p3.ACC,
        p4=p4.ACC,
        p8=p8.DELTA,
        p9=p9.SINKS,
    ),
    student(
        "dan-maximum",
        "skipped the optional ones; exp without the maximum, the wrong kv head",
        REQUIRED,
        p1=p1.MAXIMUM,
        p2=p2.STRIDES,
        p3=p3.MAXIMUM,
        p5=p5.HEADS,
    ),
    student(
        "eva-edges",
        "masks and edges are off by one, or missing, nearly everywhere",
        REQUIRED,
        p1=p1.OFF_BY_ONE,
        p2=p2.EDGE,
        p3=p3.EDGE,
        p4=p4.OFF_BY_ONE,
        p5=p5.EDGE,
        p6=p6.OFF_BY_ONE,
        p7=p7.SINKS,
    ),
    student(
        "finn-crash",
        "gave up after p3: IndexError, typo, wrong shape",
        p1=p1.INDEX_ERROR,
        p2=p2.TYPO,
        p3=p3.WRONG_SHAPE,
    ),
    student("gina-endless", "p3 holds a loop that never ends", REQUIRED, p3=p3.ENDLESS),
    student(
        "hugo-exit",
        "ends Python in p1, and in a cell of p3; p2 runs on no GPU; p4 to p7 not begun",
        p1=p1.EXIT,
        p2=p2.RANGE,
        p3=all_right(EXIT_IN_CELL),
        **each(REQUIRED[3:], AS_IT_CAME),
    ),
    student(
        "iris-checks",
        "replaced the check cells; p1 is not written",
        REQUIRED,
        p1=Work(AS_IT_CAME.expected, (untouched, *GUTTED)),
        **{problem: all_right(*GUTTED) for problem in REQUIRED[1:]},
    ),
    student(
        "jack-cheat",
        "returns torch's own answers or zeros, and attacks the grader from cells of his own",
        p1=p1.READY_MADE,
        p2=p2.INSIDE,
        p3=p3.ZEROS,
        p4=all_right(*INERT),
        **each(PROBLEMS[4:], Work(AS_IT_CAME.expected, (untouched, *INERT))),
    ),
    student(
        "kim-colab",
        "solved everything in Colab and saved it there",
        **{problem: all_right(save_as_colab) for problem in PROBLEMS},
    ),
    student(
        "lena-deleted",
        "p3 has no code left; p5 lost its checks, p6 what nbgrader wrote into it",
        REQUIRED,
        p3=NO_CODE,
        p5=all_right(remove("selfcheck"), remove("check")),
        p6=all_right(forget_metadata),
    ),
)
