"""The source policy: honest notebooks pass, ways around it are named with their line."""

from __future__ import annotations

import ast
from pathlib import Path

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from policy_evasions import BODY_EVASIONS, CELL_EVASIONS
from policy_honest import HONEST_BODIES, HONEST_CELLS
from policy_sources import with_body, with_cells

from autograder.course import Course
from autograder.grading.grade import Grader
from autograder.grading.policy import policy_hits
from autograder.grading.rebuild import released_notebook, runnable_solution
from autograder.grading.show import verdict_html
from autograder.registry import load, problem_ids
from autograder.selfcheck import find_problem, policy_scan
from autograder.selfcheck.check import check
from autograder.selfcheck.policy import PYTORCH_POLICY, ROW_SUM_POLICY, TRITON_POLICY
from autograder.selfcheck.policy_scan import policy_of, scan
from autograder.selfcheck.policy_walk import Hit

COURSE = Course.load(Path(__file__).resolve().parents[1])
READY = [p for p in problem_ids() if list(COURSE.release_dir.glob(f"{p}_*.ipynb"))]


def found(cells: list[str], policy=TRITON_POLICY, trusted=False) -> list[Hit]:
    named = [(f"cell {number}", source) for number, source in enumerate(cells)]
    return scan(named, policy, "entry", trusted)


def marked(cells: list[str]) -> set[tuple[str, int]]:
    """Cell and line of every `# HIT`."""
    return {
        (f"cell {number}", row)
        for number, source in enumerate(cells)
        for row, line in enumerate(source.splitlines(), start=1)
        if "# HIT" in line
    }


@pytest.mark.parametrize("problem_id", READY)
def test_what_is_handed_out_breaks_no_rule(problem_id):
    """Do the released notebook and the perfect submission give no hit?"""
    problem = load(problem_id).public
    assert policy_hits(released_notebook(COURSE, problem_id), problem) == []
    assert policy_hits(runnable_solution(COURSE, problem_id), problem) == []


HONEST = {name: with_body(body) for name, body in HONEST_BODIES.items()}
HONEST |= {name: with_cells(*cells) for name, cells in HONEST_CELLS.items()}


@pytest.mark.parametrize("trusted", [False, True])
@pytest.mark.parametrize("name", HONEST)
def test_honest_code_is_left_alone(name, trusted):
    """Is code that computes in its own kernel never accused, whatever stands around it?"""
    assert [hit.sentence for hit in found(HONEST[name], trusted=trusted)] == []


EVASIONS = {name: with_body(body) for name, body in BODY_EVASIONS.items()} | CELL_EVASIONS


@pytest.mark.parametrize("name", EVASIONS)
def test_evasions_are_named_with_their_line(name):
    """Is each way around the rules found, on its line and nowhere else?"""
    assert {(hit.cell, hit.line) for hit in found(EVASIONS[name])} == marked(EVASIONS[name])


def test_pytorch_problems_may_multiply_but_not_call_attention():
    """Do p1's rules allow products and exponentials, and refuse ready-made attention?"""
    body = "s = torch.exp(q @ k.mT).softmax(-1)\nx = torch.nn.MultiheadAttention(2, 2)  # HIT"
    hits = found(with_body(body), PYTORCH_POLICY)
    assert [(hit.line, hit.what) for hit in hits] == [(5, "torch.nn.MultiheadAttention")]
    no_kernel = "import torch\ndef entry(q, k, v):\n    return torch.softmax(q @ k, -1) @ v"
    assert found([no_kernel], PYTORCH_POLICY) == []


def test_the_row_sum_must_be_summed_in_the_kernel():
    """Does p2 refuse torch's sum where it counts, and only there?"""
    given_code = "def torch_weighted_row_sum(x, w):\n    return (x * w).sum(-1)"
    assert found(with_cells(given_code), ROW_SUM_POLICY) == []
    hits = found(with_body("x = (q * k).sum(-1)"), ROW_SUM_POLICY)
    assert [hit.what for hit in hits] == [".sum"]


def test_problems_without_a_policy_get_their_kind_s():
    """Does a problem's kind decide where the problem says nothing?"""
    assert policy_of(find_problem("p1")) == PYTORCH_POLICY
    assert policy_of(find_problem("p3")).needs_kernel


