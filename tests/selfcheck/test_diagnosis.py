"""Is a program watched without being changed, and is one diagnosis made of what was seen?"""

from __future__ import annotations

import re

import pytest
import torch
from diagnose_many import diagnose_many
from right_variants import RIGHT
from samples import sampled
from solved import frame, solved

from autograder.selfcheck.check import explain, run_cases
from autograder.selfcheck.device import decide
from autograder.selfcheck.diagnosis import Diagnosis, from_plain
from autograder.selfcheck.problem import find_problem
from autograder.selfcheck.report import Row
from autograder.selfcheck.trace import Moment, Observed, packed, unpacked, watched_program
from benchmarks.solution_modules import module_of

CPU = decide(None, None)
WATCHED = ("p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8", "p9")
TRIED = "test_the_cause_is_named_with_its_step"
PARTS = 4  # of the right kernels, each watched by itself
FAILED = [Row("a case", "wrong answer")]

DV = "dv = tl.dot(p_t.to(do.dtype), do, dv)"
DV_LATE = DV.replace("p_t", "tl.exp2(w)")
# problem, what the solution says, what a student wrote, kind, step
MISTAKES = [
    ("p3", "acc = acc * alpha[:, None]\n", "", "acc-not-rescaled", 3),
    ("p3", "l_i = l_i * alpha\n", "", "l-not-rescaled", 3),
    ("p3", "m_i = m_new", "m_i = m_i", "maximum-not-carried", 6),
    ("p3", "alpha = tl.exp2(", "alpha = tl.exp(", "factor-wrong-base", 3),
    ("p3", "tl.maximum(m_i, tl.max(qk, axis=1))", "tl.max(qk, axis=1)", "maximum-of-tile", 2),
    ("p3", "offs_n[None, :] < Nk", "offs_n[None, :] <= Nk", "pads-bound-wrong", 1),
    ("p3", "tl.exp2(qk - m_new[:, None])", "tl.exp2(m_new[:, None] - qk)", "p-inverted", 4),
    ("p3", "v, acc)", "v, acc).to(tl.float16).to(tl.float32)", "acc-16-bit", 5),
    ("p1", "p = torch.exp(S - m_new)", "p = torch.exp2(S - m_new)", "p-wrong-base", 4),
    ("p1", "acc = acc + p @ Vj", "acc = p @ Vj", "acc-not-accumulated", 5),
    ("p1", "> q_idx[:, None]", ">= q_idx[:, None]", "causal-hides-own-key", 1),
    ("p4", "<= offs_m[:, None])", "<= offs_m[:, None] + 1)", "causal-one-too-many", 3),
    ("p4", "m_i = m_new", "m_i = m_i", "maximum-not-carried", 6),
    ("p2", "acc += tl.sum(", "acc = tl.sum(", "sum-replaced", 7),
    ("p2", "range(0, cols, BLOCK_C)", "range(0, cols, 2 * BLOCK_C)", "tiles-skipped", 3),
    ("p5", "kv_h = h // GROUP", "kv_h = h % GROUP", "kv-head-modulo", 2),
    ("p5", "pid_bh % H)", "pid_bh % GROUP)", "batch-and-head-split-wrong", 1),
    ("p6", "oldest // BLOCK_N", "tl.cdiv(oldest, BLOCK_N)", "first-rounds-up", 1),
    ("p6", "(distance >= 0) & ", "", "causal-missing", 4),
    ("p7", "tl.minimum(sink_size, first)", "sink_size", "sinks-twice", 1),
    ("p7", "(distance >= 0) & kept", "kept", "causal-missing", 6),
    ("p8", "ds = p * (dp - delta[:, None])", "ds = p * dp", "delta-missing", 4),
    ("p8", "range(start_n + BLOCK_N, N,", "range(N, N,", "diagonal-only", 2),
    ("p9", "offs_m[None, :] - window", "offs_m[None, :]", "sinks-twice", 1),
    # What is right too must be explained: dk here; and no guess that predicts nothing explains.
    (
        "p9",
        DV,
        f"w = tl.dot(k, tl.trans(q)) * qk_scale - lse[None, :]\n{DV_LATE}",
        "dv-before-mask",
        1,
    ),
    ("p1", "p = torch.exp(S - m_new)", "p = torch.exp(S - m_i)", "old-maximum-in-p", 4),
    ("p7", "range(first, diag", "range(first + BLOCK_N, diag", "window-starts-late", 3),
]

pytestmark = pytest.mark.xdist_group("diagnosis")  # what it builds is built once


def program_of(problem: str, *changes: tuple[str, str]):
    return frame(problem).program(solved(problem, *changes))


@pytest.fixture(scope="module")
def mistakes(request) -> dict[int, Diagnosis]:
    """What is said of each mistake that is tried now: all of them in one process."""
    items = [item for item in request.session.items if item.originalname == TRIED]
    tried = [item.callspec.params["number"] for item in items]
    programs = [(p, program_of(p, (old, new))) for p, old, new, *_ in (MISTAKES[n] for n in tried)]
    return dict(zip(tried, map(from_plain, diagnose_many(programs)), strict=True))


