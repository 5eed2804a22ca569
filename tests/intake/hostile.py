"""Files made to cost a reader its memory, its time or its life; each small or quickly made."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable

from autograder.selfcheck.regions import END, START

from .notebooks import cells_of, solved, written

MANY = 149_000


def in_region(text: str) -> bytes:
    """The solved p3 with another text in its region."""
    nb = solved("p3")
    cell = cells_of(nb)[0]
    head, rest = cell["source"].split("(p3.1) ---\n", 1)
    _, tail = rest.split("        # --- STUDENT IMPLEMENTATION ENDS", 1)
    end = "        # --- STUDENT IMPLEMENTATION ENDS"
    cell["source"] = head + "(p3.1) ---\n" + text + "\n" + end + tail
    return written(nb)


def code_cells(*sources: str) -> bytes:
    cells = [{"cell_type": "code", "source": s, "outputs": [], "metadata": {}} for s in sources]
    return written({"cells": cells, "nbformat": 4, "nbformat_minor": 5, "metadata": {}})


def zipped(data: bytes, name: str = "p3.ipynb") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return packed.getvalue()


def nested_try(depth: int = 20) -> str:
    """Byte code of nested `finally` doubles with each level."""
    lines = []
    for i in range(depth):
        lines.append("    " * i + "try:")
    lines.append("    " * depth + "x = 1")
    for i in reversed(range(depth)):
        lines += ["    " * i + "finally:", "    " * (i + 1) + "x = 2"]
    return "\n".join(" " * 8 + line for line in lines)


def markdown(source: str) -> bytes:
    return written({"cells": [{"cell_type": "markdown", "source": source}], "nbformat": 4})


def many_members() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for i in range(30_000):
            archive.writestr(f"{i}.txt", b"")
    return packed.getvalue()


def zips_in_zips() -> bytes:
    data = b"\n" * 30_000_000
    inner = zipped(data)
    for _ in range(3):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for i in range(30):
                archive.writestr(f"{i}.zip", inner)
        inner = packed.getvalue()
    return inner


def like_the_released() -> bytes:
    """Thousands of cells, each like the released one, without markers."""
    lines = cells_of(solved("p3"))[0]["source"].split("\n")
    source = "\n".join(line for line in lines if "IMPLEMENTATION" not in line)
    return code_cells(*(source + f"\n# {i}" for i in range(2000)))


def one_line_often() -> bytes:
    """What an alignment finds hardest: the same few given lines, thousands of times."""
    lines = cells_of(solved("p3"))[0]["source"].split("\n")
    given = [line for line in lines if line.strip() and "IMPL" not in line]
    return code_cells("\n".join((given[0:40] + [")"] * 80) * 40))


PLAIN = [START.format(id="p3.1"), END.format(id="p3.1")]
DEEP = b'{"cells": ' + b"[" * 1_000_000
SMALL: dict[str, Callable[[], bytes]] = {
    "20 nested try/finally": lambda: in_region(nested_try()),
    "try/finally outside": lambda: code_cells(nested_try(), *PLAIN),
    "deep JSON": lambda: DEEP,
    "deep JSON, whole": lambda: b'{"cells": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep expression": lambda: in_region(" " * 8 + "x = " + "-" * 9000 + "1"),
    "deep brackets": lambda: in_region(" " * 8 + "x = " + "(" * 9000 + "1" + ")" * 9000),
    "long sum": lambda: in_region(" " * 8 + "x = 1" + "+1" * 9000),
    "long attribute": lambda: in_region(" " * 8 + "x = a" + ".a" * 9000),
    "deep blocks": lambda: in_region(
        "\n".join(" " * (8 + i) + "if x:" for i in range(95)) + "\n" + " " * 110 + "x = 1"
    ),
    "huge number": lambda: in_region(" " * 8 + "x = " + "9" * 15_000),
    "power": lambda: in_region(" " * 8 + "x = 9**9**9**9**9"),
    "a line of `a` and ` ?`": lambda: code_cells("a" * MANY + " ?", *PLAIN),
    "dashes before a marker": lambda: code_cells("#" + "-" * MANY + "STUDENT IMPLEMENTATION"),
    "blanks before a marker": lambda: code_cells(" " * MANY + PLAIN[0]),
    "64 000 \\begin{a}": lambda: markdown("\\begin{a}" * 64_000),
    "fences": lambda: ("```\n" * MANY).encode(),
    "longer and longer fences": lambda: "\n".join("`" * i for i in range(3, 1500)).encode(),
    "START in 9000 cells": lambda: code_cells(*[PLAIN[0]] * 9000),
    "100 000 cells": lambda: code_cells(*[PLAIN[0]] * 100_000),
    "START in 100 000 lines": lambda: code_cells("\n".join([PLAIN[0]] * 100_000)),
    "pairs in 50 000 lines": lambda: code_cells("\n".join(PLAIN * 25_000)),
    "filled pairs": lambda: code_cells("\n".join([PLAIN[0], "x = (", PLAIN[1]] * 25_000)),
    "like the released cell": like_the_released,
    "given lines thousands of times": one_line_often,
    "cut strings": lambda: b'{"cells": ' + b'"source": "\\x ' * MANY,
    "cut lists": lambda: b'{"cells": ' + b'"source": ["a" ' * 9000,
    "conflicts": lambda: ("<<<<<<< a\n=======\n" * MANY).encode(),
    "one side of a conflict": lambda: ("<<<<<<< a\n" * MANY).encode(),
    "30 000 files in a zip": many_members,
    "a region of 30 000 characters": lambda: in_region("        x = 1\n" * 3000),
    "imports in one line": lambda: code_cells("import " * MANY, *PLAIN),
    "assignments in one line": lambda: code_cells("a:" * MANY + "=", PLAIN[0] + "\na\n" + PLAIN[1]),
    "null bytes": lambda: b"{" + b"\0" * 1_000_000,
    "surrogates": lambda: json.dumps({"cells": [{"source": "\ud800" * MANY}]}).encode(),
    "not UTF-8": lambda: b"\xff\xfe\xfd" * MANY,
}
HEAVY: dict[str, Callable[[], bytes]] = {
    "200 MB of newlines behind <<<<<<<": lambda: zipped(b"<<<<<<<" + b"\n" * 200_000_000),
    "60 MB of newlines behind <<<<<<<": lambda: zipped(b"<<<<<<<" + b"\n" * 60_000_000),
    "60 MB of newlines in a cell": lambda: (
        b'{"cells":[{"cell_type":"code","source":"<<<<<<<' + b"\n" * 60_000_000 + b'"}]}'
    ),
    "one emoji and 400 MB": lambda: "😀".encode() + b"a" * 400_000_000,
    "one emoji and 60 MB": lambda: "😀".encode() + b"a" * 60_000_000,
    "one emoji and 60 MB in JSON": lambda: (
        b'{"cells":[{"cell_type":"code","source":"\\ud83d\\ude00' + b"a" * 60_000_000 + b'"}]}'
    ),
    "20 million lists": lambda: b'{"cells":[' + b"[]," * 20_000_000 + b"[]]}",
    "20 million strings": lambda: b'{"cells":[{"source":[' + b'"",' * 20_000_000 + b'""]}]}',
    "30 million keys": lambda: b'{"a":{' + b'"":0,' * 12_000_000 + b'"":0}}',
    "zips in zips": zips_in_zips,
}
