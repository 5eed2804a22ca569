"""Regions that are more alike than the task makes them: to be looked at, never a verdict.

Comments, layout and names do not count, nor do the lines that were given. The course's solution is
compared too: two who both write what it says have only followed the steps.
"""

from __future__ import annotations

import io
import keyword
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from rapidfuzz import fuzz, process

LEAST = 90.0  # of 100: what counts as alike
AHEAD = 8.0  # and so much more than either is like the solution: one mistake alone is less
SHORTEST = 30  # tokens; shorter regions are alike by themselves
LISTED = 30
SKIPPED = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}


@dataclass(frozen=True)
class Pair:
    """Two students' regions: how alike they are, and how near the nearer one is to the solution,
    both of 100. `same` says that not even the names differ.
    """

    problem: str
    region: str
    students: tuple[str, str]
    alike: float
    near_solution: float
    same: bool
    texts: tuple[str, str]


def similar_pairs(
    problem: str,
    region: str,
    texts: Mapping[str, str],
    given: str,
    solution: str,
) -> list[Pair]:
    """The pairs among students' texts of one region (by student) that are worth a look; `given` is
    the region as it was handed out.
    """
    plain = {student: own_tokens(text, given) for student, text in texts.items()}
    plain = {s: tokens for s, tokens in plain.items() if len(tokens) >= SHORTEST}
    names, codes = list(plain), [shape(tokens) for tokens in plain.values()]
    if len(names) < 2:
        return []
    table = process.cdist(codes, codes, scorer=fuzz.ratio, score_cutoff=LEAST)
    target = shape(own_tokens(solution, given))
    near = [fuzz.ratio(code, target) for code in codes]
    found = []
    for i, j in combinations(range(len(names)), 2):
        alike, to_solution = float(table[i][j]), max(near[i], near[j])
        if alike >= LEAST and alike - to_solution >= AHEAD:
            a, b = names[i], names[j]
            same = plain[a] == plain[b]
            both = (texts[a], texts[b])
            found.append(Pair(problem, region, (a, b), alike, to_solution, same, both))
    return found


def own_tokens(text: str, given: str) -> list[str]:
    """The tokens of a region on lines that were not given."""
    known = {" ".join(tokens) for _, tokens in _lines(given)}
    kept = (tokens for _, tokens in _lines(text) if " ".join(tokens) not in known)
    return [token for tokens in kept for token in tokens]


def shape(tokens: list[str]) -> str:
    """The tokens with each name replaced by its number in order of appearance, where it is the
    student's to choose: not after a dot, and no keyword.
    """
    numbers: dict[str, str] = {}
    told, before = [], ""
    for token in tokens:
        own = token.isidentifier() and not keyword.iskeyword(token) and before != "."
        told.append(numbers.setdefault(token, f"n{len(numbers)}") if own else token)
        before = token
    return " ".join(told)


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """The tokens of each line of code, without comments."""
    lines: dict[int, list[str]] = {}
    try:
        for token in tokenize.generate_tokens(io.StringIO(text + "\n").readline):
            if token.type not in SKIPPED and token.string:
                lines.setdefault(token.start[0], []).append(token.string)
    except (tokenize.TokenError, SyntaxError):
        pass  # what was read up to there
    yield from sorted(lines.items())
