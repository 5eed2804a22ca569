"""A region says what the allow-list knows, and nothing else; what is refused is told well."""

from __future__ import annotations

import ast
import builtins
import inspect
import math
import sys
import types

import nodes
import pytest
import torch
import triton.language as tl
import variants
from cheats.regions import REGION_CHEATS
from grammar_frames import PROBLEMS, one_region, problem

from autograder.selfcheck.grammar import refusals
from autograder.selfcheck.grammar_words import RESERVED, TL_METHODS, TORCH_METHODS, WORDS, words
from autograder.selfcheck.regions import FUNCTIONS, KERNEL, TORCH

PLAIN = {kind: one_region(kind) for kind in (KERNEL, TORCH, FUNCTIONS)}


def said(text: str, kind: str = KERNEL) -> list[str]:
    return [refusal.sentence for refusal in refusals(PLAIN[kind], {"x1.1": text})]


@pytest.mark.parametrize("name", PROBLEMS)
def test_solutions_and_unfilled_regions_are_accepted(name):
    frame, work = problem(name)
    assert refusals(frame, work) == []
    assert refusals(frame, {}) == []
    for id in work:  # one region solved, the others not yet, and the other way round
        assert refusals(frame, {id: work[id]}) == []
        assert refusals(frame, {other: work[other] for other in work if other != id}) == []


STYLES = [(id, name) for id, texts in variants.REGIONS.items() for name in texts]


@pytest.mark.parametrize(("id", "name"), STYLES)
def test_other_styles_are_accepted(id, name):
    frame, _ = problem(id.partition(".")[0])
    assert refusals(frame, {id: variants.REGIONS[id][name]}) == []


@pytest.mark.parametrize("name", variants.FUNCTIONS)
def test_kernels_of_tutorials_are_accepted(name):
    assert said(variants.FUNCTIONS[name].rstrip(), FUNCTIONS) == []


KINDS_OF_NODES = sorted(
    name
    for name, kind in vars(ast).items()
    if isinstance(kind, type) and issubclass(kind, ast.AST) and name not in nodes.NEVER
)


@pytest.mark.parametrize("name", [n for n in KINDS_OF_NODES if not n.startswith("_")])
def test_every_node_of_the_grammar_is_allowed_on_purpose_or_refused(name):
    """A kind of node that a later Python brings fails here until somebody has thought about it."""
    for table, kinds in (
        (nodes.ALLOWED, (KERNEL, TORCH)),
        (nodes.KERNEL_ONLY, (KERNEL,)),
        (nodes.TORCH_ONLY, (TORCH,)),
        (nodes.FUNCTIONS_ONLY, (FUNCTIONS,)),
        (nodes.REFUSED, ()),
    ):
        if name in table:
            text = table[name].replace("tl.debug_barrier", "print") if TORCH in kinds else None
            for kind in (KERNEL, TORCH, FUNCTIONS):
                spoken = said(text if kind == TORCH and text else table[name], kind)
                assert (spoken == []) == (kind in kinds), (kind, spoken)
            return
    pytest.fail(f"no example for {name}")


@pytest.mark.parametrize("kind", [KERNEL, TORCH])
def test_builtins_are_called_and_never_values(kind):
    allowed = WORDS[kind].builtins
    for name in dir(builtins):
        if name in ("None", "True", "False"):
            continue
        assert said(f"a = {name}", kind), name
        loops = {"range"} if kind == KERNEL else set()
        arguments = '"x", x' if name == "print" else "x"
        accepted = said(f"a = {name}({arguments})", kind) == []
        assert accepted == (name in allowed - loops), name
        taken = name in RESERVED or name.startswith("_")
        assert (said(f"{name} = x", kind) != []) == taken, name


@pytest.mark.parametrize("kind", [KERNEL, TORCH])
def test_attributes_of_modules_are_those_listed(kind):
    listed = WORDS[kind]
    modules = {KERNEL: {"tl": tl, "tl.math": tl.math}, TORCH: {"torch": torch, "math": math}}[kind]
    for path, module in modules.items():
        for name in dir(module):
            full = f"{path}.{name}"
            called = said(f"a = {full}(x)", kind) == []
            assert called == (full in listed.calls - listed.loops), full
            assert (said(f"a = {full}", kind) == []) == (full in listed.values), full


INNOCENT = {"tl.constexpr", "tl.range", "tl.static_range", "torch.finfo", "torch.iinfo"}


