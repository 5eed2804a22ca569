"""nbgrader's preprocessors for generate_assignment: thin, the work is in `autograder.generate`.

Every nbgrader command loads this file. What needs torch is imported where it is used, as in
autograding.py.
"""

from __future__ import annotations

from nbformat import NotebookNode, from_dict
from nbgrader.preprocessors import ClearSolutions, NbGraderPreprocessor
from traitlets import Dict

from ..generate.cells import problem_of, where
from ..generate.clean import clean_notebook

Resources = dict


def source_file(resources: Resources) -> str:
    """The solution notebook that is being converted, as the author knows it."""
    names = resources["nbgrader"]
    return f"solutions/{names['assignment']}/{names['notebook']}.ipynb"


class StampMetadata(NbGraderPreprocessor):
    """Derive nbgrader's metadata from markers, check call and points."""

    points = Dict(help="Full points per problem id, from course.toml.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Resources):
        from ..generate.stamp import stamp_notebook

        stamp_notebook(nb, source_file(resources), self.points)
        return nb, resources


class StrictClearSolutions(ClearSolutions):
    """nbgrader's ClearSolutions, but strict: markers and numbered steps stay, the rest goes."""

    def preprocess(self, nb: NotebookNode, resources: Resources):
        from ..generate.markers import scan_notebook
        from ..generate.stubs import clear_regions

        file = source_file(resources)
        for index, regions in scan_notebook(nb, problem_of(file), file).items():
            cell = nb.cells[index]
            cell.source = clear_regions(cell.source, regions, where(file, index, cell))
        return nb, resources


class PackSelfcheck(NbGraderPreprocessor):
    """Put the packed student half into the self-check cell."""

    def preprocess(self, nb: NotebookNode, resources: Resources):
        from ..frames import notebook_frame
        from ..generate.pack import CELL_METADATA, pack_cell

        problem = problem_of(source_file(resources))
        for cell in nb.cells:
            if cell.metadata.get("nbgrader", {}).get("grade_id") == f"{problem}-selfcheck":
                cell.source = pack_cell(notebook_frame(problem, nb.cells))
                cell.metadata.update(from_dict(CELL_METADATA))
        return nb, resources


class CleanNotebook(NbGraderPreprocessor):
    """Bring the notebook into its committed form, without outputs and editors' traces."""

    def preprocess(self, nb: NotebookNode, resources: Resources):
        clean_notebook(nb, source_file(resources))
        return nb, resources
