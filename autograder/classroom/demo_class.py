"""The prepared class: what each student handed in, and what grading it must find."""

from __future__ import annotations

from autograder.classroom.demo_edit import (
    add_before_check,
    forget_metadata,
    overwrite,
    remove,
    remove_code,
    save_as_colab,
    untouched,
)
from autograder.classroom.demo_mistakes import (
    ACC_P1,
    ACC_P3,
    ACC_P4,
    DELTA_P8,
    EDGE_P2,
    EDGE_P3,
    EDGE_P5,
    ENDLESS_P3,
    EXIT_P1,
    HEADS_P5,
    INDEX_ERROR_P1,
    INERT,
    INSIDE_P2,
    MAXIMUM_P1,
    MAXIMUM_P3,
    OFF_BY_ONE_P1,
    OFF_BY_ONE_P4,
    OFF_BY_ONE_P6,
    RANGE_P2,
    READY_MADE_P1,
    SINKS_P7,
    SINKS_P9,
    STRIDES_P2,
    SUM_P2,
    TYPO_P2,
    WRONG_SHAPE_P3,
    ZEROS_P3,
)
from autograder.classroom.demo_model import Expected, Student, Work
from autograder.registry import load, problem_ids

PROBLEMS = tuple(problem_ids())
OPTIONAL = ("p8", "p9")
REQUIRED = tuple(problem for problem in PROBLEMS if problem not in OPTIONAL)


def student(name: str, story: str, problems: tuple[str, ...] = (), **work: Work) -> Student:
    """A student who handed in `work`, and the rest of `problems` solved."""
    return Student(
        name, story, {p: work.get(p) or solved(p) for p in PROBLEMS if p in (*problems, *work)}
    )


def solved(problem: str, *steps) -> Work:
    """Every case passes, after these steps too; the points for speed stay open without a GPU."""
    graded = load(problem)
    speed = graded.speed.points if graded.speed else 0
    return Work(Expected("passed", graded.points - speed, lost=()), steps)


def each(problems: tuple[str, ...], work: Work) -> dict[str, Work]:
    """The same for several problems."""
    return dict.fromkeys(problems, work)


AS_IT_CAME = Work(Expected("not implemented", 0), (untouched,))
NO_CODE = Work(Expected("not gradable", None), (remove_code,))
EXIT_IN_CELL = add_before_check("import os\n\nos._exit(0)")
GUTTED = (overwrite("selfcheck", "# nothing to check"), overwrite("check", "200"))

CLASS = (
    student("ada-perfect", "solved everything, the optional problems too", PROBLEMS),
    student("ben-untouched", "handed every notebook back as it came", **each(PROBLEMS, AS_IT_CAME)),
    student(
        "cleo-rescale",
        "did everything; forgets to rescale acc, and more of the kind",
        PROBLEMS,
        p1=ACC_P1,
        p2=SUM_P2,
        p3=ACC_P3,
        p4=ACC_P4,
        p8=DELTA_P8,
        p9=SINKS_P9,
    ),
    student(
        "dan-maximum",
        "skipped the optional ones; exp without the maximum, the wrong kv head",
        REQUIRED,
        p1=MAXIMUM_P1,
        p2=STRIDES_P2,
        p3=MAXIMUM_P3,
        p5=HEADS_P5,
    ),
    student(
        "eva-edges",
        "masks and edges are off by one, or missing, nearly everywhere",
        REQUIRED,
        p1=OFF_BY_ONE_P1,
        p2=EDGE_P2,
        p3=EDGE_P3,
        p4=OFF_BY_ONE_P4,
        p5=EDGE_P5,
        p6=OFF_BY_ONE_P6,
        p7=SINKS_P7,
    ),
    student(
        "finn-crash",
        "gave up after p3: IndexError, typo, wrong shape",
        p1=INDEX_ERROR_P1,
        p2=TYPO_P2,
        p3=WRONG_SHAPE_P3,
    ),
    student("gina-endless", "p3 holds a loop that never ends", REQUIRED, p3=ENDLESS_P3),
    student(
        "hugo-exit",
        "ends Python in p1, and in a cell of p3; p2 runs on no GPU; p4 to p7 not begun",
        p1=EXIT_P1,
        p2=RANGE_P2,
        p3=solved("p3", EXIT_IN_CELL),
        **each(REQUIRED[3:], AS_IT_CAME),
    ),
    student(
        "iris-checks",
        "replaced the check cells; p1 is not written",
        REQUIRED,
        p1=Work(AS_IT_CAME.expected, (untouched, *GUTTED)),
        **{problem: solved(problem, *GUTTED) for problem in REQUIRED[1:]},
    ),
    student(
        "jack-cheat",
        "returns torch's own answers or zeros, and attacks the grader from cells of his own",
        p1=READY_MADE_P1,
        p2=INSIDE_P2,
        p3=ZEROS_P3,
        p4=solved("p4", *INERT),
        **each(PROBLEMS[4:], Work(AS_IT_CAME.expected, (untouched, *INERT))),
    ),
    student(
        "kim-colab",
        "solved everything in Colab and saved it there",
        **{problem: solved(problem, save_as_colab) for problem in PROBLEMS},
    ),
    student(
        "lena-deleted",
        "p3 has no code left; p5 lost its checks, p6 what nbgrader wrote into it",
        REQUIRED,
        p3=NO_CODE,
        p5=solved("p5", remove("selfcheck"), remove("check")),
        p6=solved("p6", forget_metadata),
    ),
)
