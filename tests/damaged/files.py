"""The file itself: empty, cut off, packed, of another encoding, of another kind."""

from __future__ import annotations

import io
import json
import os
import re
import zipfile

from trust_case import notebook_in

from .edit import cell, family, on_bytes, text

case = family("files", "everything: nbgrader cannot read the file")


def zipped(*more):
    def change(data):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("my work/p2.ipynb", data)
            archive.writestr("__MACOSX/my work/._p2.ipynb", b"\0\5\x16\7")
            for name in more:
                archive.writestr(name, data)
        return packed.getvalue()

    return on_bytes(change)


def encoded(encoding):
    return on_bytes(lambda data: data.decode("utf-8").encode(encoding))


def latin(data):
    """As saved by an editor of Windows, with a comment in French."""
    nb = json.loads(data)
    cell(nb, "solution")["source"] = text(cell(nb, "solution")) + "\n# déjà vu"
    return json.dumps(nb, ensure_ascii=False).encode("cp1252", "replace")


def cut_after(words):
    def change(data):
        return data[: data.index(words) + len(words)]

    return on_bytes(change)


def conflict(data, in_code):
    """As git leaves a file that it could not merge."""
    line = re.search(rb'^ *"nbformat_minor": \d+\n', data, re.MULTILINE)[0]
    other = line.replace(b"5", b"4")
    if in_code:
        line = re.search(rb"^.*STARTS HERE \(p2.1\).*\n", data, re.MULTILINE)[0]
        other = line.replace(b"\\n", b"\\n    rows_per_program = 2\\n", 1)
    marks = b"<<<<<<< HEAD\n" + line + b"=======\n" + other + b">>>>>>> theirs\n"
    return data.replace(line, marks, 1)


def script(jupyter):
    """The notebook exported as a script, in the notebook's place."""

    def change(data):
        parts = []
        for c in json.loads(data)["cells"]:
            source = text(c)
            if jupyter and c["cell_type"] == "code":
                parts.append(f"# In[ ]:\n\n\n{source}\n\n")
            elif jupyter:
                parts.append("\n".join(f"# {line}" for line in source.split("\n")) + "\n\n")
            elif c["cell_type"] == "code":
                parts.append(source + "\n\n")
            else:
                parts.append('"""' + source.replace("\\", "\\\\") + '"""\n\n')
        return "".join(parts).encode()

    return on_bytes(change)


def as_folder(folder):
    path = notebook_in(folder)
    path.unlink()
    path.mkdir()


def as_link(folder):
    path = notebook_in(folder)
    path.unlink()
    path.symlink_to("/etc/hostname")


def as_pipe(folder):
    path = notebook_in(folder)
    path.unlink()
    os.mkfifo(path)


def deep(data):
    return b'{"cells": ' + b"[" * 200_000


ZIPPED = "was packed in a zip file"
NO_NOTEBOOK = "not a notebook"

CASES = [
    case("zip", "A zip file with the notebook's name", zipped(), ZIPPED),
    case("zip of many", "A zip of two notebooks", zipped("p3.ipynb"), "holds 2 notebooks", None),
    case("CRLF", "Windows line ends", on_bytes(lambda data: data.replace(b"\n", b"\r\n"))),
    case("BOM", "A byte order mark", on_bytes(lambda data: b"\xef\xbb\xbf" + data)),
    case("UTF-16", "Saved by Notepad", encoded("utf-16"), "encoding was UTF-16"),
    case("UTF-16 bare", "Without its mark", encoded("utf-16-le"), "encoding was UTF-16"),
    case("UTF-32", "Four bytes each", encoded("utf-32"), "encoding was UTF-32"),
    case("Windows-1252", "Another encoding", on_bytes(latin), "encoding was Windows-1252"),
    case("zeros at the end", "A broken disk", on_bytes(lambda d: d + b"\0" * 4096), "Null bytes"),
    case("something behind", "A longer old file", on_bytes(lambda d: d + d[-900:]), "behind"),
    case("cut off at the end", "Work whole", cut_after(b'"p2-check"'), "cut off"),
    case("cut off early", "Work lost", cut_after(b'"p2-selfcheck"'), "cut off", None),
    case("cut off in the work", "Half of it", cut_after(b"HERE (p2.1)"), "cut off", None),
    case("git conflict", "Outside the code", on_bytes(lambda d: conflict(d, False)), "merge"),
    case("git conflict in code", "Two works", on_bytes(lambda d: conflict(d, True)), "two", None),
    case("script by Jupyter", "Saved as .py", script(True), "Python script"),
    case("script by Colab", "Downloaded as .py", script(False), "Python script"),
    case("empty", "No byte", on_bytes(lambda data: b""), "is empty", None),
    case("only zeros", "Null bytes", on_bytes(lambda d: b"\0" * len(d)), "null bytes", None),
    case("not JSON", "Any text", on_bytes(lambda data: b"my homework"), NO_NOTEBOOK, None),
    case("other JSON", "A list", on_bytes(lambda data: b"[1, 2]"), NO_NOTEBOOK, None),
    case("web page", "Saved as HTML", on_bytes(lambda data: b"<!DOCTYPE html><p>"), "page", None),
    case("PDF", "Printed", on_bytes(lambda data: b"%PDF-1.7\n%\xe2\xe3\n"), "a PDF", None),
    case("office document", "Pasted", zipped("word/document.xml"), "office document", None),
    case("link text", "A link to Colab", on_bytes(lambda d: b"https://colab.x/1\n"), "link", None),
    case("a folder", "A folder of that name", as_folder, "a folder", None),
    case("a link", "A symbolic link", as_link, "a link", None),
    case("a pipe", "A named pipe", as_pipe, "a pipe", None),
    case("nested too deep", "Brackets", on_bytes(deep), NO_NOTEBOOK, None),
]
