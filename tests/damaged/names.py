"""Files under other names, in two copies, in zip files and folders, of another problem."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import nbformat
from solved import notebook
from trust_case import notebook_in

from .edit import family

case = family("names", "the whole submission: nbgrader looks for one name only")


def renamed(name):
    def make(folder: Path) -> None:
        path = notebook_in(folder)
        target = folder / name.format(name=path.stem)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)

    return make


def packed(name, inside):
    """The notebook in a zip file, beside what macOS adds."""

    def make(folder: Path) -> None:
        path = notebook_in(folder)
        with zipfile.ZipFile(folder / name, "w") as archive:
            archive.write(path, inside.format(name=path.name))
            archive.writestr("__MACOSX/._" + path.name, b"\0\5\x16\7")
            archive.writestr(".DS_Store", b"\0\0\0\1Bud1")
        path.unlink()

    return make


def older_copy(folder: Path) -> None:
    """An unfilled copy, older, under the name that a browser gives."""
    path = notebook_in(folder)
    other = folder / f"{path.stem} (1).ipynb"
    nbformat.write(notebook("p2", {}), other)
    os.utime(other, (1_000_000_000, 1_000_000_000))


def newer_unfilled(folder: Path) -> None:
    """The work as "Copy of …", and the hand-out, downloaded once more, under its own name."""
    path = notebook_in(folder)
    path.rename(folder / f"Copy of {path.name}")
    os.utime(folder / f"Copy of {path.name}", (1_000_000_000, 1_000_000_000))
    nbformat.write(notebook("p2", {}), path)


def broken_and_whole(folder: Path) -> None:
    """A download that broke off, and the second one."""
    path = notebook_in(folder)
    path.rename(folder / f"{path.stem} (1).ipynb")
    path.write_bytes(b"{")


def litter(folder: Path) -> None:
    """What computers leave beside a file."""
    path = notebook_in(folder)
    (folder / f"._{path.name}").write_bytes(b"\0\5\x16\7")
    (folder / ".ipynb_checkpoints").mkdir()
    unfilled = folder / ".ipynb_checkpoints" / f"{path.stem}-checkpoint.ipynb"
    nbformat.write(notebook("p2", {}), unfilled)
    (folder / "timestamp.txt").write_text("yesterday, late")
    (folder / "triton.py").write_text("raise ImportError('not this one')")


def wrong_problem(folder: Path) -> None:
    nbformat.write(notebook("p1"), notebook_in(folder))


CASES = [
    case("Copy of", "As Colab calls a copy", renamed("Copy of {name}.ipynb")),
    case("(1)", "As browsers call it", renamed("{name} (1).ipynb")),
    case("homework", "A name of the student's", renamed("homework.ipynb")),
    case("short", "Only the number", renamed("P2.ipynb")),
    case(".ipynb.txt", "As Safari saves it", renamed("{name}.ipynb.txt")),
    case(".json", "Saved as JSON", renamed("{name}.json")),
    case("deeper", "In a folder", renamed("week 3/p2/{name}.ipynb")),
    case("zip", "A zip file", packed("p2.zip", "{name}")),
    case("zip with a folder", "And of macOS", packed("Archive.zip", "my work/{name}")),
    case("older copy", "An unfilled one beside it", older_copy),
    case("newer hand-out", "The work is a copy", newer_unfilled),
    case("second download", "The first broke off", broken_and_whole),
    case("litter", "Hidden files, a module, a bad time", litter),
    case("wrong problem", "p1 under p2's name", wrong_problem, "the notebook of p1", None),
]
