"""The benchmark's picture: TFLOP/s of every implementation, shape by shape."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

COLOURS = {
    "notebook": "#cf222e",
    "kernels/": "#ff8182",
    "SDPA flash": "#8c959f",
    "SDPA cuDNN": "#424a53",
    "SDPA efficient": "#d0d7de",
    "FlexAttention": "#54aeff",
    "naive PyTorch": "#eac54f",
}


def plot(rows: list[dict], path: Path, machine: str) -> None:
    """Draw one group of horizontal bars per shape, best read from the top."""
    shapes = list(dict.fromkeys((row["problem"], row["shape"]) for row in rows))
    figure, axes = plt.subplots(figsize=(9, 0.75 * len(shapes) + 1.2))
    for position, key in enumerate(shapes):
        mine = [row for row in rows if (row["problem"], row["shape"]) == key]
        height = 0.8 / len(mine)
        for number, row in enumerate(mine):
            y = position + (number - (len(mine) - 1) / 2) * height
            name = row["implementation"]
            axes.barh(y, row["tflops"], height * 0.9, color=COLOURS.get(name, "#999999"))
    axes.set_yticks(range(len(shapes)), [f"{problem}  {shape}" for problem, shape in shapes])
    axes.margins(y=0.01)
    axes.invert_yaxis()
    axes.set_xlabel("TFLOP/s, bf16, counting only what the mask leaves (longer is better)")
    axes.set_title(f"Attention on {machine}", fontsize=10, loc="left", pad=10)
    axes.spines["right"].set_visible(False)
    peak = max(row["tflops"] for row in rows) / max(row["of_card"] for row in rows)
    share = axes.secondary_xaxis("top", functions=(lambda x: x / peak, lambda x: x * peak))
    share.xaxis.set_major_formatter("{x:.0%}")
    share.set_xlabel(f"share of this card's rate for matrix products, {peak:.0f} TFLOP/s")
    names = list(dict.fromkeys(row["implementation"] for row in rows))
    handles = [plt.Rectangle((0, 0), 1, 1, color=COLOURS.get(name, "#999999")) for name in names]
    axes.legend(handles, names, loc="lower right", frameon=False)
    figure.tight_layout()
    figure.savefig(path, dpi=130)
    plt.close(figure)
