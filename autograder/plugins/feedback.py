"""nbgrader's preprocessor for generate_feedback: what the student's page shows."""

from __future__ import annotations

from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from nbgrader import utils
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import List

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


# A bonus has no share in the maximum: nbgrader's head over the page would read "of 0".
NO_MAXIMUM, BONUS = " / 0.0)", ", a bonus)"


class FeedbackExporter(HTMLExporter):
    """nbgrader's page, with what a page needs that shows a stranger's notebook."""

    def from_notebook_node(self, nb: NotebookNode, resources: Resources | None = None, **kw):
        page, resources = super().from_notebook_node(nb, resources, **kw)
        return page.replace("<head>", HEAD, 1).replace(NO_MAXIMUM, BONUS), resources


class ReportFirst(NbGraderPreprocessor):
    """Put the report first, then the cells that hold the student's regions; leave out the rest.

    The notebook is the released one with the student's regions in it, and every word of the report
    was escaped when it was made: nothing else of a student's gets into the page.
    """

    display_data_priority: List = List(help="nbconvert sets this on all of them.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Resources):
        reports, kept = [], []
        for cell in nb.cells:
            if cell.cell_type == "code" and utils.is_grade(cell):
                reports += take_reports(cell)
                kept.append(cell)
            elif utils.is_solution(cell):
                kept.append(cell)
        nb.cells = [*(new_markdown_cell(report) for report in reports), *kept]
        return nb, resources


def take_reports(cell: NotebookNode) -> list[str]:
    """Take the report out of the graded cell's outputs; the booked number stays there."""
    reports = [o.data["text/html"] for o in cell.outputs if "text/html" in o.get("data", {})]
    cell.outputs = [o for o in cell.outputs if o.output_type == "execute_result"]
    return reports
