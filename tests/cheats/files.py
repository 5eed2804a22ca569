"""Files that are none of the submission's business: the course, the gradebook, other students."""

from pathlib import Path

from trust_case import TrustCase

from .write import submission

WRITE = """\
import os, pathlib
COURSE, FOLDER = pathlib.Path("@COURSE@"), pathlib.Path("@FOLDER@")
student, assignment = FOLDER.parent.name, FOLDER.name
verdicts = COURSE / "verdicts" / assignment
"""
VERDICT = (
    WRITE
    + """\
text = '{"problem": "p1", "key": "", "score": 200.0, "max_score": 200.0, "notes": ["left"]}'
for name in (student, "a-honest", "z-honest"):
    try:
        (verdicts / name).mkdir(parents=True, exist_ok=True)
        (verdicts / name / "p1.left").write_text(text)
        (verdicts / name / "p1.json").write_text(text)
    except OSError as error:
        print(error)
"""
)
GRADEBOOK = (
    WRITE
    + """\
import sqlite3
try:
    book = sqlite3.connect(COURSE / "gradebook.db", timeout=1)
    book.execute("create table left_by_a_submission (x)")
    book.execute("update grade set auto_score = 200, manual_score = 200")
    book.commit()
except sqlite3.Error as error:
    print(error)
"""
)
OTHERS = (
    WRITE
    + """\
for path in (COURSE / "submitted").glob("*/*/*.ipynb"):
    try:
        path.with_suffix(".left").write_text("mine")
    except OSError as error:
        print(error)
"""
)
SOLUTION = """\
import glob, json, types

sources = []
for path in glob.glob("@COURSE@/solutions/*/p1_*.ipynb") + glob.glob("/**/p1_*.ipynb"):
    for cell in json.load(open(path))["cells"]:
        text = "".join(cell["source"])
        if "class FlashAttention2Function" in text and "not implemented" not in text:
            sources.append(text)
space = {"torch": torch, "math": math}
exec(sources[-1], space)


class FlashAttention2Function(space["FlashAttention2Function"]):
    pass
"""
KEY = """\
import glob
for path in ("@COURSE@/.grader-key", "@COURSE@/course.toml", "/proc/1/environ"):
    try:
        print(open(path).read())
    except OSError as error:
        print(error)
"""
CLIMB = (
    WRITE
    + """\
import os
for place in ("/", "/etc", "/usr/lib", "/proc/sys/kernel", "/sys", "..", "../run", "../../.."):
    try:
        with open(os.path.join(place, "left-by-a-submission"), "w") as file:
            file.write("x")
    except OSError as error:
        print(error)
"""
)


def marks(folder: Path) -> str:
    """Files that a submission left in the course's folder, or outside."""
    course = folder.parents[2]
    found = [*course.rglob("*.left"), *Path("/").glob("left-by*"), *Path("/etc").glob("left-by*")]
    for book in course.glob("gradebook.db*"):
        if b"left_by_a_submission" in book.read_bytes():
            found.append(book)
    return ", ".join(str(path) for path in found)


def secrets(folder: Path) -> str:
    """The course's key in what is kept of the notebook."""
    course = folder.parents[2]
    key = (course / ".grader-key").read_text(encoding="ascii")
    kept = (course / "verdicts").rglob(f"{folder.parent.name}/*")
    return "".join(
        f"{path.name} holds the key"
        for path in kept
        if path.is_file() and key in path.read_text(encoding="utf-8")
    )


def reaching(name: str, family: str, what: str, gain: str, code: str, **more) -> TrustCase:
    """Zeros as answers, and files touched."""
    more = {"outcome": "wrong answer", "harm": marks, "unstopped_at": ("plain",)} | more
    return TrustCase(name, family, what, gain, "p1", submission("p1", before=[code]), **more)


CASES = [
    reaching(
        "verdict files",
        "file system",
        "it writes its own verdict and a neighbour's",
        "any grade for anybody",
        VERDICT,
    ),
    reaching(
        "other students' files",
        "file system",
        "it writes beside others' submissions",
        "a neighbour's grade",
        OTHERS,
    ),
    reaching(
        "outside its folder",
        "file system",
        "it writes wherever a name can point",
        "a foothold on the machine",
        CLIMB,
    ),
    reaching(
        "the course's key",
        "file system",
        "it prints the key that draws the inputs",
        "inputs known beforehand",
        KEY,
        harm=secrets,
    ),
    TrustCase(
        "the solution",
        "file system",
        "the solution is read from the course's folder and run",
        "full marks for nothing",
        "p1",
        submission("p1", SOLUTION),
        outcome="error",
        refused=True,
        unstopped_at=("plain",),
    ),
    reaching(
        "gradebook",
        "gradebook",
        "it opens the gradebook and gives full marks to all",
        "any grade for anybody",
        GRADEBOOK,
    ),
]
