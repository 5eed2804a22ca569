"""The self-check as a student meets it: what it says when work is right, wrong or missing."""

from __future__ import annotations

import pytest
import torch
from attention_styles import as_p1, hide_future, plain, scores

from autograder.selfcheck import check, find_problem
from autograder.selfcheck.check import run_cases
from autograder.selfcheck.device import decide
from autograder.selfcheck.report import Report, Row

CPU = decide(None, None)


def rows_of(problem_id, entry):
    return list(run_cases(find_problem(problem_id), entry, CPU))


def test_all_right_says_so(capsys):
    """Does a right answer end with one clear sentence, and say why there is no timing?"""
    check("p3", plain)
    text = capsys.readouterr().out
    assert "public cases pass" in text
    assert "Timing needs a GPU" in text or torch.cuda.is_available()


@pytest.mark.parametrize("message", ["p1.1: not implemented yet", "x p3.2: not implemented yet y"])
def test_an_unfilled_region_is_named_without_a_traceback(message, capsys):
    """Does a stub say which region is missing, once, and nothing else?"""

    def stub(q, k, v, is_causal=False):
        try:
            raise NotImplementedError(message)
        except NotImplementedError as error:
            raise RuntimeError("wrapped by Triton") from error

    check("p3", stub)
    text = capsys.readouterr().out
    assert text.count("not implemented yet: region") == 1
    assert "Traceback" not in text and "RuntimeError" not in text


def test_an_error_is_told_in_a_line():
    """Does an exception become a row with its type and message?"""

    def broken(q, k, v, is_causal=False):
        return [][3]

    row = rows_of("p3", broken)[0]
    assert row.status == "error"
    assert "IndexError: list index out of range" in row.detail


@pytest.mark.parametrize(
    ("returned", "sentence"),
    [
        (None, "O is a NoneType, expected a plain torch.Tensor"),
        ((1, 2, 3), "returned 3 values, expected 1: (O)"),
        (torch.zeros(3), "O has shape (3,)"),
    ],
)
def test_a_wrong_return_is_explained(returned, sentence):
    """Is a wrong type, number or shape of returned values told in words?"""
    row = rows_of("p3", lambda q, k, v, is_causal=False: returned)[0]
    assert row.status in ("error", "wrong answer")
    assert sentence in row.detail


def broken_attention(kind):
    """Attention of p1 with one typical mistake."""

    def attention(q, k, v, is_causal):
        s = (q.float() @ k.float().mT) / q.shape[-1] ** 0.5
        if kind == "unscaled":
            s = s * q.shape[-1] ** 0.5
        i = torch.arange(s.shape[-2])[:, None]
        j = torch.arange(s.shape[-1])[None]
        if is_causal:
            shift = {"one too many": 1, "own key hidden": -1, "bottom-right": len(j[0]) - len(i)}
            hidden = j > i + shift.get(kind, 0)
            s = s if kind == "no mask" else s.masked_fill(hidden, -torch.inf)
        p = torch.softmax(s, -1)
        if kind == "not divided":
            p = torch.exp(s - s.amax(-1, keepdim=True))
        return (p @ v.float()).to(q.dtype)

    return attention


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("unscaled", "not scaled by 1/√D"),
        ("no mask", "causal mask is not applied"),
        ("one too many", "one key too many"),
        ("own key hidden", "hides the query's own key"),
        ("bottom-right", "aligned bottom-right"),
        ("not divided", "not divided by the running sum"),
    ],
)
def test_typical_mistakes_are_named(kind, words):
    """Does the report name the mistake that was really made, and no other?"""
    rows = rows_of("p1", as_p1(broken_attention(kind)))
    named = [row.detail for row in rows if "This is what comes out" in row.detail]
    assert named
    assert all(words in detail for detail in named)


def test_a_right_answer_is_never_accused():
    """Does no row of a right answer carry an explanation?"""
    assert all(row.detail == "" and row.status == "passed" for row in rows_of("p3", plain))


def test_html_escapes_what_students_write():
    """Can a student's error message not become markup?"""
    report = Report("t<b>", [Row("<i>", "error", detail="<script>alert(1)</script>")])
    page = report.html()
    assert "<script>" not in page and "<i>" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    ("capability", "dtype", "words"),
    [
        (None, torch.float16, "No GPU here"),
        ((7, 5), torch.float16, "no native bfloat16"),
        ((8, 0), torch.bfloat16, "bfloat16"),
        ((9, 0), torch.bfloat16, "bfloat16"),
    ],
)
def test_one_function_decides_the_device(capability, dtype, words):
    """Does each kind of machine get the right dtype and one sentence that says so?"""
    mode = decide("Card", capability)
    assert mode.dtype == dtype
    assert words in mode.sentence
    assert mode.on_gpu == (capability is not None)


def test_reading_outside_a_tensor_shows():
    """Is a read beyond the end of an input found by the NaN around it?"""

    def reads_beyond(q, k, v, is_causal=False):
        count = v.numel()
        wide = torch.as_strided(v, (count + 8,), (1,), v.storage_offset())
        o = plain(q, k, v)
        return o + 0 * wide[count:].sum()

    assert rows_of("p3", reads_beyond)[0].status == "wrong answer"


def test_helpers_of_this_file_agree():
    """Do the two attention functions used here agree where nothing is broken?"""
    q = torch.randn(1, 1, 9, 16)
    right = torch.softmax(hide_future(scores(q, q, False)), -1) @ q
    assert torch.allclose(broken_attention("")(q, q, q, True), right, atol=1e-6)
