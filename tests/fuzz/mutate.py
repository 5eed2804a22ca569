"""Small random changes to an input: inside the tree where it is JSON, else to its bytes."""

from __future__ import annotations

import copy
import json
from random import Random
from typing import Any

ODD = (None, True, 0, -1, 1e308, "", "p3-solution", "\ud800", "\x1b[31m", [], {}, [None], {"": {}})
TOKENS = (
    b"\n# %%\n",
    b"(",
    b"'",
    b"\\",
    b"\x00",
    b"\xff",
    b"lambda x: ",
    b"\n    ",
    b"%%",
    b"{",
    b'"',
)


def changed(data: bytes, seed: int) -> bytes:
    """The input with one to three changes; the same for the same seed."""
    rng = Random(seed)
    try:
        tree = json.loads(data)
    except (ValueError, RecursionError):
        return _changed_bytes(data, rng)
    for _ in range(rng.randint(1, 3)):
        tree = _changed_tree(tree, rng)
    return json.dumps(tree).encode("ascii")


def _changed_tree(tree: Any, rng: Random) -> Any:
    """Put something odd, or another part, in a part's place; or drop or repeat the part."""
    spots = list(_spots(tree))
    if not spots:
        return rng.choice(ODD)
    parent, key = rng.choice(spots)
    kind = rng.random()
    if kind < 0.4:
        parent[key] = copy.deepcopy(rng.choice(ODD))
    elif kind < 0.6:
        other, place = rng.choice(spots)
        parent[key] = copy.deepcopy(other[place])
    elif kind < 0.8 and isinstance(parent[key], str):
        text = parent[key].encode("utf-8", "surrogatepass")
        parent[key] = _changed_bytes(text, rng).decode("utf-8", "replace")
    elif kind < 0.9 and isinstance(parent, list):
        parent.insert(rng.randint(0, len(parent)), copy.deepcopy(parent[key]))
    else:
        del parent[key]
    return tree


def _spots(tree: Any):
    """Every (container, key or index) of the tree."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        keys = (
            list(node) if isinstance(node, dict) else range(len(node) if type(node) is list else 0)
        )
        for key in keys:
            yield node, key
            waiting.append(node[key])


def _changed_bytes(data: bytes, rng: Random) -> bytes:
    """Cut something out, put a token or another part of the input in."""
    for _ in range(rng.randint(1, 4)):
        at = rng.randint(0, len(data))
        end = min(len(data), at + rng.choice((0, 1, 5, 80)))
        start = rng.randint(0, len(data))
        new = rng.choice((rng.choice(TOKENS), data[start : start + 40], b""))
        data = data[:at] + new + data[end:]
    return data
