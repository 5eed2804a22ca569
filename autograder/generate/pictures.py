"""Pictures in a notebook's text, drawn when it is built.

`<!-- picture: name -->` on a line of its own in a Markdown cell becomes the picture of that name in
`PICTURES` of the assignment's package `pictures`, beside its problems' hidden side.

It is a PNG in an `<img>` with a data URI: the one form that Colab, JupyterLab, VS Code and GitHub
all show. Colab shows no attachments (googlecolab/colabtools#3836) and no SVG (#2092), JupyterLab no
SVG attachment (jupyterlab#10464). A page's theme does not reach into it, so it brings its ground.
"""

from __future__ import annotations

import base64
import html
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from nbformat import NotebookNode

from .cells import BuildError, where

DIRECTIVE = re.compile(r"^<!-- picture: ([a-z0-9-]+) -->$", re.MULTILINE)
WIDTH = 720  # pixels of a page
SHARPNESS = 2  # pixels of the file for each of them
COLOURS = 48  # a file's palette


@dataclass(frozen=True)
class Picture:
    """What a picture tells those who do not see it, and `draw()`, which gives a matplotlib figure
    that is WIDTH / 100 inches wide.
    """

    alt: str
    draw: Callable[[], Any]


def draw_pictures(nb: NotebookNode, assignment: str, file: str) -> None:
    """Put the pictures in their directives' places; raises BuildError for an unknown name."""
    for index, cell in enumerate(nb.cells):
        if cell.cell_type == "markdown" and (names := DIRECTIVE.findall(cell.source)):
            known = _pictures(assignment)
            if unknown := [name for name in names if name not in known]:
                raise BuildError(
                    f"{where(file, index, cell)}: there is no picture {unknown[0]!r}, only "
                    f"{', '.join(sorted(known)) or 'none'}. Correct the name, or draw it in "
                    f"autograder/problems/{assignment}/pictures/."
                )
            cell.source = DIRECTIVE.sub(lambda m: image_tag(assignment, m[1]), cell.source)


def image_tag(assignment: str, name: str) -> str:
    """A picture as one line of HTML. Colab takes no line break in base64."""
    picture = _pictures(assignment)[name]
    data = base64.b64encode(_png(assignment, name)).decode("ascii")
    alt = html.escape(picture.alt, quote=True)
    return f'<img alt="{alt}" width="{WIDTH}" src="data:image/png;base64,{data}">'


@cache
def _png(assignment: str, name: str) -> bytes:
    return as_png(_pictures(assignment)[name].draw())


def as_png(figure: Any) -> bytes:
    """A figure as a small PNG, without the date and the versions that would make each build new."""
    from PIL import Image

    full = io.BytesIO()
    figure.savefig(full, format="png", dpi=100 * SHARPNESS, metadata={"Software": None})
    small = io.BytesIO()
    plain = Image.open(full).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    plain.save(small, format="png", optimize=True)
    return small.getvalue()


@cache
def _pictures(assignment: str) -> dict[str, Picture]:
    """The assignment's pictures by name; empty where it has none."""
    name = f"autograder.problems.{assignment}.pictures"
    try:
        return import_module(name).PICTURES
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        return {}
