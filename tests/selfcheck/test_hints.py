"""Hints come in stages, are counted, and are words that a student reads at once."""

from __future__ import annotations

import re

import pytest

from autograder.selfcheck.diagnosis import Cause, Diagnosis
from autograder.selfcheck.hints import Hints
from autograder.selfcheck.problem import find_problem
from autograder.selfcheck.translations import MEANINGS

MOST_WORDS, HIGHEST_GRADE = 120, 9.0
CAUSE = Cause("a-kind", "p3.1", 3, 9, "It is not rescaled.", ("Why?", "Line 9.", "The aim."))
REASONS = {
    f"{problem} {kind}": f"{reason.sentence} {reason.question} The aim: {reason.goal}"
    for problem in (f"p{n}" for n in range(1, 10))
    for kind, reason in find_problem(f"flash_attention/{problem}").witnesses.reasons.items()
}
ERRORS = {one.kind: one.sentence for one in MEANINGS}


def grade(text: str) -> float:
    """The Flesch-Kincaid grade; what stands between backticks counts as a word of one syllable."""
    plain = re.sub(r"`[^`]*`", "x", text)
    words = re.findall(r"[A-Za-z_]+|\d+", plain)
    sentences = max(1, len(re.findall(r"[.?!:;]+(?:\s|$)", plain)))
    syllables = sum(_syllables(word.lower()) for word in words)
    return 0.39 * len(words) / sentences + 11.8 * syllables / len(words) - 15.59


def _syllables(word: str) -> int:
    silent = (word.endswith("e") and not word.endswith("le")) or word.endswith("ed")
    return max(1, len(re.findall(r"[aeiouy]+", word)) - bool(silent))


def test_the_grade_tells_easy_from_hard():
    """Does the measure order two texts as a reader would?"""
    hard = "Renormalisation necessitates multiplicative compensation of previously accumulated sums"
    assert grade("The cat sat on the mat. It was warm.") < 2 < 15 < grade(hard)


@pytest.mark.parametrize("name", [*REASONS, *ERRORS])
def test_hints_are_short_and_plain(name: str):
    """Has everything that may be said of a cause 120 words at most, of grade 9 or less?"""
    text = (REASONS | ERRORS)[name]
    assert len(text.split()) <= MOST_WORDS
    assert grade(text) <= HIGHEST_GRADE, f"grade {grade(text):.1f}: {text}"


def test_each_hint_says_more_and_is_counted():
    """Does `hint()` go from stage to stage, and does the report count what was asked for?"""
    hints = Hints()
    assert "There is no hint" in hints.next()[0]
    assert hints.found(Diagnosis((CAUSE,))) == [
        "p3.1, step 3 (line 9): It is not rescaled.",
        "Why?",
        "Hint 1 of 3; `hint()` shows the next.",
    ]
    assert hints.next()[0] == "p3.1, step 3 (line 9): Line 9."
    assert hints.next()[-1] == "Hint 3 of 3. Asked for so far: 2."
    assert "all the hints" in hints.next()[0] and hints.asked == 2
    assert hints.found(Diagnosis((CAUSE,)))[-2:] == [
        "The aim.",
        "Hint 3 of 3. Asked for so far: 2.",
    ]


def test_another_finding_begins_again():
    """Does another cause start with its first hint, and is what was asked for still told?"""
    hints = Hints(Diagnosis((CAUSE,)), stage=3, asked=2)
    other = Cause("another", "p3.1", 5, 12, "It is not added.", ("Where?", "Line 12.", "The aim."))
    told = hints.found(Diagnosis((other,)))
    assert told[1:] == [
        "Where?",
        "Hint 1 of 3; `hint()` shows the next. Asked for so far: 2.",
    ]