def with_sdpa(nb):
    """The p3 solution with an entry point that asks torch."""
    cell = next(c for c in nb.cells if "def flash_attention_forward" in c.source)
    cell.source += (
        "\n\ndef flash_attention_forward(q, k, v, is_causal=False):\n"
        "    return torch.nn.functional.scaled_dot_product_attention(q, k, v)\n"
    )
    return nb


def test_the_grader_does_not_run_what_breaks_a_rule(monkeypatch):
    """Is a violation told, worth nothing, and never executed?"""
    monkeypatch.setattr(Grader, "child", lambda *_: pytest.fail("student code was run"))
    verdict = Grader(COURSE).grade(with_sdpa(runnable_solution(COURSE, "p3")), "p3")
    assert verdict.summary == "policy violation"
    assert (verdict.score, verdict.provisional) == (0, False)
    assert {case.status for case in verdict.cases} == {"policy violation"}
    assert "line" in verdict.cases[0].detail and "attention yourself" in verdict.cases[0].detail
    assert any("scaled_dot_product_attention" in note for note in verdict.notes)
    assert "policy violation" in verdict_html(verdict)


def test_a_forged_lock_hides_nothing():
    """Is a student's cell read even where its metadata says that it is ours?"""
    from autograder.grading.book import rebuilt

    nb = with_sdpa(runnable_solution(COURSE, "p3"))
    evil = nbformat.v4.new_code_cell("exec('1')", metadata={"nbgrader": {"locked": True}})
    nb.cells.insert(2, evil)
    hits = policy_hits(rebuilt(nb, COURSE, "p3"), find_problem("p3"))
    assert {"exec"} <= {hit.what for hit in hits}


def test_the_self_check_shows_the_line(monkeypatch, capsys):
    """Does the student see the same finding, and what to do, beside the cases?"""
    cells = [(f"In [{n}]", c) for n, c in enumerate(with_body("x = q @ k"))]
    monkeypatch.setattr(policy_scan, "session_sources", lambda entry: cells)

    def entry(q, k, v, is_causal=False):
        return q

    check("p3", entry)
    text = capsys.readouterr().out
    assert "In [2], line 4: @" in text and "policy violation" in text
    assert "the grader does not run such code" in text


def test_the_self_check_survives_sources_that_cannot_be_read(monkeypatch):
    """Does the self-check go on where there is nothing to read?"""

    def unreadable(entry):
        raise OSError("gone")

    monkeypatch.setattr(policy_scan, "session_sources", unreadable)
    assert policy_scan.session_hits(find_problem("p3"), object()) == []


def test_a_corrected_cell_run_again_is_forgiven():
    """Does the session's history not hold a student's earlier attempts against them?"""
    first = with_body("x = q @ k\nprint(x)")
    assert found([*first, with_body("x = q")[-1] + "\nprint('done')"], trusted=True) == []


TOKENS = r"""
def entry ( ) : x = torch . softmax @ [ ] lambda global getattr , 'a' class for in if as
import from * % ! await 1 { } := with exec triton jit NEWLINE TAB NEWLINE"""
WORDS = st.sampled_from(TOKENS.split()).map(lambda w: {"NEWLINE": "\n", "TAB": "\t"}.get(w, w))
SOURCES = st.one_of(st.text(max_size=80), st.lists(WORDS, max_size=30).map(" ".join))


@settings(max_examples=150, deadline=None)
@given(st.lists(SOURCES, max_size=4))
def test_scanning_never_raises(cells):
    """Does any text at all get an answer?"""
    found(cells)
    found(["def entry(q):\n    return q", *cells], trusted=True)


def test_pathological_sources_end():
    """Do cycles of names, long chains and deep nesting come to an end?"""
    found(["a = b", "b = a", "def entry(q):\n    return a(q) or entry(q)"])
    chain = "\n".join(f"a{n + 1} = a{n} or a{n}" for n in range(200))
    found([f"a0 = 1\n{chain}\ndef entry(q):\n    return a200.softmax(q)"])
    deep = "def entry(q):\n    return " + "+".join(["q"] * 1200)
    ast.parse(deep)
    assert "nested too deeply" in found([deep])[0].what
    assert "more code" in found(["x = 1\n" * 100_000])[0].what
    assert "more code" in found(["%magic\n" * 1000])[0].what
