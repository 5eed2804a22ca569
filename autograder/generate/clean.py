"""Bring a notebook into its one committed form: no outputs, fixed metadata, stable cell ids."""

from __future__ import annotations

from nbformat import NotebookNode, from_dict

from .cells import BuildError, where

KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}
# What may stay on a cell. Editors and Colab leave much more (widgets, executionInfo, vscode, …).
CELL_KEYS = frozenset({"cellView", "deletable", "editable", "jupyter", "nbgrader", "tags"})


def clean_notebook(nb: NotebookNode, file: str) -> None:
    """Drop outputs and all editors' metadata; raises BuildError for missing or repeated ids."""
    _check_ids(nb, file)
    nb.nbformat, nb.nbformat_minor = 4, 5
    nb.metadata = from_dict(
        {"kernelspec": dict(KERNELSPEC), "language_info": {"name": "python"}},
    )
    for cell in nb.cells:
        cell.metadata = from_dict({k: v for k, v in cell.metadata.items() if k in CELL_KEYS})
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None


def _check_ids(nb: NotebookNode, file: str) -> None:
    seen: dict[str, int] = {}
    for index, cell in enumerate(nb.cells):
        cell_id = cell.get("id")
        if not cell_id:
            raise BuildError(
                f"{where(file, index, cell)}: the cell has no id, so that every build would differ."
                " Give it one, or save the notebook in Jupyter as nbformat 4.5."
            )
        if cell_id in seen:
            raise BuildError(
                f"{where(file, index, cell)}: cell {seen[cell_id]} has the same id. Change one."
            )
        seen[cell_id] = index
