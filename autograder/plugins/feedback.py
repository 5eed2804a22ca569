"""nbgrader's preprocessor for generate_feedback: nothing that a student wrote can act in a page."""

from __future__ import annotations

import re
from html import escape

import nh3
from nbconvert.exporters import HTMLExporter
from nbconvert.filters import markdown2html
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from nbgrader import utils
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import List

from ..generate.cells import SELFCHECK_MARK
from ..grading.outputs import safe_outputs

Resources = dict

# A second wall: whatever slips through into a page, the browser runs no script but MathJax's, loads
# nothing from elsewhere, and sends nothing away. MathJax reads its settings with eval.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src https://cdnjs.cloudflare.com 'unsafe-eval'",
        "connect-src https://api.cdnjs.com",
        "font-src https://cdnjs.cloudflare.com",
        "style-src 'unsafe-inline'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    )
)
HEAD = f"""<head>
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
/* Nothing is wider than the page: code and outputs scroll in their own boxes. */
body {{ overflow-wrap: anywhere }}
div.input_area pre, div.output_area pre, div.rendered_html pre {{ overflow-x: auto }}
div.rendered_html table {{ display: block; max-width: 100%; overflow-x: auto }}
img {{ max-width: 100%; height: auto }}
</style>
"""


class FeedbackExporter(HTMLExporter):
    """nbgrader's page, with what a page needs that shows a stranger's notebook."""

    def from_notebook_node(self, nb: NotebookNode, resources: Resources | None = None, **kw):
        page, resources = super().from_notebook_node(nb, resources, **kw)
        return page.replace("<head>", HEAD, 1), resources


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
    """The Markdown as HTML with nothing but harmless tags, for the page to show as it is.

    Pictures are left out: those attached to a cell, and those that a page would have to ask for.
    """
    try:
        html = markdown2html(_ATTACHED.sub(r"\1", source))
    except Exception:  # whatever a student's text makes of the converter: the page must come
        html = f"<pre>{escape(source)}</pre>"
    return nh3.clean(_ANCHOR.sub("", html), attributes=_ATTRIBUTES)


_ATTACHED = re.compile(r"""(\]\(\s*<?|src\s*=\s*["']?|\]:\s*<?)attachment:[^\s)"'>]*""")
_ANCHOR = re.compile(r'<a class="anchor-link".*?</a>')  # a pilcrow behind every heading
_ATTRIBUTES = {**nh3.ALLOWED_ATTRIBUTES, "img": {"alt", "title", "width", "height"}}
