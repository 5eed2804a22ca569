"""The student's regions: how they are marked, and read out of a cell.

A student's *work* is `{region id: text}`; program.py puts it into the given code.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

MARK = "STUDENT IMPLEMENTATION"  # in every marker
START = f"# --- {MARK} STARTS HERE ({{id}}) ---"
END = f"# --- {MARK} ENDS HERE ({{id}}) ---"
SELFCHECK = "# --- SELFCHECK ---"  # the first line of the cell that defines this package
# As students' files have it: any indentation, spaces and dashes may have been lost or doubled.
MARKER = re.compile(
    r"^(?P<indent>[ \t]*)#[ \t\-–—]{0,12}STUDENT[ _]IMPLEMENTATION[ ](?P<verb>STARTS|ENDS)[ ]HERE"
    r"[ ]?\((?P<id>[a-z][a-z0-9_]{0,30}\.[1-9]\d{0,2})\)[^\n]*$",
    re.MULTILINE,
)
# Comments, and strings with what is in them; one that nothing ends reaches to the end of the text.
_QUOTED = re.compile(
    r"""\#[^\n]*
    |(?P<three>\"{3}|'{3})(?P<inside>(?:[^\\"']++|\\.?|(?!(?P=three))["'])*+)(?P<end>(?P=three)|\Z)
    |"(?:[^"\\\n]|\\.)*+"?|'(?:[^'\\\n]|\\.)*+'?""",
    re.DOTALL | re.VERBOSE,
)
_NEVER = re.compile(
    r"^if[ \t]*\(?(?:False|0|None)\)?[ \t]*:[^\n]*(?:\n(?:[ \t]+[^\n]*|#[^\n]*|(?=\n|\Z)))*+",
    re.MULTILINE,
)
_NOT_YET = "not implemented yet"
STUB = re.compile(rf"\b([a-z][a-z0-9_]*\.[1-9]\d*): {_NOT_YET}")
KERNEL, TORCH, FUNCTIONS = "kernel", "torch", "functions"
# Inside a kernel `raise` does not compile and `assert False` passes silently; static_assert says
# its text both compiled and interpreted.
STUBS = {
    KERNEL: f'tl.static_assert(False, "{{id}}: {_NOT_YET}")',
    TORCH: f'raise NotImplementedError("{{id}}: {_NOT_YET}")',
    FUNCTIONS: f'raise NotImplementedError("{{id}}: {_NOT_YET}")',
}

Work = Mapping[str, str]


def is_stub(text: str) -> bool:
    """Whether a region still holds the line that says it is not implemented."""
    return any(STUB.search(line) for line in text.split("\n") if not line.lstrip().startswith("#"))


def is_unfilled(text: str) -> bool:
    """Whether a region holds nothing of the student's: its stub, or no code at all."""
    lines = (line.strip() for line in text.split("\n"))
    return is_stub(text) or all(not line or line.startswith("#") for line in lines)


def unfilled(work: Work) -> list[str]:
    """The regions of the work that hold nothing of the student's."""
    return [region for region, text in work.items() if is_unfilled(text)]


def not_implemented(*regions: str) -> str:
    """What is said of unfilled regions."""
    return f"{_NOT_YET}: region {', '.join(regions)}"


def canonical(text: str) -> str:
    """A region's text with plain line ends, without its indentation and without trailing blanks.

    The first line of code sets the indentation that is taken off every line. Leading blank lines
    stay, so that line 3 here is line 3 below the marker.
    """
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    first = next((line for line in lines if line and not line.lstrip().startswith("#")), "")
    first = first or next((line for line in lines if line), "")
    margin = first[: len(first) - len(first.lstrip())]
    return "\n".join(_without_margin(line, margin) for line in lines)


def _without_margin(line: str, margin: str) -> str:
    return line[len(margin) :] if line.startswith(margin) else line.lstrip()


def work_hash(work: Work) -> str:
    """What identifies a student's work: equal texts, equal hash."""
    digest = hashlib.sha256()
    for region in sorted(work):
        for part in (region, work[region]):
            digest.update(part.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()


def receipt(work: Work) -> str:
    """What a student sees of the hash, when handing in and on the feedback page: 16 digits."""
    digits = work_hash(work)[:16]
    return "-".join(digits[i : i + 4] for i in range(0, 16, 4))


@dataclass(frozen=True)
class Markers:
    """What the markers of one source say.

    `regions` holds the texts between proper pairs, canonical; `starts` and `ends` the line indices
    (from 0) of every marker that was seen, also of those without a partner.
    """

    regions: dict[str, str] = field(default_factory=dict)
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)
    starts: dict[str, int] = field(default_factory=dict)
    ends: dict[str, int] = field(default_factory=dict)


def read_markers(source: str) -> Markers:
    """The regions of a source by their markers; of several pairs with one id the last counts."""
    found = Markers()
    lines = source.split("\n")
    opened = ""
    starts: list[int] = []  # of the region that is open
    for index, line in enumerate(lines):
        match = MARKER.match(line) if "HERE" in line else None
        if match is None:
            continue
        region = match["id"]
        if match["verb"] == "STARTS":
            found.starts[region] = index
            starts = starts if region == opened else []
            starts.append(index)
            opened = region
            continue
        found.ends[region] = index
        if region == opened:
            cuts = zip(starts, [*starts[1:], index], strict=True)
            parts = ["\n".join(lines[start + 1 : end]) for start, end in cuts]
            found.spans[region] = (starts[0], index)
            found.regions[region] = canonical(restarted(parts))
        opened = ""
    return found


def restarted(parts: Sequence[str]) -> str:
    """The text of a region, from the parts into which further START markers in it divide it.

    A part is an older copy where most of it is said again behind it, and a copy that lost its END
    where a function begins in it. What else holds code is one text with the last part.
    """
    kept = [parts[-1]]
    seen = set(_code(parts[-1]))
    for part in reversed(parts[:-1]):
        lines = _code(part)
        again = sum(line in seen for line in lines)
        if 2 * again < len(lines) and not any(line.startswith("def ") for line in lines):
            kept.append(part)
            seen.update(lines)
    return "\n".join(reversed(kept))


def _code(text: str) -> list[str]:
    """The lines that are neither comments nor the stub, without their indentation."""
    lines = (line.strip() for line in text.split("\n"))
    return [line for line in lines if line and line[0] != "#" and not STUB.search(line)]


def as_run(source: str) -> tuple[str, list[str]]:
    """A source without the markers that are never run, those in strings over several lines and
    under `if False:`; and what was put aside there.
    """
    if MARK not in source:
        return source, []
    parts: list[str] = []
    aside: list[str] = []
    at = 0
    for start, end in sorted([*_strings(source), *(m.span() for m in _NEVER.finditer(source))]):
        text = source[start:end]
        if start >= at and any("HERE" in line and MARKER.match(line) for line in text.split("\n")):
            aside.append(text)
            parts += [source[at:start], "\n" * text.count("\n")]
            at = end
    return "".join([*parts, source[at:]]), aside


def _strings(source: str) -> list[tuple[int, int]]:
    """Where strings over several lines begin and end. Where one is never closed, nobody can tell
    what is a string, and nothing is.
    """
    if '"""' not in source and "'''" not in source:
        return []
    found = [one for one in _QUOTED.finditer(source) if one["three"]]
    return [one.span("inside") for one in found] if all(one["end"] for one in found) else []
