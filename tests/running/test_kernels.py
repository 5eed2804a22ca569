"""What is told of a kernel that is wrong: the line in the region, and the reason."""

from __future__ import annotations

from functools import lru_cache

import pytest

from tests.running.frames import tell
from tests.running.planted import (
    COMPILED_ONLY,
    ERRORS,
    INTERPRETED_ONLY,
    RIGHT,
    STRAYS,
    STRIDED,
)

pytestmark = pytest.mark.xdist_group("running")  # one process asks for all that is told
STUB = 'tl.static_assert(False, "p1.1: not implemented yet")'
UNWRITTEN = "acc = tl.load(x_ptrs, mask=exists, other=0.0)\nexists = offs_r[:, None] < 3"


@lru_cache
def told(mode: str) -> dict[str, dict]:
    """All that is told in one mode, by name."""
    planted = ERRORS | (COMPILED_ONLY if mode == "compiled" else STRAYS | INTERPRETED_ONLY)
    cases = {name: (text, "contiguous") for name, (text, _, _) in planted.items()}
    cases |= {name: (text, "contiguous") for name, text in RIGHT.items()}
    cases |= {layout: (text, layout) for layout, text in STRIDED.items()}
    cases |= {f"right, {layout}": (RIGHT["as the steps say"], layout) for layout in STRIDED}
    cases |= {"stub": (STUB, "contiguous"), "unwritten": (UNWRITTEN, "contiguous")}
    return tell(mode, cases)


def check_told(found: dict, line: int, words: str) -> None:
    assert (found["status"], found["region"], found["line"]) == ("error", "p1.1", line)
    assert words in found["detail"]
    assert len(found["detail"]) <= 300 and found["detail"].isprintable()
    assert "copy_kernel[" not in found["detail"]  # the launch


@pytest.mark.parametrize("mode", ["interpreted", "compiled"])
@pytest.mark.parametrize("name", ERRORS)
def test_an_error_is_told_by_its_line_in_the_region(mode, name):
    _, line, words = ERRORS[name]
    check_told(told(mode)[name], line, words)


@pytest.mark.parametrize("name", COMPILED_ONLY)
def test_what_only_the_compiler_refuses_is_told_by_its_line(name):
    _, line, words = COMPILED_ONLY[name]
    check_told(told("compiled")[name], line, words)


@pytest.mark.parametrize("name", INTERPRETED_ONLY)
def test_an_address_is_no_number_in_the_interpreter(name):
    """It would be another one in each run, and the same work another answer."""
    _, line, words = INTERPRETED_ONLY[name]
    check_told(told("interpreted")[name], line, words)


@pytest.mark.parametrize("name", STRAYS)
def test_a_stray_access_is_found_before_it_happens(name):
    _, line, words = STRAYS[name]
    check_told(told("interpreted")[name], line, words)


@pytest.mark.parametrize("layout", STRIDED)
def test_an_element_in_the_span_of_a_view_but_not_in_it_is_outside(layout):
    check_told(told("interpreted")[layout], 1, "between the elements of `x_ptr`")


@pytest.mark.parametrize("name", [*RIGHT, *(f"right, {layout}" for layout in STRIDED)])
def test_a_right_kernel_is_left_alone(name):
    assert told("interpreted")[name] == {"status": "right", "stray": []}


@pytest.mark.parametrize("mode", ["interpreted", "compiled"])
def test_a_stub_is_not_implemented(mode):
    found = told(mode)["stub"]
    assert (found["status"], found["region"]) == ("not implemented", "p1.1")


def test_elements_never_written_are_counted():
    """The first program writes 3 of 16 rows, the second none of 4; rows have 8 elements."""
    assert told("interpreted")["unwritten"] == {"status": "wrong", "stray": [], "O": 17 * 8}
