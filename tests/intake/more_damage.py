"""Damage of other kinds and to other problems than tests/damaged has."""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

from .notebooks import cells_of, frame, solved, work, written

Work = dict[str, str]
HEAD = "STUDENT IMPLEMENTATION"


@dataclass(frozen=True)
class Damage:
    """A damaged file of a solved problem, and what must come of it: the whole work by default."""

    name: str
    problem: str
    make: Callable[[], bytes]
    says_not: str = ""  # part of the reason, where it cannot be graded
    expected: Callable[[], Work] | None = None
    comments_may_differ: bool = False


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


def swap(old: str, new: str) -> Callable[[str], str]:
    """The text with every `old` made `new`."""
    return lambda text: text.replace(old, new)


def bare(old: str, new: str) -> Callable[[str], str]:
    """The same, and without markers."""
    return lambda text: without(HEAD)(text).replace(old, new)


def without(*marks: str) -> Callable[[str], str]:
    """The source without the lines that hold one of these texts."""
    return lambda source: "\n".join(
        line for line in source.split("\n") if not any(mark in line for mark in marks)
    )


def code(source: str) -> dict:
    return {"cell_type": "code", "source": source, "metadata": {}, "outputs": []}


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


def percent(problem: str, head: str = "# %%\n", text: str = "# %% [markdown]\n") -> bytes:
    parts = []
    for cell in solved(problem)["cells"]:
        if cell["cell_type"] == "code":
            parts.append(head + cell["source"] + "\n\n")
        else:
            parts.append(text + re.sub(r"^", "# ", cell["source"], flags=re.M) + "\n\n")
    return "".join(parts).encode()


def fenced(problem: str, fence: str, head: str = "") -> bytes:
    parts = [head]
    for cell in solved(problem)["cells"]:
        source = cell["source"]
        is_code = cell["cell_type"] == "code"
        parts.append(f"{fence}\n{source}\n```\n\n" if is_code else source + "\n\n")
    return "".join(parts).encode()


def marimo(problem: str) -> bytes:
    parts = ["import marimo\n\napp = marimo.App()\n"]
    for cell in solved(problem)["cells"]:
        if cell["cell_type"] == "code":
            body = re.sub(r"^(?=.)", "    ", cell["source"], flags=re.M)
            parts.append(f"\n\n@app.cell\ndef _(tl, torch, triton):\n{body}\n    return\n")
    return ("".join(parts) + '\n\nif __name__ == "__main__":\n    app.run()\n').encode()


def colab_script(problem: str) -> bytes:
    parts = ["# -*- coding: utf-8 -*-\nget_ipython().system('pip install -q einops')\n"]
    for cell in solved(problem)["cells"]:
        source = cell["source"]
        is_code = cell["cell_type"] == "code"
        parts.append(source + "\n\n" if is_code else f'"""{source}"""\n\n'.replace("\\", "\\\\"))
    return "".join(parts).encode()


