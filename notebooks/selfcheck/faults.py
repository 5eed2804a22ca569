"""An exception told in a line: what it says, and the line of the region that it comes from."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from .bounds import StrayAccess
from .calling import WrongReturn
from .places import PROGRAMS, Spot, line_in, spot
from .program import Program
from .regions import STUB, not_implemented

LONGEST = 300  # characters of a detail
NAMED = (KeyError, StopIteration)  # their messages alone say nothing
REWORDED = (  # from Triton's language into the reader's
    (r"'?constexpr\[([^\]]*)\]'?", r"\1"),
    (r"<\['(\d+)'\], (\w+)>", r"(\1) \2"),
    (r"<\['(\d+)', '(\d+)'\], (\w+)>", r"(\1, \2) \3"),
    (
        r"Cannot make_shape_compatible: incompatible dimensions at index (\d+): (\d+) and (\d+)",
        r"the shapes do not fit together: \2 and \3 elements along dimension \1",
    ),
    (r"unsupported AST node type: (\w+)", r"Triton cannot compile Python's `\1`"),
    (
        r"(?s).*`ptxas` (failed with error code -\d+|raised SIGSEGV).*",
        "ptxas, the GPU's assembler, crashed on this kernel: a fault of the compiler, not of the"
        " kernel. Written in another way it may well compile",
    ),
    (
        r"(?s)Command '\['(?:[^']*/)?(?:cc|gcc|clang)'.*",
        "Triton could not build what starts kernels: that takes a C compiler and Python's headers"
        " (on Debian and Ubuntu the packages gcc and python3-dev)",
    ),
    (r"(?s)\s*Repro command:.*", ""),  # a command with paths of the machine
)
NO_MEMORY = ("can't allocate memory", "out of memory", "Unable to allocate", "std::bad_alloc")


@dataclass(frozen=True)
class Fault:
    """How a call ended: a status of the report, a sentence or two, and the region and its line
    (from 1) where they are known; line 0 with a region: in the given code after it.
    """

    status: str
    detail: str
    region: str = ""
    line: int = 0


def fault(error: BaseException, program: Program | None) -> Fault:
    """What to say of an exception that a call raised, or that loading the program raised."""
    chain = list(causes(error))
    for one in chain:
        stub = STUB.search(words_of(one))
        if stub:
            return Fault("not implemented", not_implemented(stub[1]), stub[1])
    innermost = chain[-1]
    if isinstance(innermost, WrongReturn):
        return Fault("wrong answer", clean(words_of(innermost)))
    stray = next((one for one in chain if isinstance(one, StrayAccess)), None)
    where = stray.spot if stray else find_spot(chain, program)
    detail = clean(message(chain)) or type(innermost).__name__
    if where and not stray:
        detail = clean(f"{where.words.rstrip(',')}: {detail}")
    status = "error"
    if any(map(_is_memory, chain)):
        status = "out of memory"
    elif not stray and context_is_lost():
        status = "crashed"
    return Fault(status, detail, where.region if where else "", where.line if where else 0)


def words_of(error: BaseException) -> str:
    """Its message, or its type where the message cannot be shown: a number of 5000 digits."""
    try:
        return str(error)
    except Exception:
        return type(error).__name__


def causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and those it was raised from, the innermost last."""
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        # Triton wraps with `from`; an exception that merely came up while another was handled is
        # told itself.
        one = one.__cause__


def message(chain: list[BaseException]) -> str:
    """The innermost words of a chain of exceptions that are not empty."""
    for one in reversed(chain):
        text = getattr(one, "error_message", None) if hasattr(one, "node") else words_of(one)
        text = _unwrapped(text or "")
        if text:
            for pattern, words in REWORDED:
                text = re.sub(pattern, words, text)
            return f"{type(one).__name__}: {text}" if isinstance(one, NAMED) else text
    return type(chain[-1]).__name__


def _unwrapped(text: str) -> str:
    """The message inside `ValueError('…')`, which is how Triton quotes other exceptions."""
    text = text.strip()
    quoted = re.fullmatch(r"(\w+)\((['\"].*['\"]),?\)", text, re.DOTALL)
    if quoted:
        try:
            inner = ast.literal_eval(quoted[2])
        except (SyntaxError, ValueError):
            return text
        return inner.strip() if isinstance(inner, str) and inner.strip() else quoted[1]
    return text


def clean(text: str, limit: int = LONGEST) -> str:
    """One line of printable characters, without the advice that PyTorch adds for its authors."""
    text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)
    text = re.split(
        r"\n(?:CUDA kernel errors|For debugging|Compile with|Search for|at \d+:)", text
    )[0]
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def find_spot(chain: list[BaseException], program: Program | None) -> Spot | None:
    """Where in the program a chain of exceptions comes from; None where only a launch is known."""
    if program is None:
        return None
    compiled = [line for one in chain if (line := _compiled_line(one, program))]
    if compiled:
        return spot(program, compiled)
    if isinstance(chain[0], SyntaxError) and chain[0].lineno:
        return spot(program, [chain[0].lineno])
    lines = [line for one in chain for line in _lines(one, program)]
    text = program.source.split("\n")
    if lines and re.search(r"\]\s*\(", text[lines[-1] - 1]):  # kernel[grid](…
        return None
    return spot(program, lines)


def _compiled_line(error: BaseException, program: Program) -> int | None:
    """The program's line that one of Triton's compilation errors speaks of."""
    source, line = getattr(error, "src", None), getattr(getattr(error, "node", None), "lineno", 0)
    return line_in(program, source, line) if isinstance(source, str) and line else None


def _lines(error: BaseException, program: Program) -> Iterator[int]:
    """The lines of the program in an exception's traceback, outermost first."""
    trace = error.__traceback__
    while trace is not None:
        known = PROGRAMS.get(trace.tb_frame.f_code.co_filename)
        if known is not None and known.source == program.source:
            yield trace.tb_lineno
        trace = trace.tb_next


def _is_memory(error: BaseException) -> bool:
    if isinstance(error, (MemoryError, torch.cuda.OutOfMemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(words in words_of(error) for words in NO_MEMORY)


def context_is_lost() -> bool:
    """Whether the GPU does nothing more for this process, as after an illegal memory access."""
    if not (torch.cuda.is_available() and torch.cuda.is_initialized()):
        return False
    try:
        torch.cuda.synchronize()
        return False
    except BaseException:
        return True