@pytest.mark.parametrize(
    "number", sampled(range(len(MISTAKES)), 8), ids=[f"{m[0]} {m[3]}" for m in MISTAKES]
)
def test_the_cause_is_named_with_its_step(mistakes, number):
    """Is the first cause the true one, at the right step, in the right line?"""
    problem, old, new, kind, step = MISTAKES[number]
    program, first = program_of(problem, (old, new)), mistakes[number].causes[0]
    assert (first.kind, first.step) == (kind, step)
    start, _ = program.spans[first.region]
    line = program.source.split("\n")[start + first.line - 1]
    assert "=" in line and not line.lstrip().startswith("#")


@pytest.mark.parametrize("part", sampled(range(PARTS), 1))
def test_right_work_is_not_accused(part):
    """Do the witnesses see nothing wrong in right kernels of other styles?"""
    names = [name for name in RIGHT if name.partition(":")[0] in WATCHED][part::PARTS]
    problems = [name.partition(":")[0] for name in names]
    programs = [
        (problem, frame(problem).program({**solved(problem), **RIGHT[name]}))
        for problem, name in zip(problems, names, strict=True)
    ]
    accused = [one["causes"] for one in diagnose_many(programs)]
    assert dict(zip(names, accused, strict=True)) == {name: [] for name in names}


def test_no_line_moves_in_the_watched_program():
    """Does every line of the program but the markers stay where it is?"""
    program = program_of("p3")
    before, after = program.source.split("\n"), watched_program(program).source.split("\n")
    changed = [i for i, (a, b) in enumerate(zip(before, after, strict=True), 1) if a != b]
    assert changed == list(program.spans["p3.1"])


def test_many_failing_cases_make_one_diagnosis():
    """Are several failing cases explained once, and their own rows left short?"""
    program = program_of("p1", ("acc = acc * alpha\n", ""))
    problem, module = find_problem("p1"), module_of(program)
    rows = list(run_cases(problem, program, module, CPU))
    assert sum(row.status == "wrong answer" for row in rows) >= 5
    (cause,) = explain(problem, program, rows, CPU).causes
    assert cause.kind == "acc-not-rescaled"
    assert not any("rescaled" in row.detail for row in rows)


def test_an_unknown_pattern_is_said_to_be_unknown():
    """Is nothing guessed where the update is right and a case failed all the same?"""
    found = explain(find_problem("p1"), program_of("p1"), FAILED, CPU)
    assert found.causes == () and found.facts[0].startswith("No known pattern.")


def test_beside_a_gpu_the_program_is_watched_in_a_process_of_its_own():
    """Does the way that a session on a GPU goes give the same diagnosis?"""
    old, new, kind = "m_i = m_new", "m_i = m_i", "maximum-not-carried"
    gpu = decide("Card", (8, 0))
    (cause,) = explain(find_problem("p3"), program_of("p3", (old, new)), FAILED, gpu).causes
    assert cause.kind == kind


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Line 3 of p3.1: Loop-carried variable acc has initial type fp32 but is re-assigned",
         "loop-type"),
        ("Line 9 of p3.1: Both operands must be same dtype. Got fp32 and fp16", "dot-dtypes"),
        ("Line 2 of p3.1: name 'm_nwe' is not defined", "unknown-name"),
        ("Line 4 of p3.1: the shapes do not fit together: 64 and 32 elements along dimension 0",
         "shapes-do-not-fit"),
        ("Line 5 of p3.1: 'int' object has no attribute 'to'", "number-not-tensor"),
    ],
)  # fmt: skip
def test_errors_are_translated_with_their_line(message, kind):
    found = explain(find_problem("p3"), program_of("p3"), [Row("x", "error", detail=message)], CPU)
    assert found.causes[0].kind == kind
    assert found.causes[0].line == int(re.search(r"\d+", message)[0])


def test_a_step_of_five_thousand_digits_is_none():
    program = program_of("p3", ("# Step 1:", f"# Step {'9' * 5000}:"))
    failed = [Row("x", "error", detail="Line 2 of p3.1: name 'm_nwe' is not defined")]
    assert explain(find_problem("p3"), program, failed, CPU).causes[0].line == 2


def test_what_was_seen_survives_the_wall_and_nonsense_does_not():
    """Do moments come back as they were sent, and is an index that does not fit refused?"""
    names = {"p3.1": ("m_i",)}
    moment = Moment("p3.1", {"m_i": torch.zeros(3).double()}, {"m_i": torch.ones(3).double()})
    index, numbers = packed(Observed([moment], {}))
    (back,) = unpacked(index, numbers, names).moments
    assert torch.equal(back.after["m_i"], moment.after["m_i"])
    for damage in (None, [None], [{"region": "p3.1", "before": {"m_i": [9]}, "after": {}}]):
        with pytest.raises(ValueError, match="seen"):
            unpacked(damage, numbers, names)
