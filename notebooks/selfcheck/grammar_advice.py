"""What to write instead of what a region may not say: one short sentence for each."""

from __future__ import annotations

import builtins
import difflib
from collections.abc import Iterable

from .grammar_words import WORDS, words
from .regions import TORCH

BY_HAND = "It is ready-made: write its steps yourself."
REMOVE = "Take it out; your work does not need it."
_KERNEL_PATHS = {
    "torch.softmax": BY_HAND,
    "torch.matmul": "Write `tl.dot(a, b)`.",
    "torch.mm": "Write `tl.dot(a, b)`.",
    "torch.bmm": "Write `tl.dot(a, b)`.",
    "torch.einsum": "Write `tl.dot(a, b)`.",
    "torch.amax": "Write `tl.max(x, axis=1)`.",
    "torch.amin": "Write `tl.min(x, axis=1)`.",
    "torch.transpose": "Write `tl.trans(x)`.",
    "torch.masked_fill": "Write `tl.where(mask, new, old)`.",
    "torch.tensor": "Write the number itself, or `tl.full(shape, number, dtype)`.",
    "torch.full_like": "Write `tl.full(shape, number, dtype)`.",
    "torch.finfo": 'Write `float("-inf")`.',
    "torch.bool": "Write `tl.int1`.",
    "torch.long": "Write `tl.int64`.",
    "math.inf": 'Write `float("inf")`, or `float("-inf")`.',
    "math.pi": "Write the number: `3.141592653589793`.",
    "math.e": "Write the number: `2.718281828459045`.",
    "tl.inf": 'Write `float("inf")`, or `float("-inf")`.',
    "tl.static_print": 'Write `tl.device_print("x", x)`, or take it out.',
    "tl.inline_asm_elementwise": "Only Triton's own operations are allowed.",
    "tl.extra": "Only what `tl` and `tl.math` offer is allowed.",
    "tl.math.log2e": "Write the number: `1.4426950408889634`.",
    "tl.libdevice": "Only what `tl` and `tl.math` offer is allowed.",
    "tl.math.tanh": "Write `2 * tl.sigmoid(2 * x) - 1`.",
    "tl.tanh": "Write `2 * tl.sigmoid(2 * x) - 1`.",
    "tl.pow": "Write `tl.exp2(y * tl.log2(x))`, or multiply.",
    "tl.math.pow": "Write `tl.exp2(y * tl.log2(x))`, or multiply.",
    "tl.math.max": "Write `tl.maximum(a, b)`, or `tl.max(x, axis=1)`.",
    "tl.mean": "Write `tl.sum(x, axis=1)` over the number of elements.",
    "tl.bool": "Write `tl.int1`.",
    "tl.transpose": "Write `tl.trans(x)`.",
    "tl.matmul": "Write `tl.dot(a, b)`.",
    "tl.masked_fill": "Write `tl.where(mask, new, old)`.",
    "tl.empty": "Write `tl.zeros(shape, dtype)`.",
    "tl.logsumexp": BY_HAND,
}
_KERNEL_ATTRIBUTES = {
    "masked_fill": "Write `tl.where(mask, new, old)`.",
    "float": "Write `.to(tl.float32)`.",
    "half": "Write `.to(tl.float16)`.",
    "bfloat16": "Write `.to(tl.bfloat16)`.",
    "int": "Write `.to(tl.int32)`.",
    "long": "Write `.to(tl.int64)`.",
    "type_as": "Write `.to(x.dtype)`.",
    "transpose": "Write `tl.trans(x)`.",
    "t": "Write `tl.trans(x)`.",
    "mT": "Write `tl.trans(x)`.",
    "matmul": "Write `tl.dot(a, b)`.",
    "dot": "Write `tl.dot(a, b)`.",
    "amax": "Write `tl.max(x, axis=1)`.",
    "maximum": "Write `tl.maximum(a, b)`.",
    "minimum": "Write `tl.minimum(a, b)`.",
    "unsqueeze": "Write `x[:, None]`, or `x[None, :]`.",
    "size": "Write `.shape[0]`.",
    "item": "A value in a kernel is used as it is: leave `.item()` out.",
    "value": "A `tl.constexpr` is used as it is: leave `.value` out.",
    "mean": "Write `tl.sum(x, axis=1)` over the number of elements.",
    "contiguous": "A tile has no memory of its own: leave it out.",
    "clone": "A tile is never changed in place: leave it out.",
}
_TORCH_PATHS = {
    "torch.empty": "Write `torch.zeros(...)`.",
    "torch.empty_like": "Write `torch.zeros_like(x)`.",
    "torch.no_grad": "Leave it out: no gradients are recorded here.",
    "torch.float8_e4m3fn": "Write `torch.float32`, or `x.dtype`.",
    "torch.device": "Write `device=Q.device`, after a tensor that is there.",
    "torch.cuda": "Take it out: a tensor's own device, `x.device`, is the right one.",
    "math.fsum": "Write `x.sum(...)`.",
    "tl.dot": "Write `a @ b`.",
    "tl.trans": "Write `x.transpose(-2, -1)`.",
}
_TORCH_ATTRIBUTES = {
    "cuda": "Take it out, or write `.to(x.device)`.",
    "cpu": "Take it out, or write `.to(x.device)`.",
    "numpy": "Stay with torch: it has the same operations.",
    "tolist": "Stay with tensors: `torch` can do it for all elements at once.",
    "data": "Leave `.data` out.",
    "backward": "Leave it out: no gradients are recorded here.",
    "new_empty": "Write `.new_zeros(...)`.",
    "append": "Write `torch.cat`, or assign to a slice.",
    "type": "Write `.to(torch.float32)`.",
}
# Names that look like a module's, there or not.
MODULES = words("""
    tl triton torch math np numpy F nn libdevice jax scipy os sys random time functools operator
    builtins inspect gc ctypes subprocess plt pd itertools cuda""")
