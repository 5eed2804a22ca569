"""Cells that students add: installs, mounts, plots, questions, magics, runaways."""

from __future__ import annotations

from .edit import cell, code, family, on_json, text

case = family("additions", "the grade, if a cell that fails here took the rest with it")


def before(source):
    """The cell stands before the solution."""
    return on_json(
        lambda nb: nb["cells"].insert(nb["cells"].index(cell(nb, "solution")), code(source))
    )


def after(source):
    """The cell stands after the solution."""
    return on_json(
        lambda nb: nb["cells"].insert(nb["cells"].index(cell(nb, "solution")) + 1, code(source))
    )


def on_top(line):
    """A line on top of the solution's own cell."""

    def change(nb):
        solution = cell(nb, "solution")
        solution["source"] = line + "\n" + text(solution)

    return on_json(change)


def outputs(nb):
    """Forty megabytes that a loop printed."""
    line = "epoch 1 of 100000: loss 0.12345678901234567890\n"
    stream = {"output_type": "stream", "name": "stdout", "text": [line] * (40_000_000 // len(line))}
    cell(nb, "check")["outputs"] = [stream]


PLOT = """\
import matplotlib.pyplot as plt

plt.plot([1, 2, 3])
plt.show()
"""
WIDGET = """\
import ipywidgets

display(ipywidgets.interact(lambda x: x, x=10))
"""
FLOOD = "for i in range(200_000):\n    print(i, 'x' * 100)"
LEAVE = "import os\nos._exit(0)"
INDENTED = "    y = 1\n    !ls\n    z = ?y"
DEFAULTS = "import torch\ntorch.manual_seed(0)\ntorch.set_printoptions(precision=3)"

CASES = [
    case("pip in the shell", "Installs with the shell", before("!pip install -q einops")),
    case("pip magic", "Installs with the magic", before("%pip install triton --upgrade")),
    case(
        "drive mount",
        "Mounts Google Drive",
        before("from google.colab import drive\ndrive.mount('/content/drive')"),
    ),
    case("plot", "Draws a picture", after(PLOT)),
    case("input", "Waits for an answer", after("name = input('Your name? ')")),
    case("widget", "Shows a slider", after(WIDGET)),
    case("bash cell", "A cell of shell commands", after("%%bash\nnvidia-smi || echo none")),
    case("time line", "Times one line", after("%time sum(range(1000))")),
    case("timed solution", "%%time above the work", on_top("%%time")),
    case("captured solution", "%%capture above it", on_top("%%capture out")),
    case("error", "A cell that fails", before("assert False, 'to do'")),
    case("syntax error", "Notes in a code cell", after("this is what I learned: tiles!")),
    case("flood", "Prints twenty megabytes", after(FLOOD)),
    case("exit", "Ends the Python process", after(LEAVE)),
    case("seeds and settings", "Sets torch's seed", before(DEFAULTS)),
    case("indented", "And with shell lines", after(INDENTED)),
    case("40 MB of output", "A loop printed for an hour", on_json(outputs)),
]