def in_tabs(source: str) -> str:
    return re.sub(r"^( {4})+", lambda m: "\t" * (len(m[0]) // 4), source, flags=re.M)


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


def second_only(source: str) -> str:
    """p4's cell with the first region as it is handed out."""
    head, rest = source.split("HERE (p4.1) ---\n", 1)
    _, tail = rest.split("        # --- STUDENT IMPLEMENTATION ENDS HERE (p4.1)", 1)
    stub = frame("p4").regions["p4.1"].stub.replace("\n", "\n        ")
    mark = "        # --- STUDENT IMPLEMENTATION ENDS HERE (p4.1)"
    return f"{head}HERE (p4.1) ---\n        {stub}\n{mark}{tail}"


def broken_json(change: Callable[[str], str], problem: str = "p3") -> Callable[[], bytes]:
    def make() -> bytes:
        text = written(solved(problem)).decode()
        assert change(text) != text
        return change(text).encode()

    return make


def zip_in_zip() -> bytes:
    data = written(solved("p3"))
    for name in ("hand in/p3.ipynb", "week 3/mine.zip", "all.zip"):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(name, data)
            archive.writestr(".DS_Store", b"Bud1")
        data = packed.getvalue()
    return data


def conflict_in_source(line: str, other: str) -> Callable[[str], str]:
    return lambda source: source.replace(
        line, f"<<<<<<< HEAD\n{line}=======\n{other}>>>>>>> theirs\n", 1
    )


def old_format(version: int) -> bytes:
    nb = solved("p5")
    cells = []
    for cell in nb["cells"]:
        key = "input" if cell["cell_type"] == "code" else "source"
        cells.append({"cell_type": cell["cell_type"], key: cell["source"], "language": "python"})
    return json.dumps({"nbformat": version, "worksheets": [{"cells": cells}]}).encode()


def commented_copy(source: str) -> str:
    return re.sub(r"^", "# ", source, flags=re.M)


def both_problems() -> bytes:
    nb = solved("p4")
    nb["cells"] = solved("p3")["cells"] + nb["cells"]
    return written(nb)


def wrapped(source: str) -> str:
    """Given code with other line breaks, as a formatter leaves it, and no marker."""
    source = re.sub(r"^    (stride_\w+, )(.*)$", r"    \1\n    \2", source, flags=re.M)
    return without("STUDENT IMPL")(source)


def spaced_out(source: str) -> str:
    return without("STUDENT IMPL")(source).replace("\n", "\n\n")


def twice_started(source: str) -> str:
    start = next(line for line in source.split("\n") if "STARTS HERE" in line)
    return source.replace(start, f"{start}\n{start}", 1)


def curly(source: str) -> str:
    return source.replace('float("-inf")', "float(“-inf”)")


def middle(text: str) -> Callable[[str], int]:
    return lambda source: source.index(text) + len(text) // 2


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


def kernel_alone(source: str) -> str:
    return without(HEAD)(source.split("\n\n\n")[0])


def uncommented(source: str) -> str:
    """The cell without a comment of its own line: no markers, no steps."""
    return "\n".join(line for line in source.split("\n") if not line.lstrip().startswith("#"))


DAMAGE = [
    Damage("a cell between the halves", "p3", with_a_cell_between),
    Damage("the kernel alone, no markers", "p3", edited("p3", kernel_alone)),
    Damage("no comments", "p9", edited("p9", uncommented, 3), comments_may_differ=True),
    Damage("no comments between regions", "p7", edited("p7", uncommented), "cannot be told"),
    Damage("escaped by a web page", "p4", edited("p4", swap("<", "&lt;"))),
    Damage("misspelt markers", "p4", edited("p4", swap("STARTS HERE", "starts here"))),
    Damage("a link to base64", "p3", lambda: base64.b64encode(written(solved("p3"))), "not a note"),
    Damage("one END gone", "p4", edited("p4", without("ENDS HERE (p4.1)"))),
    Damage("one START gone", "p4", edited("p4", without("STARTS HERE (p4.2)"))),
    Damage(
        "neighbours merged", "p7", edited("p7", without("ENDS HERE (p7.1)", "STARTS HERE (p7.2)"))
    ),
    Damage("middle pair gone", "p7", edited("p7", without("(p7.2)"))),
    Damage("all START gone", "p6", edited("p6", without("STARTS HERE"))),
    Damage("all END gone", "p6", edited("p6", without("ENDS HERE"))),
    Damage("one cell without markers", "p9", edited("p9", without(HEAD), 3)),
    Damage("all in one cell", "p8", lambda: all_in_one("p8")),
    Damage("three pieces each", "p9", lambda: in_pieces("p9")),
    Damage("three pieces of one", "p3", lambda: in_pieces("p3")),
    Damage("split, END lost", "p3", split("p3", middle("alpha = tl.exp2"), "ENDS HERE")),
    Damage("split, both lost", "p5", split("p5", middle("    for start_n"), HEAD)),
    Damage("split inside a line", "p3", split("p3", middle("tl.maximum(m_i, tl.max"))),
    Damage("percent script", "p8", lambda: percent("p8")),
    Damage("light script", "p3", lambda: percent("p3", "# +\n", "")),
    Damage("Databricks", "p3", lambda: percent("p3", "# COMMAND ----------\n", "# MAGIC %md\n")),
    Damage("Colab's script", "p6", lambda: colab_script("p6")),
    Damage("marimo", "p3", lambda: marimo("p3")),
    Damage("marimo, two cells", "p9", lambda: marimo("p9")),
    Damage("Quarto", "p4", lambda: fenced("p4", "```{python}", "---\ntitle: mine\n---\n\n")),
    Damage("Markdown", "p8", lambda: fenced("p8", "```python")),
    Damage("MyST", "p1", lambda: fenced("p1", "```{code-cell} ipython3\n:tags: [x]")),
    Damage("tabs", "p5", edited("p5", in_tabs)),
    Damage("tabs without markers", "p5", edited("p5", lambda s: in_tabs(without(HEAD)(s)))),
    Damage("curly quotes inside", "p3", edited("p3", curly)),
    Damage(
        "markers at the margin",
        "p6",
        edited("p6", lambda s: re.sub(r"^ +(?=# --- STUD)", "", s, flags=re.M)),
    ),
    Damage("markers with notes", "p6", edited("p6", swap(") ---", ") --- done!"))),
    Damage("markers with long dashes", "p6", edited("p6", swap("# ---", "# —"))),
    Damage(
        "a later copy that is broken",
        "p3",
        lambda: later_copy("p3", swap("m_i = m_new", "m_i = = m_new")),
    ),
    Damage("a later copy with one region", "p4", lambda: later_copy("p4", second_only)),
    Damage("a copy commented out", "p3", lambda: later_copy("p3", commented_copy)),
    Damage("a comma too many", "p3", broken_json(swap('"outputs": [],', '"outputs": [],,'))),
    Damage(
        "a list that ends with a comma",
        "p3",
        broken_json(lambda t: re.sub(r'"\n   \]', '",\n   ]', t)),
    ),
    Damage("a comma too few", "p3", broken_json(swap('"outputs": [],', '"outputs": []'))),
    Damage("a real newline", "p3", broken_json(swap("m_i = m_new\\n", "m_i = m_new\n"))),
    Damage("a wrong escape", "p3", broken_json(swap("one division, at", "one \\division, at"))),
    Damage("zip in zip in zip", "p3", zip_in_zip),
    Damage(
        "UTF-16 and CRLF",
        "p3",
        lambda: written(solved("p3")).replace(b"\n", b"\r\n").decode().encode("utf-16"),
    ),
    Damage("BOM twice", "p3", lambda: b"\xef\xbb\xbf\xef\xbb\xbf" + written(solved("p3"))),
    Damage(
        "conflict in given code",
        "p3",
        edited(
            "p3", conflict_in_source("    pid_m = tl.program_id(0) % tiles\n", "    pid_m = 0\n")
        ),
    ),
    Damage(
        "conflict in the work",
        "p3",
        edited("p3", conflict_in_source("        m_i = m_new\n", "        m_i = m_i\n")),
        "two versions",
    ),
    Damage("nbformat 2", "p5", lambda: old_format(2)),
    Damage("two problems in one", "p4", both_problems),
    Damage("two problems, the first", "p3", both_problems),
    Damage("formatted, no markers", "p4", edited("p4", wrapped)),
    Damage("blank lines, no markers", "p6", edited("p6", spaced_out), comments_may_differ=True),
    Damage("START twice", "p3", edited("p3", twice_started)),
    Damage(
        "the signature changed",
        "p3",
        edited("p3", bare("    H, Nq, Nk,\n", "    H, Nq, Nk, mine=None,\n")),
    ),
    Damage(
        "neighbour lines changed",
        "p3",
        edited(
            "p3",
            bare(
                "        qk = tl.dot(q, tl.trans(k)) * qk_scale",
                "        qk = tl.dot(q, k.T) * qk_scale",
            ),
        ),
        "cannot be told",
    ),
    Damage(
        "only the region's lines",
        "p3",
        lambda: written({"cells": [code(work("p3")["p3.1"])]}),
        "No cell holds the work",
    ),
    Damage("cut in the last of five", "p9", lambda: written(solved("p9"))[:-60_000], "cut off"),
]
