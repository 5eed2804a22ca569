"""What each isolation level promises: the table of docs/security.md, and what its tests try.

`python -m autograder.sandbox.promises` prints the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Answer = Literal["no", "on purpose", "yes"]
LEVEL_NAMES = ("bubblewrap", "uid", "plain")


@dataclass(frozen=True)
class Cell:
    """Whether student code can do something: "no", "yes", or only if it means to do harm."""

    answer: Answer
    how: str = ""

    def __str__(self) -> str:
        word = "no" if self.answer == "no" else f"**{self.answer}**"
        return f"{word}: {self.how}" if self.how else word


@dataclass(frozen=True)
class Promise:
    """A row: "can student code <question>?", with a cell per level."""

    name: str
    question: str
    bubblewrap: Cell
    uid: Cell
    plain: Cell

    def cell(self, level: str) -> Cell:
        return getattr(self, level)


def _no(how: str = "") -> Cell:
    return Cell("no", how)


def _yes(how: str = "") -> Cell:
    return Cell("yes", how)


def _on_purpose(how: str = "") -> Cell:
    return Cell("on purpose", how)


CLOSED = _no("covered by a mount or closed to other users; else nothing is run")
WATCHED = _no("watched, and ended above it")

PROMISES = (
    Promise("course", "read the course and its solutions", _no("not visible"), CLOSED, _yes()),
    Promise("cases", "read the hidden cases", _no("not visible"), CLOSED, _yes()),
    Promise("students", "read other students' submissions", _no("not visible"), CLOSED, _yes()),
    Promise("gradebook", "read or change the gradebook", _no("not visible"), CLOSED, _yes()),
    Promise(
        "neighbour",
        "reach into a submission that runs at the same time",
        _no("not visible"),
        _no("another user's"),
        _yes(),
    ),
    Promise(
        "files",
        "read other files of the machine",
        _no("it sees Python, /usr, and a few files of /etc"),
        _yes("those that everybody may read"),
        _yes("those that you may read"),
    ),
    Promise(
        "write",
        "write outside its scratch folder",
        _no("all else is read-only"),
        _yes("where everybody may; what it leaves in /tmp, /var/tmp and /dev/shm is deleted"),
        _yes("wherever you may"),
    ),
    Promise("network", "use the network", _no("it has none"), _yes(), _yes()),
    Promise("signal", "signal the grader", _no("not visible"), _no("another user's"), _yes()),
    Promise(
        "inspect",
        "inspect the grader (ptrace, its memory, its environment)",
        _no("not visible"),
        _no("another user's"),
        _yes(),
    ),
    Promise(
        "template",
        "change the process that the next submission is forked from",
        _no("closed to it"),
        _no("closed to it"),
        _yes("if the grader is root"),
    ),
    Promise(
        "template_end",
        "end or stop that process",
        _yes("the next submission gets a new one"),
        _yes("as on the left"),
        _yes("as on the left"),
    ),
    Promise(
        "later",
        "leave processes or files to the next submission",
        _no("ended and removed"),
        _no("ended and removed"),
        _yes("files, wherever you may write; its processes end"),
    ),
    Promise("processes", "see which other processes run", _no("its own only"), _yes(), _yes()),
    Promise(
        "rights",
        "gain rights through setuid programs",
        _no(),
        _no(),
        _no("but it has all of yours"),
    ),
    Promise("time", "run past its time limits", _no("killed"), _no("killed"), _no("killed")),
    Promise(
        "outlive",
        "outlive its grading",
        _no("ends with its namespace"),
        _no("all of its user's processes end"),
        _on_purpose("what it started ends, unless it kills its guard first"),
    ),
    Promise("memory", "use more memory than its limit", WATCHED, WATCHED, _on_purpose("watched")),
    Promise("disk", "fill the disk", WATCHED, WATCHED, _on_purpose("its own folders are watched")),
    Promise(
        "shm",
        "fill the machine's /dev/shm",
        _no("it has one of its own, of limited size"),
        WATCHED,
        _yes(),
    ),
    Promise("bomb", "start processes without end", WATCHED, WATCHED, _on_purpose("watched")),
    Promise(
        "fork",
        "start processes of its own",
        _yes("Triton's compiler is one"),
        _yes(),
        _yes(),
    ),
    Promise(
        "gpu_left",
        "leave work or memory on the GPU behind",
        _no("both end with their process"),
        _no("both end with their process"),
        _on_purpose("by outliving its grading"),
    ),
    Promise(
        "gpu_used",
        "fill or slow down the GPU while it is being graded",
        _yes(),
        _yes(),
        _yes(),
    ),
)


def table() -> str:
    """The promises as a Markdown table."""
    rows = [["Can student code …", *LEVEL_NAMES], ["---"] * 4]
    for promise in PROMISES:
        rows.append([promise.question, *(str(promise.cell(name)) for name in LEVEL_NAMES)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


if __name__ == "__main__":
    print(table())
