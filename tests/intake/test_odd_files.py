"""What servers, mail programs, terminals, viewers, git and archives make of a notebook."""

from __future__ import annotations

import base64
import bz2
import html
import io
import json
import lzma
import quopri
import time
import zipfile
from collections.abc import Callable

import pytest

from autograder.errors import NotGradable
from autograder.intake.extract import peek

from .notebooks import cells_of, found_in, released, solved, work, written

FILE = written(solved("p3"))


def notebook() -> dict:
    """The solved notebook, each cell one string."""
    return solved("p3")


def dumped(data: object) -> bytes:
    return json.dumps(data).encode()


def script() -> list[str]:
    return "\n\n".join(c["source"] for c in notebook()["cells"] if "outputs" in c).split("\n")


def lines(front: Callable[[int, str], str]) -> bytes:
    """The notebook's code as a script, something in front of each line."""
    return "\n".join(front(i, line) + line for i, line in enumerate(script(), 1)).encode()


def edited(change: Callable[[str], str]) -> bytes:
    nb = notebook()
    cells_of(nb)[0]["source"] = change(cells_of(nb)[0]["source"])
    return written(nb)


def renamed(type_key: str, code: str, text: str, source: str, cells: str = "cells") -> bytes:
    """The cells under the names that another program uses."""
    kinds = {"code": code, "markdown": text}
    found = [{type_key: kinds[c["cell_type"]], source: c["source"]} for c in notebook()["cells"]]
    return dumped({cells: found})


def git_diff() -> bytes:
    added = FILE.decode().split("\n")
    head = "diff --git a/p3 b/p3\nnew file mode 100644\n--- /dev/null\n+++ b/p3\n"
    head += f"@@ -0,0 +1,{len(added)} @@\n"
    return (head + "\n".join("+" + line for line in added)).encode()


def page() -> bytes:
    shown = html.escape(FILE.decode(), quote=False)
    return f'<html><body><pre style="word-wrap: break-word">{shown}</pre></body></html>'.encode()


def exported() -> bytes:
    """As nbconvert's HTML has it: every line dressed up."""
    return b"<!DOCTYPE html><html><pre>" + lines(lambda i, line: "<span></span>") + b"</pre></html>"


def by_number(items: list) -> dict:
    return {str(i): item for i, item in enumerate(items)}


def numbered() -> bytes:
    nb = json.loads(FILE)
    return dumped(
        {"cells": by_number([c | {"source": by_number(c["source"])} for c in nb["cells"]])}
    )


def merged(which: int) -> list[dict]:
    """The cells as nbdime leaves them where one was changed on both sides."""
    nb, found = notebook(), []
    for cell in nb["cells"]:
        if "outputs" not in cell or "STARTS HERE (p3.1)" not in cell["source"]:
            found.append(cell)
            continue
        other = cell | {"source": cell["source"].replace("m_i = m_new", "m_i = m_i", which)}
        for mark, side in (("<<<<<<< local", cell), ("=======", other), (">>>>>>> remote", None)):
            dressed = f'<span style="color:red"><b>{mark}</b></span>'
            found += [{"cell_type": "markdown", "source": dressed}, *([side] if side else [])]
    return found


def zipped(front: bytes, name: str = "p3.ipynb") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, FILE)
    return front + packed.getvalue()


