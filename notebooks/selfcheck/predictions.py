"""Predictions: locked in before a run, and back after it."""

from __future__ import annotations

from typing import Any

locked: dict[str, float] = {}  # by the question's name


def predict(question: str, guess: Any = ...) -> None:
    """Lock your guess in, a number. It comes back where the notebook finds out."""
    if guess is ...:
        print(f"{question}: no guess yet. Put a number in the place of the three dots.")
    elif not isinstance(guess, (int, float)):
        print(f"{question}: a guess is a number.")
    elif locked.setdefault(question, guess) != guess:
        print(f"{question}: {locked[question]:,} is locked in. It comes back further down.")
    else:
        print(f"{question}: {guess:,} is locked in.")


def outcome(question: str, actual: float, unit: str = "") -> None:
    """Say what it is, and what you said it would be."""
    found = f"{actual:,.4g}" if isinstance(actual, float) else f"{actual:,}"
    found = f"{question}: {found} {unit}".rstrip()
    if question not in locked:
        print(f"{found}.")
        return
    guess = locked[question]
    print(f"{found}. You said {guess:,}: {_compared(guess, actual)}.")


def _compared(guess: float, actual: float) -> str:
    if abs(guess - actual) <= 0.1 * abs(actual):
        return "right" if guess == actual else "as good as right"
    if guess <= 0 or actual <= 0:
        return f"off by {abs(guess - actual):,.3g}"
    factor = max(guess / actual, actual / guess)
    size = f"{factor:,.0f}" if factor >= 10 else f"{factor:.1f}"
    return f"{size} times too {'much' if guess > actual else 'little'}"
