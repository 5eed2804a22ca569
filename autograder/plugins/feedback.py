"""nbgrader's preprocessor for generate_feedback: nothing that a student wrote can act in a page."""

from __future__ import annotations

import re

import nh3
from nbconvert.filters import markdown2html
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from nbgrader import utils
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import List

from ..generate.cells import SELFCHECK_MARK
from ..grading.outputs import safe_outputs

Resources = dict


class SafeFeedback(NbGraderPreprocessor):
    """Put the report first, then the student's notebook as it ran: Markdown as clean HTML, and of
    outputs only text and pictures.

    The report in the graded cell is ours: every word of it was escaped when it was made.
    """

    display_data_priority = List(help="nbconvert sets this on every preprocessor.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Resources):
        nb.metadata.pop("widgets", None)
        reports = []
        for cell in nb.cells:
            if cell.cell_type == "markdown":
                cell.source = clean_markdown(cell.source)
                cell.pop("attachments", None)
            elif cell.cell_type == "code" and utils.is_grade(cell):
                reports += take_reports(cell)
            elif cell.cell_type == "code":
                cell.outputs = safe_outputs(cell)
            if _is_selfcheck(cell):
                cell.source = f"{SELFCHECK_MARK}\n# (the self-check's code, as handed out)"
                cell.outputs = []
        nb.cells[:0] = [new_markdown_cell(report) for report in reports]
        return nb, resources


def take_reports(cell: NotebookNode) -> list[str]:
    """Take the report out of the graded cell's outputs; the booked number stays there."""
    reports = [o.data["text/html"] for o in cell.outputs if "text/html" in o.get("data", {})]
    cell.outputs = [o for o in cell.outputs if o.output_type == "execute_result"]
    return reports


def _is_selfcheck(cell: NotebookNode) -> bool:
    return cell.metadata.get("nbgrader", {}).get("grade_id", "").endswith("-selfcheck")


def clean_markdown(source: str) -> str:
    """The Markdown as HTML with nothing but harmless tags, for the page to show as it is."""
    return nh3.clean(_ANCHOR.sub("", markdown2html(source)), attributes=_ATTRIBUTES)


_ANCHOR = re.compile(r'<a class="anchor-link".*?</a>')  # a pilcrow behind every heading
_ATTRIBUTES = {**nh3.ALLOWED_ATTRIBUTES, "img": {"alt", "title", "width", "height"}}