READY = words("""
    softmax log_softmax logsumexp scaled_dot_product_attention softmin Softmax logcumsumexp
    multi_head_attention_forward flex_attention flash_attn_func""")
_NAMES = {
    "breakpoint": "Take it out: nothing can stop here when your work is graded.",
    "input": "Take it out: nobody answers when your work is graded.",
    "self": "Use the names that the code around the region defines.",
    "sum": "Write `tl.sum(x, axis=1)`.",
    "pow": "Write `x * x`, or `x ** 2`.",
    "round": "Write `tl.floor(x + 0.5)`.",
}
# Kinds of Python's own grammar: what to call them, and what to do.
NODES = {
    "Import": "Take it out: the given code imports all that you need.",
    "ImportFrom": "Take it out: the given code imports all that you need.",
    "FunctionDef": "Write its lines where you call it.",
    "AsyncFunctionDef": "Write its lines where you call it.",
    "ClassDef": "Write its lines where you need them.",
    "Lambda": "Write the expression where you need it.",
    "Yield": "Take it out: a region has no caller to wait for.",
    "Await": "Take it out: nothing here is asynchronous.",
    "ListComp": "Write a `for` loop, or work on the whole tensor at once.",
    "SetComp": "Write a `for` loop, or work on the whole tensor at once.",
    "DictComp": "Write a `for` loop, or work on the whole tensor at once.",
    "GeneratorExp": "Write a `for` loop, or work on the whole tensor at once.",
    "MatMult": "Write `tl.dot(a, b)`.",
    "Return": "Where a function ends is up to the given code; a mask leaves rows out.",
    "Raise": "Take it out, or let the code do what it should.",
    "Assert": "Write `tl.static_assert(condition)`, or take it out.",
    "Break": "A kernel's loop can't end early: set its bounds, or use an `if`.",
    "Continue": "A kernel's loop can't skip: put the rest under an `if`.",
    "Try": "Take it out: an error should be seen.",
    "TryStar": "Take it out: an error should be seen.",
    "With": "Write its lines without it.",
    "AsyncWith": "Write its lines without it.",
    "NamedExpr": "Assign on a line of its own.",
    "JoinedStr": "Write a plain text, without the f and the braces.",
    "TemplateStr": "Write a plain text, without the t and the braces.",
    "Starred": "Write the values one by one.",
    "Global": "Leave it out: assign to a name of the region.",
    "Nonlocal": "Leave it out: assign to a name of the region.",
    "Delete": "Leave it out: a name may stay.",
    "Match": "Write `if` and `elif`.",
    "In": "Compare with `==`.",
    "NotIn": "Compare with `!=`.",
    "Dict": "Give each value a name of its own.",
    "Set": "Give each value a name of its own.",
    "AnnAssign": "Leave the annotation out: write `name = value`.",
}


def _near(name: str, known: Iterable[str]) -> str:
    """The known name that a name seems to be a slip of, "" if there is none."""
    near = difflib.get_close_matches(name, sorted(set(known)), 1, 0.8)
    return near[0] if near and len(name) > 2 else ""


def advice_on_path(kind: str, path: str) -> str:
    """For a dotted name such as torch.where, numpy.inf or tl.extra.cuda.libdevice.exp."""
    root, _, rest = path.partition(".")
    last = path.rpartition(".")[2]
    if last in READY:
        return BY_HAND
    table = _TORCH_PATHS if kind == TORCH else _KERNEL_PATHS
    alias = {"np": "math", "numpy": "math", "F": "torch"}.get(root, root)
    for name in (path, f"{alias}.{rest}", f"torch.{rest}", ".".join(path.split(".")[:2])):
        if name in table:
            return table[name]
    words = WORDS[kind]
    modules = ("torch", "math") if kind == TORCH else ("tl",)
    for name in (f"{module}.{last}" for module in modules):
        if name in words.calls | words.values and name != path:
            return f"Write `{name}`."
    near = _near(last, [word.rpartition(".")[2] for word in words.calls | words.values])
    if near and root in words.modules:
        found = [word for word in words.calls | words.values if word.endswith(f".{near}")]
        return f"Did you mean `{min(found, key=len)}`?"
    here = "`torch` and `math`" if kind == TORCH else "`tl`"
    return f"Only operations of {here} on tensors and numbers are allowed."


def advice_on_attribute(kind: str, name: str) -> str:
    """For a method or attribute of a value."""
    if name in READY:
        return BY_HAND
    table = _TORCH_ATTRIBUTES if kind == TORCH else _KERNEL_ATTRIBUTES
    if name in table:
        return table[name]
    words = WORDS[kind]
    if kind != TORCH and f"tl.{name}" in words.calls:
        return f"Write `tl.{name}(…)`."
    near = _near(name, words.attributes)
    return f"Did you mean `.{near}`?" if near else "Only a tensor's own operations are allowed."


def advice_on_name(kind: str, name: str, known: frozenset[str]) -> str:
    """For a name that nothing in the region or around it defines."""
    if name in _NAMES and not (kind == TORCH and name in WORDS[TORCH].builtins):
        return _NAMES[name]
    if f"tl.{name}" in WORDS[kind].calls:
        return f"Write `tl.{name}`."
    if f"torch.{name}" in WORDS[kind].calls:
        return f"Write `torch.{name}`."
    near = _near(name, known)
    if near:
        return f"Did you mean `{near}`?"
    if hasattr(builtins, name):
        return REMOVE
    return "Only what stands between the markers is graded: write what it stands for here."
