"""Notebooks that stand in another file's JSON, and JSON that holds none."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from autograder.errors import NotGradable
from autograder.intake.extract import peek

from .notebooks import found_in, solved, work, written


def notebook() -> dict:
    return json.loads(written(solved("p3")))


WRAPPED: dict[str, Callable[[dict], Any]] = {
    "Jupyter's server": lambda nb: {
        "name": "p3.ipynb",
        "type": "notebook",
        "format": "json",
        "content": nb,
    },
    "Jupyter's server, as text": lambda nb: {"type": "file", "content": json.dumps(nb)},
    "Colab's message": lambda nb: {"ipynb": nb},
    "a bare list of cells": lambda nb: nb["cells"],
    "a list of one notebook": lambda nb: [nb],
    "a string": json.dumps,
    "a string in a string": lambda nb: json.dumps(json.dumps(nb, indent=1)),
    "wrapped with its cells alone": lambda nb: {"data": {"document": {"cells": nb["cells"]}}},
    "nbformat 3 in a wrapper": lambda nb: {"notebook": {"worksheets": [{"cells": nb["cells"]}]}},
}


@pytest.mark.parametrize("name", WRAPPED)
def test_the_work_is_taken_out(name: str):
    """Is it the work, and does a glance see it too?"""
    data = json.dumps(WRAPPED[name](notebook())).encode()
    assert found_in(data, "p3").work == work("p3")
    assert peek(data).problems == {"p3"}


def test_a_wrapper_that_is_cut_off():
    """Are the cells read that are there, and is the loss told?"""
    for wrap in (lambda nb: nb["cells"], lambda nb: {"type": "notebook", "content": nb}):
        data = json.dumps(wrap(notebook()), indent=1).encode()[:-60]
        found = found_in(data, "p3")
        assert found.work == work("p3")
        assert "cut off" in " ".join(found.repairs)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ([notebook(), notebook()], "several notebooks"),
        ({"one": {"cells": []}, "two": {"cells": []}}, "several notebooks"),
        (
            {"type": "directory", "content": [{"name": "p3.ipynb", "content": None}]},
            "a server's answer",
        ),
        ({"nbformat": 4, "metadata": {}}, "without its cells"),
        ({"message": "Not Found", "status": "404"}, "a JSON file without cells"),
        ({"a": {"a": {"a": {"a": {"a": {"cells": []}}}}}}, "a JSON file without cells"),
        ('{"cell_type": [[[', "damaged"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_holds_no_notebook_is_called_by_its_name(data: Any, says: str):
    """Does the reason say what the file is, and what to do?"""
    raw = json.dumps(data).encode()
    for read in (lambda: found_in(raw, "p3"), lambda: peek(raw)):
        with pytest.raises(NotGradable, match=says) as reason:
            read()
        assert "File > Download" in str(reason.value)
