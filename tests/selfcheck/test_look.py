"""look(): is a right region shown as right, and where does a wrong one first go wrong?"""

import pytest
from look_many import look_many

from autograder.selfcheck.look import _html, _text, _verdict
from autograder.selfcheck.predictions import locked, outcome, predict

pytestmark = pytest.mark.xdist_group("look")  # one process looks into all of them
ALL = [f"p{n}" for n in range(1, 10)]
ADDS_BADLY = ("m_i = m_new", "m_i = m_new + tl.arange(0, 3)")
PLANTED = [  # problem, mistake, step (from 0) before which it cannot act, variables it hits
    ("p1", ("l_i = l_i * alpha", "l_i = l_i"), 1, ["l_i"]),
    ("p2", ("acc += tl.sum", "acc = tl.sum"), 1, ["acc"]),
    ("p3", ("acc = acc * alpha[:, None]", "acc = acc"), 1, ["acc"]),
    ("p4", ("key[None, :] <= offs_m", "key[None, :] < offs_m"), 1, []),
    ("p5", ("kv_h = h // GROUP", "kv_h = h % GROUP"), 0, []),
    ("p6", ("distance < window_size, qk", "distance <= window_size, qk"), 0, []),
    ("p7", ("tl.minimum(sink_size, first)", "sink_size"), 0, []),
    ("p8", ("ds = p * (dp - delta[:, None])", "ds = p * dp"), 0, ["dq"]),
    ("p9", ("dq = tl.dot(ds.to(k.dtype), k, dq)", "dq = tl.dot(ds.to(k.dtype), k)"), 0, ["dq"]),
]


@pytest.fixture(scope="module")
def seen() -> dict:
    """The steps of every solution, and of every planted mistake: (problem, changes) -> them."""
    asked = [(problem, ()) for problem in ALL]
    asked += [(problem, (change,)) for problem, change, *_ in PLANTED]
    asked.append(("p3", (ADDS_BADLY,)))
    return dict(zip(asked, look_many(asked), strict=True))


def first_wrong(steps) -> tuple[int, list[str]]:
    """Which step (from 0) differs first, and in which variables."""
    for number, step in enumerate(steps):
        if names := [row[0] for row in step["rows"] if row[3] == "differs"]:
            return number, names
    return -1, []


@pytest.mark.parametrize("problem", ALL)
def test_a_right_solution_is_right_at_every_step(problem: str, seen) -> None:
    """Do the numbers that should be there agree with those of the solution, in several steps?"""
    steps, fault = seen[problem, ()]
    assert fault == ""
    assert len(steps) >= 3
    assert first_wrong(steps) == (-1, [])
    assert all(row[3] == "" for step in steps for row in step["rows"])


@pytest.mark.parametrize(("problem", "change", "step", "names"), PLANTED)
def test_the_first_wrong_step_is_found(problem, change, step, names, seen) -> None:
    """Is a planted mistake seen, not before it acts, in the variable that it hits?"""
    steps, _ = seen[problem, (change,)]
    found, variables = first_wrong(steps)
    assert found >= step
    assert variables[: len(names)] == names if names else variables
    assert f"step {found + 1}" in _verdict(steps, found, refused=True)


def test_an_error_ends_the_steps_and_is_told(seen) -> None:
    """Is the reason said, with the line?"""
    _, fault = seen["p3", (ADDS_BADLY,)]
    assert fault.startswith("Line ") and "p3.1" in fault


def test_nothing_is_called_right_that_the_check_refused() -> None:
    """Does a mistake outside the numbers shown not end in "Everything is as it should be"?"""
    steps = [{"title": "rows from 0", "rows": [["acc", "1", "1", ""]]}]
    assert _verdict(steps, None, refused=False) == "Everything is as it should be."
    assert _verdict(steps, None, refused=True).startswith("No number shown here is wrong, yet")


def test_a_step_reads_well_as_text_and_escapes_as_html() -> None:
    """Do both say what is yours and what is right?"""
    step = {"title": "p1 <b>", "rows": [["m_i", "1", "2", "differs"]]}
    assert _text(step) == "p1 <b>\n  m_i      yours 1   right 2   differs"
    assert "p1 &lt;b&gt;" in _html(step, True) and "first difference" in _html(step, True)


def test_a_guess_is_locked_in_and_comes_back(capsys) -> None:
    """Can it not be changed afterwards? Is it held against what is so, in words?"""
    locked.clear()
    predict("memory")
    predict("memory", 12)
    predict("memory", 500)
    outcome("memory", 537, "MB")
    outcome("tiles", 3)
    said = capsys.readouterr().out.splitlines()
    assert said == [
        "memory: no guess yet. Put a number in the place of the three dots.",
        "memory: 12 is locked in.",
        "memory: 12 is locked in. It comes back further down.",
        "memory: 537 MB. You said 12: 45 times too little.",
        "tiles: 3.",
    ]
    locked.clear()
