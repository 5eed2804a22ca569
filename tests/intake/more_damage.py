"""Damage of other kinds and to other problems than tests/damaged has."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass

from .damage_edits import (
    all_in_one,
    both_problems,
    code,
    edited,
    in_pieces,
    later_copy,
    split,
    with_a_cell_between,
)
from .damage_files import broken_json, colab_script, fenced, marimo, old_format, percent, zip_in_zip
from .damage_texts import (
    HEAD,
    bare,
    commented_copy,
    conflict_in_source,
    curly,
    in_tabs,
    kernel_alone,
    middle,
    second_only,
    spaced_out,
    swap,
    twice_started,
    uncommented,
    without,
    wrapped,
)
from .notebooks import solved, work, written

Work = dict[str, str]


@dataclass(frozen=True)
class Damage:
    """A damaged file of a solved problem, and what must come of it: the whole work by default."""

    name: str
    problem: str
    make: Callable[[], bytes]
    says_not: str = ""  # part of the reason, where it cannot be graded
    expected: Callable[[], Work] | None = None
    comments_may_differ: bool = False


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