@pytest.mark.parametrize("kind", [KERNEL, TORCH])
def test_what_is_listed_is_no_module_and_no_class(kind):
    """`calls` are functions, `values` types of numbers and plain numbers."""
    roots = {"tl": tl, "torch": torch, "math": math, "triton": sys.modules["triton"]}
    for path in sorted(WORDS[kind].calls | WORDS[kind].values):
        root, *rest = path.split(".")
        thing = roots[root]
        for name in rest:
            thing = getattr(thing, name, None)
        if path in INNOCENT:
            continue
        assert not isinstance(thing, (types.ModuleType, type)), path
        if path in WORDS[kind].values:
            kinds = (tl.dtype, torch.dtype, float, type(tl.PropagateNan.ALL))
            assert isinstance(thing, kinds), path


# A fact, a number of Python, and functions that take functions
LEFT_OUT = {"T", "item", "reduce", "associative_scan"}
# As methods they fail in Triton's interpreter.
AS_FUNCTIONS = words("ceil cos erf exp exp2 floor log log2 rsqrt sin sqrt sqrt_rn")


def test_methods_of_tiles_are_those_of_the_installed_triton():
    """What a newer Triton adds to tl.tensor fails here until somebody has thought about it."""
    methods = {name for name in dir(tl.tensor) if not name.startswith("_")}
    assert methods - TL_METHODS == LEFT_OUT | AS_FUNCTIONS
    assert TL_METHODS - methods <= {"advance"}


def test_methods_of_tensors_are_methods_of_torch():
    assert {name for name in TORCH_METHODS if not hasattr(torch.Tensor, name)} == set()
    for name in WORDS[TORCH].attributes:
        assert not inspect.isclass(getattr(torch.Tensor, name, None)), name
        assert not name.startswith("_"), name
    for name in dir(torch.Tensor):
        assert (said(f"a = x.{name}(y)", TORCH) == []) == (name in WORDS[TORCH].methods), name
        assert (said(f"a = x.{name}", TORCH) == []) == (name in WORDS[TORCH].facts), name


@pytest.mark.parametrize("cheat", REGION_CHEATS, ids=lambda c: f"{c.problem} {c.name}")
def test_cheats_are_refused_or_harmless(cheat):
    frame, _ = problem(cheat.problem)
    assert bool(refusals(frame, cheat.work)) == cheat.refused


def test_cheats_have_names_of_their_own():
    assert len(REGION_CHEATS) >= 60
    assert len({(cheat.problem, cheat.name) for cheat in REGION_CHEATS}) == len(REGION_CHEATS)


TAUGHT = {
    "a = torch.where(x, y, 0)": "Write `tl.where`.",
    "a = x @ y": "Write `tl.dot(a, b)`.",
    "a = -np.inf": 'Write `float("inf")`, or `float("-inf")`.',
    "a = math.exp(x)": "Write `tl.exp`.",
    "a = torch.softmax(x, -1)": "It is ready-made: write its steps yourself.",
    "breakpoint()": "Take it out: nothing can stop here when your work is graded.",
    "import math": "Take it out: the given code imports all that you need.",
    "print(x)": 'Write `tl.device_print("x", x)`, or take it out.',
    "a = x_ptr[y]": "Write `tl.load(x_ptr + y)`.",
    "x[0] = 1": "Write `tl.store(pointers, values, mask)`, or `tl.where` to change a tile.",
    "a = x.float()": "Write `.to(tl.float32)`.",
    "a = x.masked_fill(y, 0)": "Write `tl.where(mask, new, old)`.",
    "a = tl.were(x, y, 0)": "Did you mean `tl.where`?",
    "a = x.dtpe": "Did you mean `.dtype`?",
    "offset = 1\na = offst": "Did you mean `offset`?",
    "a = helper(x)": "Did you mean `_helper`?",
    "a = 0 <= x < y": "Write `(a <= b) & (b < c)`.",
    "a = (x[:, None] < y) and (y[None, :] < x)": "Between masks write `(…) & (…)`.",
    "a = b = x": "Write one assignment per line.",
    "def f(x):\n    return x": "Write its lines where you call it.",
    "a = x.exp2()": "Write `tl.exp2(…)`.",
    "a = x.sum": "Call it: `.sum(…)`.",
    "a = x.shape(0)": "Write `.shape`, without brackets.",
    "a = max": "It can only be called: `max(…)`.",
    "for i in x:\n    pass": "Run over `range(…)` or `tl.static_range(…)`.",
}


