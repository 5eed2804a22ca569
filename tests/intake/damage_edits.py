"""A solved notebook whose cells were changed, cut, joined or copied."""

from __future__ import annotations

from collections.abc import Callable

from .damage_texts import without
from .notebooks import cells_of, solved, written


def code(source: str) -> dict:
    return {"cell_type": "code", "source": source, "metadata": {}, "outputs": []}


def edited(problem: str, change: Callable[[str], str], which: int = 0) -> Callable[[], bytes]:
    """The solved notebook, the source of its `which`-th marked cell changed."""

    def make() -> bytes:
        nb = solved(problem)
        cell = cells_of(nb)[which]
        before = cell["source"]
        cell["source"] = change(before)
        assert cell["source"] != before
        return written(nb)

    return make


def split(problem: str, at: Callable[[str], int], lose: str = "") -> Callable[[], bytes]:
    """The first marked cell in two, cut at a character."""

    def make() -> bytes:
        nb = solved(problem)
        cell = cells_of(nb)[0]
        source = without(lose)(cell["source"]) if lose else cell["source"]
        cut = at(source)
        place = nb["cells"].index(cell)
        nb["cells"][place : place + 1] = [code(source[:cut]), code(source[cut:])]
        return written(nb)

    return make


def in_pieces(problem: str) -> bytes:
    """Every line of the marked cells' kernels in three cells, markers kept."""
    nb = solved(problem)
    for cell in cells_of(nb):
        lines = cell["source"].split("\n")
        third = len(lines) // 3
        place = nb["cells"].index(cell)
        cuts = [lines[:third], lines[third : 2 * third], lines[2 * third :]]
        nb["cells"][place : place + 1] = [code("\n".join(piece)) for piece in cuts]
    return written(nb)


def all_in_one(problem: str) -> bytes:
    nb = solved(problem)
    sources = [c["source"] for c in nb["cells"] if c["cell_type"] == "code"]
    nb["cells"] = [code("\n\n".join(sources))]
    return written(nb)


def later_copy(problem: str, change: Callable[[str], str]) -> bytes:
    nb = solved(problem)
    nb["cells"].append(code(change(cells_of(nb)[0]["source"])))
    return written(nb)


def both_problems() -> bytes:
    nb = solved("p4")
    nb["cells"] = solved("p3")["cells"] + nb["cells"]
    return written(nb)


def with_a_cell_between() -> bytes:
    """The region split in two, and tried out in between."""
    nb = solved("p3")
    cell = cells_of(nb)[0]
    source = cell["source"]
    cut = source.index("        alpha =")
    place = nb["cells"].index(cell)
    pieces = [code(source[:cut]), code('print("hello")\n!nvidia-smi'), code(source[cut:])]
    nb["cells"][place : place + 1] = pieces
    return written(nb)
