"""A region of PyTorch code: errors by their line, outputs, memory and loading."""

from __future__ import annotations

import inspect
import sys

import pytest
import torch

from autograder.selfcheck.faults import fault
from autograder.selfcheck.program import Frame
from autograder.selfcheck.running import answer, load_program
from tests.running.frames import PYTORCH, TASK

RIGHT = {"p1.1": "acc = xi * 1", "p1.2": "dx = d * 1"}
X = torch.arange(12.0).reshape(3, 4)
ERRORS = {
    "a name": ("y = xi\nacc = foo", 2, "name 'foo' is not defined"),
    "a function": ("acc = torch.foo(xi)", 1, "has no attribute 'foo'"),
    "a method": ("acc = xi.foo()", 1, "no attribute 'foo'"),
    "shapes": ("acc = xi + torch.ones(3)", 1, "must match the size"),
    "a product": ("acc = xi\nacc = torch.ones(2, 3) @ torch.ones(2, 3)", 2, "mat1 and mat2"),
    "dtypes": ("acc = torch.ones(2, 2) @ torch.ones(2, 2).double()", 1, "dtype"),
    "a dimension": ("acc = xi.sum(dim=3)", 1, "Dimension out of range"),
    "an index": ("acc = xi[9]", 1, "out of bounds"),
    "an argument": ("acc = torch.exp()", 1, "exp()"),
    "zero": ("acc = xi * (1 // 0)", 1, "division or modulo by zero"),
    "a key": ("acc = {}[3]", 1, "KeyError: 3"),
    "a value": ("acc = int('x')", 1, "invalid literal"),
    "several lines": ("acc = torch.maximum(\n    xi,\n    foo,\n)", 3, "foo"),
    "an assertion": ("assert xi is None, 'no\\x1b[31m\\nxi'", 1, "no xi"),
    "unset": ("y = xi", 0, "The given code after p1.1, `o[row] = acc`: name 'acc' is not"),
    "a shape used later": (
        "acc = xi\nacc = torch.ones(3)",
        0,
        "The given code after p1.1, `o[row] = acc`, with `acc` as line 2 of p1.1 sets it: ",
    ),
    "a name of the given code": (
        "acc = xi\nx = 1",
        0,
        "The given code, `xi = x[row]`, with `x` as line 2 of p1.1 sets it: 'int' object",
    ),
}


def loaded(folder, work):
    program = PYTORCH.program(RIGHT | work)
    return program, load_program(program, folder)


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_is_told_by_its_line_in_the_region(name, tmp_path):
    text, line, words = ERRORS[name]
    program, module = loaded(tmp_path, {"p1.1": text})
    with pytest.raises(Exception) as caught:
        answer(TASK, module, {"x": X})
    found = fault(caught.value, program)
    assert (found.status, found.region, found.line) == ("error", "p1.1", line), found
    assert words in found.detail and len(found.detail) <= 300 and found.detail.isprintable()


@pytest.mark.parametrize(
    ("text", "status", "line", "words"),
    [
        ("dx = foo", "error", 1, "Line 1 of p1.2: name 'foo'"),
        ("raise NotImplementedError('p1.2: not implemented yet')", "not implemented", 0, "p1.2"),
        ("dx = torch.empty(1 << 60)", "out of memory", 1, "Line 1 of p1.2"),
    ],
)
def test_what_goes_wrong_in_a_backward_pass_is_told_by_its_line(
    text, status, line, words, tmp_path
):
    program, module = loaded(tmp_path, {"p1.2": text})
    task = {**TASK, "outputs": ["O", "dx"], "grads": ("x",)}
    with pytest.raises(Exception) as caught:
        answer(task, module, {"x": X, "dO": X})
    found = fault(caught.value, program)
    assert (found.status, found.region, found.line) == (status, "p1.2", line)
    assert words in found.detail


def test_too_many_values_are_a_wrong_answer(tmp_path):
    frame = Frame("p1", ("def copied(x):\n    return x, x",))
    program = frame.program({})
    with pytest.raises(Exception) as caught:
        answer(TASK, load_program(program, tmp_path), {"x": X})
    assert fault(caught.value, program).status == "wrong answer"


def test_a_syntax_error_is_told_by_its_line(tmp_path):
    program = PYTORCH.program(RIGHT | {"p1.1": "acc = xi\nacc = = 3"})
    with pytest.raises(SyntaxError) as caught:
        load_program(program, tmp_path)
    assert (fault(caught.value, program).region, fault(caught.value, program).line) == ("p1.1", 2)


def test_rows_that_were_never_written_are_counted(tmp_path):
    _, module = loaded(tmp_path, {"p1.1": "acc = o[row]"})
    found = answer(TASK, module, {"x": X})
    assert found.unwritten == {"O": 12} and found.stray == ()


def test_the_memory_around_an_input_comes_back(tmp_path):
    _, module = loaded(tmp_path, {"p1.1": "xi.mul_(2)\nacc = xi"})
    found = answer(TASK, module, {"x": X})
    inner = found.memory["x"][256:-256].view(3, 4)
    assert torch.equal(inner, 2 * X) and torch.equal(found.outputs["O"], 2 * X)


def test_the_largest_tensor_is_noted_if_asked_for(tmp_path):
    _, module = loaded(tmp_path, {"p1.1": "acc = torch.ones(100, 4).sum(0) * xi"})
    assert answer(TASK, module, {"x": X}).largest == 0
    assert answer(TASK, module, {"x": X}, watch_largest=True).largest == 400


def test_programs_are_loaded_apart_from_each_other_and_in_silence(tmp_path, capsys):
    """Does each module have its own file, source and place in sys.modules?"""
    frame = Frame("p1", ("def f():\n    return {}\n\n\nprint('loud')",))
    modules = []
    for n in range(3):
        program = frame.program({})
        program = type(program)(program.source.replace("{}", str(n)), {})
        modules.append(load_program(program, tmp_path))
    assert [module.f() for module in modules] == [0, 1, 2]
    assert [inspect.getsource(module.f)[-2] for module in modules] == ["0", "1", "2"]
    assert all(sys.modules[module.__name__] is module for module in modules)
    assert len({module.__file__ for module in modules}) == 3
    assert capsys.readouterr().out == ""


def test_an_error_that_cannot_be_shown_is_told_by_its_type():
    """Python refuses to write numbers of more than 4300 digits."""
    assert fault(AssertionError(10**5000), None).detail == "AssertionError"
