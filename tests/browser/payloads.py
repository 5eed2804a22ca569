"""A submission that tries, wherever a page shows something, to run a script in the browser.

Each script that runs would leave the name of its place on the page.
"""

from __future__ import annotations

import base64
import re

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
OUTPUTS = f"""\
# </script>{markup("source")}
import sys
from IPython.display import HTML, Javascript, Latex, Markdown, SVG, display

print({markup("stdout")!r})
print("\\x1b[31m" + {markup("colour")!r} + "\\x1b[0m")
print("\\x1b]8;;javascript:{script("osc")}\\x07click\\x1b]8;;\\x07")
print({way_out("stderr")!r}, file=sys.stderr)
display(HTML({markup("html")!r}), Javascript({script("javascript")!r}), SVG({picture("svg")!r}))
display(HTML({way_out("html")!r}))
display(Latex({"$" + markup("latex") + "$"!r}), Markdown({MARKDOWN!r}))
for kind in ("text/html", "application/javascript", "image/svg+xml", "text/latex", "text/plain"):
    display({{kind: {markup("bundle")!r}}}, raw=True)
display({{"image/png": {'x" onerror="' + script("png")!r}}}, raw=True)
display({{"text/plain": "x"}}, raw=True, metadata={{"tags": [{markup("tag")!r}]}})
"""
ERROR = f"raise type({markup('ename')!r}, (Exception,), {{}})({markup('evalue')!r})"


def dressed(nb: NotebookNode) -> NotebookNode:
    """The submission with all of it: the entry point fails with the diagnosis' text from here."""
    for cell in nb.cells:
        if "needs_mask = is_causal" in cell.source:
            cell.source, count = re.subn(
                r"( +)S = \(Qi @.*", lambda m: f"{m[1]}{ERROR}", cell.source
            )
            assert count == 1, "p1's solution computes S in another way now; adapt this test"
            cell.metadata.nbgrader["comment"] = markup("comment")
    picture_data = base64.b64encode(picture("attachment").encode()).decode()
    text = nbformat.v4.new_markdown_cell(
        MARKDOWN, attachments={"a.svg": {"image/svg+xml": picture_data}}
    )
    text.metadata.tags = [f'"{markup("celltag")}']
    nb.cells += [text, nbformat.v4.new_code_cell(OUTPUTS), nbformat.v4.new_code_cell(ERROR)]
    nb.metadata.title = f"</title>{markup('title')}"
    nb.metadata.authors = [{"name": markup("author")}]
    nb.metadata["widgets"] = {"x": {"state": {"a": markup("widget")}}}
    return nb
