"""`submit("w1", name="…", student_id="…")`: what is missing, the file to hand in, a receipt."""

from __future__ import annotations

import copy
import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from .grammar import refusals
from .live import Live, read_live, run_cells
from .program import Frame, graded_work
from .regions import is_unfilled, receipt
from .session import checked

Notebook = dict[str, Any]
NOTE = (
    "# {title}\n\nMade by `submit()` for {name} ({id}): the code as it was handed out, with your "
    "regions in it. This is the file to hand in; go on working in your own notebook."
)
FETCH = (
    "If no download begins, open the folder symbol on the left, and choose Download in the menu of "
    "{file}."
)


@dataclass(frozen=True)
class Point:
    """One line of the list: whether it is fine, and what to know or to do."""

    fine: bool
    text: str


def submit(problem_id: str, name: str = "", student_id: str = "") -> None:
    """Say whether everything is ready, write `<problem>_<student id>.ipynb`, show its receipt."""
    name, student_id = name.strip(), student_id.strip()
    if not name or not student_id:
        print("Write your name and your student id between the quotes, then run this cell again.")
        return
    try:
        live = read_live(problem_id, run_cells(None))
    except LookupError as reason:
        print(reason)
        return
    browser = "google.colab" in sys.modules
    hand_in(live, name, student_id, Path.cwd(), colab_notebook if browser else lambda: None)
    if browser:
        download(file_name(problem_id, student_id))


def hand_in(
    live: Live, name: str, student_id: str, folder: Path, shown: Callable[[], Notebook | None]
) -> None:
    """Write the file into `folder`. `shown()` is the notebook as the browser has it, or None."""
    problem = live.frame.problem
    notebook, points = shown(), list[Point]()
    try:
        live, points = as_shown(notebook, live) if notebook is not None else (live, [])
    except (LookupError, TypeError):  # no notebook, or none with these regions
        notebook = None
    work = graded_work(live.frame, live.work)
    file = folder / file_name(problem, student_id)
    nb = clean(notebook) if notebook is not None else filled(live, name, student_id)
    about = {"problem": problem, "name": name, "student_id": student_id, "receipt": receipt(work)}
    nb["metadata"]["hand_in"] = about | {"time": f"{datetime.now():%Y-%m-%d %H:%M}"}
    points += readiness(live, work)
    print(f"{problem}, {name} ({student_id})\n")
    for point in points:
        print(f"  {'✓' if point.fine else '✗'} {point.text}")
    try:
        file.write_text(json.dumps(nb, ensure_ascii=False, indent=1), encoding="utf-8")
    except OSError as error:
        print(
            f"\n{file.name} cannot be written here ({error}). Save the notebook and hand that in."
        )
        return
    open_ = sum(not point.fine for point in points)
    print(
        f"\nWritten: {file}. " + (f"{open_} to mend first, or" if open_ else "Now") + " hand it in."
    )
    print(f"Receipt: {about['receipt']}. Your feedback will show the same for the same code.")


def readiness(live: Live, work: dict[str, str]) -> list[Point]:
    """What a student should know before handing in, good and bad."""
    points = [
        Point(not unfilled, f"{region} is {'not filled in' if unfilled else 'filled in'}")
        for region, text in work.items()
        for unfilled in [is_unfilled(text)]
    ]
    points += [Point(False, refusal.sentence) for refusal in refusals(live.frame, work)[:5]]
    points += [Point(False, remark) for remark in live.remarks]
    if not live.remarks:
        points.append(Point(True, "given code as it was handed out"))
    last = checked.get(live.frame.problem)
    if last is None:
        points.append(Point(False, "not checked in this session: run the check cell"))
    elif last.receipt != receipt(work):
        points.append(Point(False, f"changed since the last check ({last.time}): check it again"))
    else:
        points.append(Point(last.passed, f"last check, {last.time}: {last.sentence}"))
    return points


def as_shown(notebook: Notebook, live: Live) -> tuple[Live, list[Point]]:
    """The work in the notebook that the browser shows, and where it is not what was run last."""
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    seen = read_live(live.frame.problem, ["".join(cell["source"]) for cell in code], live.frame)
    changed = [region for region, text in seen.work.items() if text != live.work[region]]
    told = f"{', '.join(changed)}: the cell was changed after it was run; the file has the change"
    return seen, [Point(False, told)] if changed else []


def filled(live: Live, name: str, student_id: str) -> Notebook:
    """The released program with the student's regions, as a notebook."""
    problem = live.frame.problem
    note = NOTE.format(title=problem, name=name, id=student_id)
    cells: list[Notebook] = [{"cell_type": "markdown", "source": note}]
    for given in live.frame.cells:
        source = Frame(problem, (given,)).program(live.work).source.removesuffix("\n")
        cells.append(
            {"cell_type": "code", "source": source, "outputs": [], "execution_count": None}
        )
    for number, cell in enumerate(cells):
        cell |= {"id": f"cell-{number}", "metadata": {}}
    spec = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": cells, "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 5}


def clean(notebook: Notebook) -> Notebook:
    """A copy without outputs."""
    nb = copy.deepcopy(notebook)
    for cell in nb["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    nb.setdefault("metadata", {})
    return nb


def file_name(problem: str, student_id: str) -> str:
    """ "w1_ada.ipynb"."""
    id = re.sub(r"[^\w.@+-]+", "-", student_id)
    return f"{problem}_{id}.ipynb"


def colab_notebook() -> Notebook | None:
    """The notebook in Colab's editor; None where it does not answer (as in VS Code)."""
    try:
        from google.colab import _message

        return _message.blocking_request("get_ipynb", timeout_sec=60)["ipynb"]
    except Exception:
        return None


def download(file: str) -> None:
    """Hand a file to the browser, and say where it is if that does nothing."""
    try:
        from google.colab import files

        files.download(file)
    except Exception:
        pass
    print(FETCH.format(file=file))
