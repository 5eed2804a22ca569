"""A cell's source as editors, merges and students leave it: text in, text out."""

from __future__ import annotations

import re
from collections.abc import Callable

from .notebooks import frame

HEAD = "STUDENT IMPLEMENTATION"


def swap(old: str, new: str) -> Callable[[str], str]:
    """The text with every `old` made `new`."""
    return lambda text: text.replace(old, new)


def bare(old: str, new: str) -> Callable[[str], str]:
    """The same, and without markers."""
    return lambda text: without(HEAD)(text).replace(old, new)


def without(*marks: str) -> Callable[[str], str]:
    """The source without the lines that hold one of these texts."""
    return lambda source: "\n".join(
        line for line in source.split("\n") if not any(mark in line for mark in marks)
    )


def in_tabs(source: str) -> str:
    return re.sub(r"^( {4})+", lambda m: "\t" * (len(m[0]) // 4), source, flags=re.M)


def second_only(source: str) -> str:
    """p4's cell with the first region as it is handed out."""
    head, rest = source.split("HERE (p4.1) ---\n", 1)
    _, tail = rest.split("        # --- STUDENT IMPLEMENTATION ENDS HERE (p4.1)", 1)
    stub = frame("p4").regions["p4.1"].stub.replace("\n", "\n        ")
    mark = "        # --- STUDENT IMPLEMENTATION ENDS HERE (p4.1)"
    return f"{head}HERE (p4.1) ---\n        {stub}\n{mark}{tail}"


def conflict_in_source(line: str, other: str) -> Callable[[str], str]:
    return lambda source: source.replace(
        line, f"<<<<<<< HEAD\n{line}=======\n{other}>>>>>>> theirs\n", 1
    )


def commented_copy(source: str) -> str:
    return re.sub(r"^", "# ", source, flags=re.M)


def wrapped(source: str) -> str:
    """Given code with other line breaks, as a formatter leaves it, and no marker."""
    source = re.sub(r"^    (stride_\w+, )(.*)$", r"    \1\n    \2", source, flags=re.M)
    return without("STUDENT IMPL")(source)


def spaced_out(source: str) -> str:
    return without("STUDENT IMPL")(source).replace("\n", "\n\n")


def twice_started(source: str) -> str:
    start = next(line for line in source.split("\n") if "STARTS HERE" in line)
    return source.replace(start, f"{start}\n{start}", 1)


def curly(source: str) -> str:
    return source.replace('float("-inf")', "float(“-inf”)")


def middle(text: str) -> Callable[[str], int]:
    return lambda source: source.index(text) + len(text) // 2


def kernel_alone(source: str) -> str:
    return without(HEAD)(source.split("\n\n\n")[0])


def uncommented(source: str) -> str:
    """The cell without a comment of its own line: no markers, no steps."""
    return "\n".join(line for line in source.split("\n") if not line.lstrip().startswith("#"))
