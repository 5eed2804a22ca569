"""What Colab, Kaggle, editors and other versions of Jupyter write."""

from __future__ import annotations

from .edit import by_id, cell, family, on_json, text

case = family("platforms", "the work: its cells are no longer known to nbgrader")


def colab(nb):
    """nbformat 4.0, ids only in the metadata, Colab's own keys, a widget without state."""
    for number, c in enumerate(nb["cells"]):
        c.pop("id")
        c["metadata"] = {"id": f"kR{number:02d}wXq7LmZ"}
        if c["cell_type"] == "code":
            c["metadata"] |= {
                "colab": {"base_uri": "https://localhost:8080/", "height": 35},
                "executionInfo": {"status": "ok", "timestamp": 1763700000000, "user_tz": -60},
                "outputId": f"7d3f0a52-0000-4000-8000-{number:012d}",
            }
    nb["nbformat_minor"] = 0
    nb["metadata"] = {
        "accelerator": "GPU",
        "colab": {"provenance": [], "gpuType": "T4"},
        "kernelspec": {"name": "python3", "display_name": "Python 3"},
        "widgets": {"application/vnd.jupyter.widget-state+json": {"9f": {"model_name": "HBox"}}},
    }


def colab_form(nb):
    colab(nb)
    first = next(c for c in nb["cells"] if text(c).startswith("# @title"))
    lines = text(first).split("\n")
    lines[0] += ' { display-mode: "form" }'
    first["source"] = "\n".join(lines)


def strip_all(nb):
    for c in nb["cells"]:
        c["metadata"] = {}
        c.pop("id")
    nb["metadata"] = {}


def strip_solution(nb):
    cell(nb, "solution")["metadata"] = {}


def strip_locked(nb):
    for role in ("selfcheck", "check"):
        cell(nb, role)["metadata"] = {}


def schema(version):
    def change(nb):
        for role in ("selfcheck", "solution", "check"):
            meta = cell(nb, role)["metadata"]["nbgrader"]
            del meta["task"], meta["cell_type"]
            meta["schema_version"] = version

    return change


def schema_1(nb):
    schema(1)(nb)
    for role in ("selfcheck", "solution", "check"):
        del cell(nb, role)["metadata"]["nbgrader"]["schema_version"]


def nbformat_3(nb):
    cells = []
    for c in nb.pop("cells"):
        if c["cell_type"] == "code":
            old = {"input": c["source"], "language": "python", "collapsed": False, "outputs": []}
        else:
            old = {"source": c["source"]}
        cells.append({"cell_type": c["cell_type"], "metadata": c["metadata"], **old})
    nb |= {"nbformat": 3, "nbformat_minor": 0, "worksheets": [{"cells": cells, "metadata": {}}]}


def future(nb):
    nb["nbformat"], nb["nbformat_minor"] = 5, 3


def wrong_kernel(nb):
    nb["metadata"]["kernelspec"] = {"name": "julia-1.9", "display_name": "J", "language": "julia"}
    nb["metadata"]["language_info"] = {"name": "julia"}


def renamed_ids(nb):
    for role in ("selfcheck", "solution", "check"):
        cell(nb, role)["metadata"]["nbgrader"]["grade_id"] = f"cell-{role}-copy"


def same_ids(nb):
    for c in nb["cells"]:
        c["id"] = "same"
        if "nbgrader" in c["metadata"]:
            c["metadata"]["nbgrader"]["grade_id"] = "p2-solution"


def odd_types(nb):
    cell(nb, "check")["metadata"] = ["not", "an", "object"]
    cell(nb, "solution")["metadata"]["nbgrader"]["grade_id"] = 17
    by_id(nb, "setup")["metadata"] = None
    nb["metadata"] = "none"


def kaggle(nb):
    for c in nb["cells"]:
        c["metadata"] = {"_uuid": "8f2839f25d086af736a60e9eeb907d3b93b6e0e5", "trusted": True}
        c.pop("id")
    nb["metadata"] = {"kaggle": {"accelerator": "gpu", "isGpuEnabled": True}}


CASES = [
    case("Colab", "Saved by Colab", on_json(colab)),
    case("Colab form", "Colab wrote into a locked cell's title", on_json(colab_form)),
    case("Kaggle", "Saved by Kaggle", on_json(kaggle)),
    case("all metadata gone", "An editor kept only the text", on_json(strip_all)),
    case("solution stripped", "One cell lost its metadata", on_json(strip_solution)),
    case("locked cells stripped", "Both lost theirs", on_json(strip_locked)),
    case("nbgrader schema 2", "Handed out by an older nbgrader", on_json(schema(2))),
    case("nbgrader schema 1", "Handed out by a very old nbgrader", on_json(schema_1)),
    case("nbgrader schema 99", "Metadata of a version yet to come", on_json(schema(99))),
    case("nbformat 3", "Saved in the format of 2013", on_json(nbformat_3)),
    case("nbformat 5", "Saved in a format yet to come", on_json(future)),
    case("wrong kernel", "The notebook says it is in Julia", on_json(wrong_kernel)),
    case("renamed ids", "Every grade id has another name", on_json(renamed_ids)),
    case("one id for all", "All cells have the same id", on_json(same_ids)),
    case("metadata of odd types", "Lists where objects belong", on_json(odd_types)),
]
