"""Hold a notebook's code against a policy: what the entry point can reach, and nothing else.

Scratch cells, plots and comparisons with ready-made attention are the student's own business; only
changing other people's code is forbidden everywhere. Nothing is run.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import Any

from .policy import LAUNCH_WHY, PYTORCH_POLICY, TRITON_POLICY, UNSEEN_WHY, Policy
from .policy_cells import read_cell, session_sources
from .policy_names import Function
from .policy_notebook import Notebook
from .policy_origins import TooMuch
from .policy_patches import Patches
from .policy_reach import Reach
from .policy_walk import Hit
from .problem import Problem

MOST_CODE = 150_000  # characters; the grader's time is not the student's to spend
MOST_MAGIC_WORK = 2_000_000  # characters of a cell, times its % and ! lines
MAGIC_LINE = re.compile(r"^[ \t]*[%!?]|[%!]\w|\?[ \t]*$", re.MULTILINE)

Sources = Sequence[tuple[str, str]]  # (name of the cell, its source), in the order they are run


def scan(sources: Sources, policy: Policy, entry: str, trusted: bool = False) -> list[Hit]:
    """Where the code of these cells breaks the policy, in order.

    `trusted` says that the cells are known to have been run as they stand, one after another, as
    in a student's own session; else a cell that may have failed leaves earlier definitions in play.
    """
    first = sources[0][0] if sources else ""
    length = sum(len(source) for _, source in sources)
    if length > MOST_CODE or _magic_work(sources) > MOST_MAGIC_WORK:
        return [Hit(first, 1, "more code than can be read", UNSEEN_WHY)]
    try:
        hits = _scan(sources, policy, entry, trusted)
    except RecursionError:
        hits = {Hit(first, 1, "code nested too deeply to read", UNSEEN_WHY)}
    except TooMuch:
        hits = {Hit(first, 1, "code too tangled to read", UNSEEN_WHY)}
    order = {name: position for position, (name, _) in enumerate(sources)}
    return sorted(hits, key=lambda hit: (order.get(hit.cell, 0), hit.line, hit.what))


def _scan(sources: Sources, policy: Policy, entry: str, trusted: bool) -> set[Hit]:
    notebook = Notebook(trusted=trusted)
    trees = [read_cell(name, source) for name, source in sources]
    for tree in trees:
        notebook.add_cell(tree)
    patches = Patches(notebook)
    patches.look_at(trees)
    reach = Reach(notebook, policy, patches)
    reach.follow_from(entry)
    hits = patches.hits | reach.hits
    if policy.needs_kernel and not (hits or reach.launches or reach.unfinished):
        return {_no_launch(binding.inside) for binding in notebook.find(entry, False)[-1:]}
    return hits


def _magic_work(sources: Sources) -> int:
    """What reading the cells costs: for each % or ! line IPython reads the whole cell anew."""
    return sum(len(source) * len(MAGIC_LINE.findall(source)) for _, source in sources)


def _no_launch(entry: object) -> Hit:
    line = getattr(entry, "lineno", 1)
    name = entry.name if isinstance(entry, Function | ast.ClassDef) else "the entry point"
    return Hit(getattr(entry, "policy_cell", ""), line, name, LAUNCH_WHY)


def policy_of(problem: Problem) -> Policy:
    """The problem's policy; without one of its own, what its kind of problem asks for."""
    return problem.policy or (TRITON_POLICY if problem.uses_triton else PYTORCH_POLICY)


def session_hits(problem: Problem, entry: Any) -> list[Hit]:
    """Where the cells run in this session break the policy; nothing where they cannot be read."""
    try:
        name = getattr(entry, "__name__", problem.entry)
        return scan(session_sources(entry), policy_of(problem), name, trusted=True)
    except Exception:  # the grader looks again; a self-check must not fail over this
        return []
