"""A solved notebook as other kinds of files: scripts, pages, archives, older formats."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable

from .notebooks import solved, written


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


def old_format(version: int) -> bytes:
    nb = solved("p5")
    cells = []
    for cell in nb["cells"]:
        key = "input" if cell["cell_type"] == "code" else "source"
        cells.append({"cell_type": cell["cell_type"], key: cell["source"], "language": "python"})
    return json.dumps({"nbformat": version, "worksheets": [{"cells": cells}]}).encode()