TAKEN: dict[str, Callable[[], bytes]] = {
    "GitHub's answer, in base64": lambda: dumped(
        {"name": "p3.ipynb", "encoding": "base64", "content": base64.encodebytes(FILE).decode()}
    ),
    "Jupyter's answer, in base64": lambda: dumped(
        {"type": "file", "format": "base64", "content": base64.b64encode(FILE).decode()}
    ),
    "a gist's answer": lambda: dumped({"files": {"p3.ipynb": {"content": FILE.decode()}}}),
    "Kaggle's answer": lambda: dumped({"metadata": {"id": 1}, "blob": {"source": FILE.decode()}}),
    "cells and lines by number": numbered,
    "VS Code's names": lambda: renamed("languageId", "python", "markdown", "value"),
    "cells with type and text": lambda: renamed("type", "code", "markdown", "text"),
    "Databricks": lambda: renamed("position", "1", "0", "command", "commands"),
    "Zeppelin": lambda: renamed("user", "me", "me", "text", "paragraphs"),
    "a cell a line": lambda: b"\n".join(map(dumped, notebook()["cells"])),
    "two notebooks in a row": lambda: written(released("p3")) + b"\n" + FILE,
    "shown by a browser": page,
    "packed for an e-mail": lambda: quopri.encodestring(FILE),
    "quoted in an e-mail": lambda: b"On Monday Ann wrote:\n" + lines(lambda i, line: "> "),
    "prompts of Python": lambda: lines(
        lambda i, line: "... " if line[:1] in (" ", ")") else ">>> "
    ),
    "prompts of IPython": lambda: lines(lambda i, line: "   ...: " if i % 30 else f"In [{i}]: "),
    "numbers of a viewer": lambda: lines(lambda i, line: f"{i:4d} "),
    "numbers in a cell": lambda: edited(
        lambda s: "\n".join(f"{i}: {line}" for i, line in enumerate(s.split("\n"), 1))
    ),
    "a new file in a diff": git_diff,
    "kinds in capitals": lambda: renamed("cell_type", "CODE", "MARKDOWN", "source"),
    "hard spaces in the JSON": lambda: FILE.decode().replace("\n   ", "\n\xa0 \xa0").encode(),
    "escapes by number": lambda: edited(lambda s: s.replace('"', "&#34;").replace("<", "&#60;")),
    "markers that lost their #": lambda: edited(lambda s: s.replace("# --- STUD", "--- STUD")),
    "line ends written twice": lambda: edited(lambda s: s.replace("\n", "\r\r\n")),
    "zipped under a name without an ending": lambda: zipped(b"", "week 3/p3 final"),
    "merged by nbdime, the same twice": lambda: dumped({"cells": merged(0)}),
}
NAMED: dict[str, tuple[Callable[[], bytes], str]] = {
    "merged by nbdime, two versions": (
        lambda: dumped({"cells": merged(1)}),
        "two versions of p3.1",
    ),
    "two files of a gist": (lambda: dumped({"files": [FILE.decode()] * 2}), "several notebooks"),
    "a page of a notebook": (exported, "a web page"),
    "Python's way to print it": (lambda: repr(notebook()).encode(), "a damaged file"),
    "LaTeX": (lambda: b"\\documentclass{article}\n" + "\n".join(script()).encode()[:900], "LaTeX"),
    "a changed file in a diff": (lambda: b"diff --git a/p3 b/p3\n--- a\n+++ b\n", "a diff made"),
    "YAML": (lambda: b"cells:\n- cell_type: code\n  source: x\n", "a YAML file"),
    "an e-mail": (lambda: b"From: a@b\nTo: c@d\nSubject: p3\n\nhere it is\n", "an e-mail"),
    "a link of Windows": (lambda: b"[InternetShortcut]\r\nURL=https://x.y/z\r\n", "a link"),
    "a link of Google Drive": (lambda: dumped({"url": "https://x.y", "doc_id": "1"}), "Google Dr"),
    "bzip2": (lambda: bz2.compress(FILE), "a bzip2 archive"),
    "xz": (lambda: lzma.compress(FILE), "an xz archive"),
    "a zip in parts": (lambda: zipped(b"PK00"), "a zip file in parts"),
    "a zip that unpacks itself": (lambda: zipped(b"MZ" + bytes(200)), "unpacks itself"),
    "a photo of a phone": (lambda: b"\0\0\0\x18ftypheic" + bytes(range(256)), "a picture"),
    "a page saved as one file": (
        lambda: b"From: <Saved by Blink>\nSubject: p3\nMIME-Version: 1.0\n\n<html>=3D",
        "a web page",
    ),
    "a placeholder of iCloud": (lambda: b"bplist00" + bytes(300), "a placeholder"),
    "a database": (lambda: b"SQLite format 3\0" + bytes(300), "a database"),
    "a git bundle": (lambda: b"# v2 git bundle\nabc refs/heads/main\n\nPACK", "a git bundle"),
}


@pytest.mark.parametrize("name", TAKEN)
def test_the_work_is_taken(name: str):
    """Is it the work, in seconds, and does a glance see it too?"""
    data, begun = TAKEN[name](), time.monotonic()
    found = found_in(data, "p3")
    assert found.work == work("p3")
    assert found.refusals == ()
    assert peek(data).filled or "lost their" in name
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("name", NAMED)
def test_the_file_is_called_by_its_name(name: str):
    """Does the reason say what the file is, and is there a word on what to do?"""
    make, says = NAMED[name]
    with pytest.raises(NotGradable, match=says) as reason:
        found_in(make(), "p3")
    assert len(str(reason.value).split(". ")) > 1
