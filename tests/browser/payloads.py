"""A submission that tries, wherever a page shows something, to run a script in the browser.

Each script that runs would leave the name of its place on the page.
"""

from __future__ import annotations

import base64

import nbformat
from nbformat import NotebookNode


def script(place: str) -> str:
    """JavaScript that leaves a trace."""
    return f"document.documentElement.setAttribute('data-hit-{place}','1')"


def markup(place: str) -> str:
    """HTML that runs it in the ways that need no click."""
    js = script(place)
    return (
        f'<script>{js}</script><img src=x onerror="{js}"><svg onload="{js}"></svg>'
        f'<iframe srcdoc="<script>parent.{js}</script>"></iframe><details open ontoggle="{js}">'
        f'<form action="https://example.org/"><input onfocus="{js}" autofocus></form>'
        f'<object data="data:text/html,<script>{js}</script>"></object>'
    )


def way_out(place: str) -> str:
    """HTML that leads or reports elsewhere, from where it is looked at on."""
    return (
        f'<style>@import "https://example.org/{place}.css";</style><base href="https://example.org/">'
        f'<meta http-equiv="refresh" content="0;url=https://example.org/{place}">'
        f'<img src="https://example.org/{place}.png"><link rel="stylesheet" href="//example.org/x">'
    )


def picture(place: str) -> str:
    """An SVG picture with a script in it."""
    return f'<svg xmlns="http://www.w3.org/2000/svg"><script>{script(place)}</script></svg>'


MARKDOWN = "\n\n".join(
    (
        markup("markdown"),
        way_out("markdown"),
        f"[a link](javascript:{script('link')})",
        f"[another](JaVa&#115;cript:{script('link2')})",
        f'![a picture](x"onerror="{script("alt")})',
        f"<https://x.org/{markup('autolink')}>",
        f"```html\n</code></pre>{markup('fence')}\n```",
        f"$\\href{{javascript:{script('formula')}}}{{x}}$ $$</span>{markup('display')}$$",
        "![in the cell](attachment:a.svg)",
        f"```mermaid\ngraph TD; A-->B[{markup('mermaid')}]\n```",
    )
)


def outputs() -> list[NotebookNode]:
    """What a cell may have shown at home, saved with the notebook."""
    new = nbformat.v4.new_output
    kinds = ("text/html", "application/javascript", "image/svg+xml", "text/latex", "text/plain")
    shown = [new("display_data", data={kind: markup("bundle")}) for kind in kinds]
    shown += [new("display_data", data={"image/png": f'x" onerror="{script("png")}'})]
    shown += [new("display_data", data={"text/markdown": MARKDOWN})]
    shown += [new("stream", name=name, text=markup(name)) for name in ("stdout", "stderr")]
    trace = [f"\x1b[31m{markup('colour')}\x1b[0m", f"\x1b]8;;javascript:{script('osc')}\x07x"]
    return [*shown, new("error", ename=markup("ename"), evalue=markup("evalue"), traceback=trace)]


def dressed(nb: NotebookNode, inside: str) -> NotebookNode:
    """A submission of p1 with all of it: `inside` goes into the region, the rest around it."""
    (cell,) = (cell for cell in nb.cells if "STARTS HERE (p1.1)" in cell.source)
    first = cell.source.index("\n", cell.source.index("STARTS HERE")) + 1
    margin = cell.source[first:].partition("#")[0]
    cell.source = f"{cell.source[:first]}{margin}{inside}\n{cell.source[first:]}"
    changed = cell.source.replace("TILE_Q = 128", f"TILE_Q = 128  # {markup('given')}")
    assert changed != cell.source, "p1's tile is given in another way now; adapt this test"
    cell.source = changed
    cell.outputs = outputs()
    cell.metadata.nbgrader["comment"] = markup("nbgrader")
    picture_data = base64.b64encode(picture("attachment").encode()).decode()
    text = nbformat.v4.new_markdown_cell(
        MARKDOWN, attachments={"a.svg": {"image/svg+xml": picture_data}}
    )
    text.metadata.tags = [f'"{markup("celltag")}']
    nb.cells += [text, nbformat.v4.new_code_cell(f"# </script>{markup('source')}")]
    nb.metadata.title = f"</title>{markup('title')}"
    nb.metadata.authors = [{"name": markup("author")}]
    nb.metadata["widgets"] = {"x": {"state": {"a": markup("widget")}}}
    return nb
