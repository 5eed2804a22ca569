"""The roofline: what a card can do at best, for how much arithmetic there is per byte moved."""

from __future__ import annotations

from matplotlib.figure import Figure

from .paint import BLUE, INK, LINE, ORANGE, QUIET, RED, TEAL, new_figure

# name: (bytes/s, FLOP/s of 16-bit products; of float32 on a T4), from the data sheets
CARDS = {
    "T4 (no tensor cores)": (320e9, 8.1e12, RED),
    "A100": (2.039e12, 312e12, TEAL),
    "H200": (4.8e12, 989e12, BLUE),
}
B, H, N, D = 1, 16, 4096, 16  # p3's timed case


def intensities() -> dict[str, float]:
    """FLOP per byte of the naive and of the fused version, as p3's cell counts them."""
    scores = B * H * N * N
    flops, fused = 4 * scores * D, 4 * B * H * N * D * 2
    return {"naive": flops / (fused + 4 * scores * 2), "fused": flops / fused}


def roof(card: str, intensity: float) -> float:
    """The most FLOP/s that the card can reach there."""
    bandwidth, peak, _ = CARDS[card]
    return min(peak, bandwidth * intensity)


def draw_roofline() -> Figure:
    """The cards' roofs, and the two versions' places on the scale below."""
    figure = new_figure(3.9)
    axes = figure.add_axes((0.105, 0.145, 0.865, 0.735), facecolor="none")
    low, high = 1.0, 10_000.0
    for card, (bandwidth, peak, colour) in CARDS.items():
        ridge = peak / bandwidth
        x = [low, ridge, high]
        axes.plot(x, [roof(card, at) / 1e12 for at in x], color=colour, linewidth=2.2)
        axes.text(1500, peak / 1e12 * 0.86, card, color=colour, fontsize=9.5, ha="right", va="top")
    for name, at in intensities().items():
        axes.axvline(at, color=ORANGE, linewidth=1.2, linestyle=(0, (4, 3)))
        text = f" {name}: {at:.0f} FLOP per byte"
        left = name == "naive"
        axes.text(
            at,
            0.42,
            text if left else text[1:] + " ",
            color=ORANGE,
            fontsize=9.5,
            ha="left" if left else "right",
        )
        for card, (_, _, colour) in CARDS.items():
            axes.plot([at], [roof(card, at) / 1e12], "o", color=colour, markersize=6)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(low, high)
    axes.set_ylim(0.3, 3000)
    axes.set_xlabel("FLOP per byte moved", color=INK, fontsize=9.5)
    axes.set_ylabel("TFLOP/s at most", color=INK, fontsize=9.5)
    axes.set_title(
        "Slope: memory sets the pace. Flat: the products do.", color=INK, fontsize=10.5, loc="left"
    )
    axes.tick_params(which="both", colors=QUIET, labelsize=9)
    axes.grid(which="major", color=LINE, linewidth=0.5, alpha=0.6)
    for spine in axes.spines.values():
        spine.set_color(LINE)
    return figure
