"""The online softmax, one tile of keys after another, in base 2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .paint import BLUE, INK, LINE, ORANGE, PALE, QUIET, TEAL, new_figure, plain_axes, word

SCORES, VALUES, TILE = (1.0, 3.0, 2.0, 5.0, 4.0, 0.0), (10.0, 20.0, 30.0, 40.0, 50.0, 60.0), 2


@dataclass(frozen=True)
class State:
    """What one query holds after some tiles; `weights` are those of the keys met, relative to m."""

    keys: int
    m: float
    alpha: float
    l: float  # noqa: E741 (the notebooks' own name)
    acc: float
    weights: tuple[float, ...]


def online(scores: Sequence[float], values: Sequence[float], tile: int) -> list[State]:
    """The six steps on each tile, for one query."""
    s, v = torch.tensor(scores, dtype=torch.float64), torch.tensor(values, dtype=torch.float64)
    m, total, acc = torch.tensor(-torch.inf), torch.tensor(0.0), torch.tensor(0.0)
    found = []
    for start in range(0, len(s), tile):
        part = slice(start, start + tile)
        m_new = torch.maximum(m, s[part].max())
        alpha = torch.exp2(m - m_new)
        p = torch.exp2(s[part] - m_new)
        total, acc, m = total * alpha + p.sum(), acc * alpha + p @ v[part], m_new
        keys = min(start + tile, len(s))
        weights = tuple(torch.exp2(s[:keys] - m).tolist())
        found.append(State(keys, float(m), float(alpha), float(total), float(acc), weights))
    return found


def short(number: float) -> str:
    """ "1.4375" as "1.438", "5.0" as "5"."""
    return f"{number:.4g}"


def draw_online() -> Figure:
    """Three tiles of two keys: the weights so far as bars, below them what is carried on."""
    states = online(SCORES, VALUES, TILE)
    figure = new_figure(4.1)
    axes = plain_axes(figure, (0, 0, 1, 1), x=(0, 7.2), y=(0, 4.1))
    word(
        axes,
        0.3,
        0.27,
        "One query, three tiles of two keys, scores in base 2",
        INK,
        11,
        weight="bold",
    )
    for number, state in enumerate(states):
        x = 1.45 + 1.95 * number
        tile = SCORES[state.keys - TILE : state.keys]
        word(axes, x, 0.62, f"tile {number}: scores {short(tile[0])}, {short(tile[1])}", INK, 10)
        _bars(axes, x, 2.0, state)
        for row, text in enumerate(
            (short(state.m), short(state.alpha), short(state.l), short(state.acc))
        ):
            colour = ORANGE if row == 1 and state.alpha not in (0, 1) else INK
            word(axes, x, 2.55 + 0.27 * row, text, colour, 10.5, weight="bold")
    word(axes, 0.3, 1.55, "weights\n$2^{s-m}$", QUIET, 9.5)
    for row, name in enumerate(("m_i", "alpha", "l_i", "acc")):
        word(axes, 0.3, 2.55 + 0.27 * row, name, QUIET, 10.5)
    last = states[-1]
    values = ", ".join(short(v) for v in VALUES)
    word(
        axes,
        0.3,
        3.78,
        f"values {values};  acc / l_i = {short(last.acc)} / {short(last.l)}"
        f" = {short(last.acc / last.l)}, as from all six at once",
        TEAL,
        10,
    )
    return figure


def _bars(axes: Axes, x: float, y: float, state: State) -> None:
    """A bar for each key met; those of earlier tiles stand at their rescaled height."""
    for key, weight in enumerate(state.weights):
        new = key >= state.keys - TILE
        colour, left = (BLUE if new else PALE[ORANGE]), x + 0.26 * key
        edge = BLUE if new else ORANGE
        bar = axes.fill([left, left + 0.2, left + 0.2, left], [y, y, y - weight, y - weight])[0]
        bar.set(facecolor=colour, edgecolor=edge, linewidth=1)
        word(axes, left + 0.1, y + 0.13, f"{SCORES[key]:g}", QUIET, 8.5, ha="center")
    axes.plot([x - 0.05, x + 1.6], [y, y], color=LINE, linewidth=1)
    if 0 < state.alpha < 1:
        word(axes, x, y + 0.31, f"earlier ones × {short(state.alpha)}", ORANGE, 8.5)
    elif state.alpha == 1:
        word(axes, x, y + 0.31, "m stays: alpha is 1", QUIET, 8.5)
