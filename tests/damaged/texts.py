"""What happens to the characters of the code."""

from __future__ import annotations

from .edit import cell, code, family, on_json, text

case = family("texts", "the work: one odd character makes it no Python")


def replaced(old, new, count=-1):
    def change(nb):
        solution = cell(nb, "solution")
        assert old in text(solution)
        solution["source"] = text(solution).replace(old, new, count)

    return on_json(change)


def tabs(nb):
    """Every other line has tabs for its indentation."""
    solution = cell(nb, "solution")
    lines = text(solution).split("\n")
    solution["source"] = "\n".join(
        line.replace("    ", "\t") if number % 2 else line for number, line in enumerate(lines)
    )


def everywhere(old, new):
    def change(nb):
        for c in nb["cells"]:
            c["source"] = text(c).replace(old, new)

    return on_json(change)


def surrogate(nb):
    nb["cells"].insert(2, code('note = "half a smiley: \ud83d"'))
    solution = cell(nb, "solution")
    solution["source"] = text(solution) + "\n# \udc00"


def odd_source(nb):
    nb["cells"] += [{}, 7, None, {"cell_type": 3, "source": {"a": 1}}, {"cell_type": "code"}]
    solution = cell(nb, "solution")
    solution["source"] = [*text(solution).splitlines(keepends=True), None, 3, ["x"]]


def no_line_ends(nb):
    for c in nb["cells"]:
        c["source"] = text(c).split("\n")


def smart_quotes(nb):
    solution = cell(nb, "solution")
    solution["source"] = "print(“ready”)  # as a mail program quotes\n" + text(solution)


def inside(old, new):
    """Every `old` between the markers becomes `new`."""

    def change(nb):
        solution = cell(nb, "solution")
        above, mark, rest = text(solution).partition("(p2.1) ---\n")
        region, end, below = rest.partition("    # --- STUDENT")
        assert old in region
        solution["source"] = above + mark + region.replace(old, new) + end + below

    return on_json(change)


HARD = replaced("    ", " \u00a0 \u00a0", 9)
INVISIBLE = replaced("tl.load", "\u200btl.load", 1)

CASES = [
    case("tabs and spaces", "An editor mixed them", on_json(tabs), "Tabs mixed with spaces"),
    case("smart quotes", "A mail program quoted", on_json(smart_quotes)),
    case("hard spaces", "Copied from a web page", HARD),
    case(
        "hard spaces inside", "Every indentation", inside("    ", " \u00a0 \u00a0"), "Typographic"
    ),
    case("zero width", "Invisible characters", INVISIBLE, "Typographic"),
    case("CRLF in cells", "Windows line ends", everywhere("\n", "\r\n")),
    case("CR in cells", "Old Mac line ends", everywhere("\n", "\r")),
    case("null in a cell", "A null byte in the code", replaced("\n", "\n\0", 1)),
    case("half characters", "Lone surrogates", on_json(surrogate)),
    case("odd sources", "Cells that are no cells", on_json(odd_source)),
    case("no line ends", "A program lost them", on_json(no_line_ends)),
    case("trailing spaces", "An editor added them", everywhere("\n", "  \n")),
]
