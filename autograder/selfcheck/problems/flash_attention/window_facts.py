"""What windows are told by: where their tiles begin, and how often each key counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import torch

from ...trace import Moment
from ...witness import Finding
from .scenes import cdiv

Numbers = Mapping[str, torch.Tensor]
Guesses = Iterator[tuple[str, torch.Tensor]]  # kind, and how often each key counts
ONE, FOUR = {"H": 1, "Hkv": 1}, {"H": 4, "Hkv": 1}  # with four, a tile has fewer queries
SHARED = {"B": 1, "D": 128, "is_causal": True}
PLAIN = (("plain scores", "float32"),)
LATE = {"p7.1": "sinks-missing", "p7.2": "window-starts-late", "p7.3": "diagonal-starts-late"}
SHORT = {"p7.1": "sinks-missing", "p7.2": "window-loop-too-short", "p7.3": "last-tile-missing"}
FORGOTTEN = {"p7.2": "sinks-forgotten-on-edge", "p7.3": "sinks-forgotten-on-diagonal"}


def numbers_of(moment: Moment, names: Sequence[str]) -> dict[str, int]:
    """Whole numbers that a region found. Raises KeyError where one is gone."""
    return {name: int(moment.before[name]) for name in names}


def told_limits(region: str, names: tuple[str, str], s, w, n, q, first, inside) -> list[Finding]:
    """What is wrong with the ends of the window's tiles: for query tiles of q from s on, key tiles
    of n and a window of w. All are columns of whole numbers.
    """
    diagonal = s // n * n
    oldest, youngest = (s - w + 1).clamp_min(0), (s + q - w).clamp_min(0)
    early = (s - w).clamp_min(0)
    if bool(((first > oldest // n * n) | (first < 0) | (first % n != 0)).any()):
        guesses = [
            ("first-rounds-up", cdiv(oldest, n) * n),
            ("first-not-rounded", oldest),
            ("first-below-zero", (s - w + 1) // n * n),
            ("first-below-zero", (s - w) // n * n),
            ("first-by-last-query", youngest // n * n),
            ("first-by-last-query", (youngest - 1).clamp_min(0) // n * n),
            ("first-off-by-one", (s - w + 2).clamp_min(0) // n * n),
            ("first-in-tiles", oldest // n),
            ("first-rounds-up", cdiv(early, n) * n),
        ]
        kind = first_fit(first, guesses, "first-wrong")
        sound = (first <= oldest) & (first % n == 0)
        if kind == "first-wrong" and bool((sound | (first < 0)).all()):
            kind = "first-below-zero"
        elif kind == "first-wrong" and bool((first <= oldest).all()):
            kind = "first-not-rounded"
        return [Finding(kind, region, "", names[:1])]
    right = torch.minimum(cdiv(youngest, n) * n, diagonal)
    if bool((inside < right).any()):
        guesses = [
            ("inside-rounds-down", youngest // n * n),
            ("inside-by-first-query", cdiv(oldest, n) * n),
            ("inside-by-first-query", cdiv(early, n) * n),
            ("inside-in-tiles", cdiv(youngest, n)),
            ("edge-not-masked", first),
        ]
        guesses += [(kind, torch.minimum(guess, diagonal)) for kind, guess in guesses]
        return [Finding(first_fit(inside, guesses, "inside-wrong"), region, "", names[1:])]
    return []


def first_fit(found: torch.Tensor, guesses, otherwise: str) -> str:
    return next((kind for kind, guess in guesses if torch.equal(found, guess)), otherwise)


def one_side(region: str, table: Numbers) -> str:
    """The kind of all wrong keys alike: they lie in the future, or they are sinks; "" if mixed."""
    found, right = table["after"], next(x for name, x in table.items() if name == "0 ")
    more, less = found > right, found < right
    sink = table.get("sink", torch.zeros_like(more))
    if not bool(less.any()) and bool((table["key"] > table["query"])[more].all()):
        return "sinks-in-future" if bool(sink[more].all()) else "causal-missing"
    if bool(more.any()):
        return ""
    if "tile" in table and (region == "p7.1" or not bool(sink[less].all())):
        return whole_tiles(region, table, right)
    if bool(sink[less].all()):
        return FORGOTTEN.get(region, "")
    return ""


def whole_tiles(region: str, table: Numbers, right: torch.Tensor) -> str:
    """The kind where a loop leaves out tiles, its first ones or its last ones; "" otherwise."""
    seen: dict[tuple[int, int], list[bool]] = {}  # of each passage's tiles: which keys count
    known = (table[name][right > 0].tolist() for name in ("passage", "tile", "after"))
    for passage, tile, after in zip(*known, strict=True):
        seen.setdefault((int(passage), int(tile)), []).append(after > 0)
    if any(any(keys) and not all(keys) for keys in seen.values()):
        return ""
    late = short = True
    for (passage, tile), keys in seen.items():
        others = [n for (p, n), some in seen.items() if p == passage and any(some)]
        late &= any(keys) or not any(n < tile for n in others)
        short &= any(keys) or not any(n > tile for n in others)
    if late and short and region != "p7.1":
        return ""
    return LATE[region] if late else SHORT[region] if short else ""


def told(region: str, table: Numbers, variables: tuple[str, ...]) -> list[Finding]:
    """The first guess that says of all keys how often they count, with one key as an example."""
    found, right = table["after"], next(x for name, x in table.items() if name == "0 ")
    names = [name for name in table if name[:1].isdigit()]
    kind = next((n.partition(" ")[2] for n in names if torch.equal(table[n], found)), None)
    hidden = table["value"][found == 0] if "value" in table else torch.zeros(0)
    if kind == "":
        if len(hidden) and bool((hidden == 0).all()):
            return [Finding("mask-zero", region, "", variables)]
        if len(hidden) and bool(((hidden > -1e30) & (hidden < -50)).all()):
            return [Finding("mask-not-inf", region, "", variables)]
        return []
    at = int((found != right).nonzero()[0])
    times, wanted = float(found[at]), float(right[at])
    if kind is None:
        kind = (
            "keys-twice" if times > 1 else "hidden-keys-count" if times else "visible-keys-missing"
        )
        kind = one_side(region, table) or kind
    does = "counts twice" if times > 1 else "counts" if times > wanted else "misses"
    query, key = int(table["query"][at]), int(table["key"][at])
    words = (
        f"query {query} {does} key {key}" if times <= 1 else f"query {query} counts key {key} twice"
    )
    return [Finding(kind, region, f"For instance, {words}.", variables)]


def changes(moment: Moment) -> tuple[bool, ...]:
    """Which of m_i, l_i and acc are other ones after a passage."""
    names = ("m_i", "l_i", "acc")
    return tuple(not torch.equal(moment.before[n], moment.after[n]) for n in names)


def not_kept(kept: Sequence[tuple[bool, ...]]) -> str:
    """The kind where one of m_i, l_i and acc never changes though another one does; "" if none."""
    ever = [any(one) for one in zip(*kept, strict=True)]
    kinds = ("maximum-not-carried", "l-not-added", "acc-not-added")
    lost = [kind for kind, some in zip(kinds, ever, strict=True) if not some]
    return lost[0] if len(lost) == 1 else ""
