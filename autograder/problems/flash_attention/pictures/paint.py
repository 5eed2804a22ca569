"""One hand for all pictures: colours that can be read on their own ground, lines, words."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle

GROUND = "#f6f4ef"  # light enough for dark words, soft enough for a dark page
INK, QUIET = "#1f2328", "#57534a"  # words, and words that may be overlooked
BLUE, ORANGE, TEAL, RED = "#1f5fa8", "#9a4a00", "#0b6e63", "#b3261e"
PALE = {BLUE: "#cfe0f3", ORANGE: "#f3dcc2", TEAL: "#cbe8e3", RED: "#f5d3d0"}
LINE = "#b9b3a6"


def new_figure(height: float) -> Figure:
    """An empty figure, 7.2 inches (720 pixels of a page) wide."""
    figure = Figure(figsize=(7.2, height), facecolor=GROUND)
    FigureCanvasAgg(figure)
    return figure


def plain_axes(figure: Figure, box: tuple[float, float, float, float], **limits) -> Axes:
    """Axes without ticks and frame; `box` is left, bottom, width, height as shares of the figure.
    Rows count downwards: `limits` are `x` and `y`, (first, last).
    """
    axes = figure.add_axes(box, facecolor="none")
    axes.set_axis_off()
    axes.set_xlim(*limits["x"])
    axes.set_ylim(*limits["y"][::-1])
    return axes


def word(
    axes: Axes, x: float, y: float, text: str, colour: str = INK, size: float = 10, **more: Any
):
    """Some words, by default centred in height and beginning at x."""
    style: dict[str, Any] = {"ha": "left", "va": "center", "linespacing": 1.35}
    return axes.text(x, y, text, color=colour, fontsize=size, **style | more)


def box(axes: Axes, x: float, y: float, width: float, height: float, colour: str, **more: Any):
    """A rectangle of a colour's pale tint with its outline."""
    style: dict[str, Any] = {"facecolor": PALE.get(colour, "none"), "edgecolor": colour}
    style |= {"linewidth": 1.4, **more}
    axes.add_patch(Rectangle((x, y), width, height, **style))


def soft_box(axes: Axes, x: float, y: float, width: float, height: float, colour: str, **more: Any):
    """A box with round corners, for steps and places."""
    style: dict[str, Any] = {"facecolor": PALE.get(colour, GROUND), "edgecolor": colour}
    style |= {"linewidth": 1.4, **more}
    corners = "round,pad=0,rounding_size=0.12"
    axes.add_patch(FancyBboxPatch((x, y), width, height, boxstyle=corners, **style))


def arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], colour=INK, **more):
    """An arrow between two points."""
    more = {"arrowstyle": "-|>", "mutation_scale": 12, "linewidth": 1.6, "color": colour} | more
    axes.add_patch(FancyArrowPatch(start, end, **more))