@pytest.mark.parametrize("text", TAUGHT)
def test_refusals_teach(text):
    found = refusals(one_region(KERNEL, ["x", "y", "x_ptr"]), {"x1.1": text})
    assert [refusal.instead for refusal in found] == [TAUGHT[text]]
    assert found[0].sentence.startswith(f"Line {1 + text.startswith('offset')} of x1.1: `")


def test_refusals_read_like_this():
    assert said("a = x\na = torch.where(x, y, 0)") == [
        "Line 2 of x1.1: `torch.where` is not available inside a kernel. Write `tl.where`."
    ]
    assert said("a = (x") == [
        "Line 1 of x1.1: `a = (x` is not valid Python. Python says: '(' was never closed."
    ]
    assert said("a = x.item()\nb = x.cuda()", TORCH) == [
        "Line 2 of x1.1: `.cuda` is not available in a PyTorch region. "
        "Take it out, or write `.to(x.device)`."
    ]


def test_names_of_earlier_regions_are_known_in_later_ones():
    frame, work = problem("p6")
    later = {**work, "p6.2": "seen = whole_from\n" + work["p6.2"]}
    assert refusals(frame, later) == []
    [refusal] = refusals(frame, {**later, "p6.1": work["p6.1"].replace("whole_from", "w")})
    assert (refusal.region, refusal.what) == ("p6.2", "whole_from")


def test_what_the_given_code_reads_from_outside_its_function_is_not_set():
    """Is a tile size of the given code refused by its line, and a constant that it does not read
    in that function, or one of its own values, not?
    """
    frame, work = problem("p1")
    changed = work | {"p1.1": "x = 1\nTILE_K = 64\n" + work["p1.1"]}
    (refusal,) = refusals(frame, changed)
    assert refusal.sentence == (
        "Line 2 of p1.1: `TILE_K = …` would hide a value that the given code reads. Take another "
        "name."
    )
    assert refusals(frame, work | {"p1.1": "scale = 1\n" + work["p1.1"]}) == []
    assert "TILE" in problem("p2")[0].regions["p2.1"].names
    assert said("TILE = 3") == []


def test_a_stub_is_no_cover_for_other_code():
    frame, work = problem("p1")
    stub = frame.regions["p1.1"].stub
    assert refusals(frame, {"p1.1": f"{stub}\n{work['p1.1']}"}) == []
    assert refusals(frame, {"p1.1": f"{stub}\nimport os"}) != []
    assert refusals(frame, {"p1.1": "exec('') # p1.1: not implemented yet"}) != []


FUNCTION_TRICKS = [
    "def f(x):\n    pass",
    "@triton.jit()\ndef f(x):\n    pass",
    "@triton.autotune([], [])\n@triton.jit\ndef f(x):\n    pass",
    "@triton.jit\ndef f(*x):\n    pass",
    "@triton.jit\ndef f(x: print('run')):\n    pass",
    "@triton.jit\ndef f(x) -> print('run'):\n    pass",
    "@triton.jit\ndef f(x=print('run')):\n    pass",
    "@triton.jit\ndef launch(x):\n    pass",
    "@triton.jit\ndef WIDTH(x):\n    pass",
    "@triton.jit\ndef triton(x):\n    pass",
    "@triton.jit\ndef __getattr__(x):\n    pass",
    "@triton.jit\ndef f(tl):\n    pass",
    "@triton.jit\ndef f(x):\n    a = 1\n@triton.jit\ndef g(x):\n    return a",
    "@triton.jit\ndef f(x):\n    @triton.jit\n    def g(x):\n        pass",
    "WIDTH = 8",
    "import os",
]


@pytest.mark.parametrize("text", FUNCTION_TRICKS)
def test_whole_functions_keep_to_their_form(text):
    assert said(text, FUNCTIONS)


@pytest.mark.parametrize("text", ["", "\n\n", "# Step 1: mask.\n"])
def test_nothing_written_is_nothing_refused(text):
    """Is a region without code left to whoever says that it is not implemented?"""
    assert said(text) == []


@pytest.mark.parametrize("kind", [KERNEL, TORCH])
def test_a_number_that_nobody_can_hold_is_not_written(kind):
    """As a power or a shift, at once or in place, by a number or by a product of numbers."""
    for text in ("x = 10 ** 100", "x **= 100", "x <<= 1000", "x = 2 ** (8 * 9)", "x = 2 ** 2 ** 9"):
        assert any("too large" in str(one) for one in said(text, kind)), text
    for text in ("x = y ** 2", "x **= 0.5", "x = 1 << 20", "x = y * 1000 * 1000"):
        assert said(text, kind) == [], text
