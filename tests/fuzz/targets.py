"""What is fuzzed: readers of what students send. Each takes bytes; what it raises is our fault."""

from __future__ import annotations

import ast
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import torch

from autograder.course import Course
from autograder.errors import NotGradable
from autograder.frames import released_frame, solution_work
from autograder.grading.show import verdict_html
from autograder.grading.verdict import load_verdict
from autograder.intake.answer import extracted, peeked
from autograder.sandbox.exchange import BadAnswer, json_object, read_answer
from autograder.selfcheck.grammar import refusals
from autograder.selfcheck.regions import MARKER, canonical, read_markers
from autograder.text import clean_text

ASSIGNMENT = Course.load(Path(__file__).resolve().parents[2]).assignment("flash_attention")
PROBLEM = "p3"
FRAMES = {problem: released_frame(ASSIGNMENT, problem) for problem in ("p1", "p3", "p8")}
SOLVED = {problem: solution_work(ASSIGNMENT, problem) for problem in FRAMES}
ANSWER = {"O": (torch.float16, (1, 1, 3, 16)), "L": (torch.float32, (1, 1, 3))}


@cache
def _file() -> Path:
    return Path(tempfile.mkdtemp(prefix="fuzz-")) / "input"


def intake(data: bytes) -> None:
    """Any file: not gradable with a reason, or the text of every region and of no other.

    Asked for in this process and not in the reader's own, so that a fuzzer sees where it goes.
    """
    frame = FRAMES[PROBLEM]
    try:
        told = extracted(data, frame)
    except NotGradable as reason:
        assert str(reason)
    else:
        assert told["work"].keys() == frame.regions.keys()
        for text in told["work"].values():
            assert text == canonical(text) and not MARKER.search(text)
        program = frame.program(told["work"])
        assert read_markers(program.source).regions == told["work"]
    try:
        assert all(isinstance(filled, bool) for filled in peeked(data).values())
    except NotGradable as reason:
        assert str(reason)


def grammar(data: bytes) -> None:
    """Any text as each region: refusals with a place and a sentence, or a program that parses."""
    text = canonical(data.decode("utf-8", "replace"))
    for problem, frame in FRAMES.items():
        for region in frame.regions:
            work = {**SOLVED[problem], region: text}
            found = refusals(frame, work)
            for refusal in found:
                assert refusal.region in frame.regions and refusal.line >= 1
                assert refusal.what is not None and refusal.sentence
            if not found:
                ast.parse(frame.program(work).source)


def verdict(data: bytes) -> None:
    """Any verdict file: refused, or one whose figures add up and that can be shown."""
    _file().write_bytes(data)
    found = load_verdict(_file(), ASSIGNMENT.qualified(PROBLEM))
    if found is not None:
        assert found.adds_up and found.summary and found.sentence
        verdict_html(found, SOLVED[PROBLEM])


def exchange(data: bytes) -> None:
    """Any answer of a child: refused with a sentence, or exactly what was asked for."""
    _file().write_bytes(data)
    try:
        answer = read_answer(_file(), ANSWER)
        assert {n: (x.dtype, tuple(x.shape)) for n, x in answer.items()} == ANSWER
    except BadAnswer as reason:
        assert str(reason)
    try:
        assert clean_text(json_object(data).get("detail")).isprintable()
    except BadAnswer as reason:
        assert str(reason)


TARGETS: dict[str, Callable[[bytes], None]] = {
    f.__name__: f for f in (intake, grammar, verdict, exchange)
}
