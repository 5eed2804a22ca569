"""Configurations that nobody chose: sizes, masks, magnitudes and places in memory, by number."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import triton

PROBLEMS = ("p3", "p4", "p5", "p6", "p7", "p8", "p9")
BACKWARD, WINDOWED, SINKS = ("p8", "p9"), ("p6", "p7", "p9"), ("p7", "p9")
COUNT = 301  # 43 for each problem

PRIMES = (1, 2, 3, 7, 13, 31, 61, 67, 127, 131, 251, 257, 509, 521, 1009, 1021, 2039)
EDGES = tuple(tile * n + off for tile in (16, 32, 64, 128) for n in (1, 3, 5) for off in (-1, 0, 1))
GROUPS = (1, 1, 2, 3, 4, 5, 8)  # query heads per kv head
SCORES = ("positive", "negative", "rising", "falling", "steep", "abyss")
FORWARD_SCORES = (*SCORES, "uneven", "large", "bygone")
PLACES = (
    *("contiguous",) * 4,
    *("heads_inside", "padded_rows", "every_other"),  # as selfcheck/memory.py places them
    *("misaligned", "odd_rows", "one_head", "one_sequence"),  # as answers.py does
)
DTYPES = (*("bfloat16",) * 12, *("float16",) * 5, "float32")

# What Triton's compiler, of the version given, makes wrong code of, and how that was seen.
MISCOMPILED = {
    "p4-162": (
        "3.6",
        "a row sum reads shared memory past its end (compute-sanitizer, H100) where D = 32, the"
        " rows of v are misaligned and those of k are two rows apart; with any one of these"
        " otherwise it is right",
    )
}


@dataclass(frozen=True)
class Configuration:
    """One call of a solution: the case's parameters, and where each input lies in memory.

    `only`: the sequences that are compared, where comparing all would take too long.
    """

    problem: str
    name: str
    params: Mapping[str, Any]
    places: Mapping[str, str] = field(default_factory=dict)
    only: tuple[int, ...] | None = None
    seed: int = 0

    @property
    def miscompiled(self) -> str:
        """Why the Triton that is here gets it wrong, "" if it should not."""
        version, why = MISCOMPILED.get(self.name, ("", ""))
        return why if version and triton.__version__.startswith(version) else ""


def drawn(number: int) -> Configuration:
    """Configuration `number`, always the same one."""
    dice = random.Random(f"configuration {number}")
    problem = PROBLEMS[number % len(PROBLEMS)]
    params = sizes(problem, dice) | mask(problem, dice) | values(problem, dice)
    if params["scores"] != "normal":  # the patterns are as steep as a case may be
        params |= dict.fromkeys({"scale", "softmax_scale"} & params.keys())
    if problem in WINDOWED:
        n = params["N"]
        params["window_size"] = dice.choice((1, 2, dice.randint(1, n), n, n + 1, 2 * n + 77))
    if problem in SINKS:
        params["sink_size"] = dice.choice((0, 1, 4, dice.randint(0, n), n, n + 9))
    names = ("q", "k", "v", "dO") if problem in BACKWARD else ("q", "k", "v")
    places = {name: dice.choice(PLACES) for name in names}
    return Configuration(problem, f"{problem}-{number}", params, places, seed=number)


def sizes(problem: str, dice: random.Random) -> dict[str, int]:
    """B, H, Hkv, D, and N or Nq and Nk."""
    group = 1 if problem in ("p3", "p4") else dice.choice(GROUPS)
    kv_heads = dice.choice((1, 2, 3))
    found = {"B": dice.choice((1, 1, 2, 3)), "H": group * kv_heads, "Hkv": kv_heads}
    found["D"] = dice.choice((16, 32, 64, 128))
    if problem in ("p3", "p4", "p5"):
        return found | {"Nq": length(dice), "Nk": length(dice)}
    return found | {"N": length(dice)}


def length(dice: random.Random) -> int:
    """A prime, or a length at the edge of some tile."""
    return dice.choice(dice.choice((PRIMES, EDGES)))


def mask(problem: str, dice: random.Random) -> dict[str, Any]:
    """`is_causal`, and the scale where a problem takes one."""
    scale = dice.choice((None, None, 0.5, 0.05))
    own = {"p8": {"softmax_scale": scale}, "p9": {"scale": scale}}
    return {"is_causal": problem != "p3"} | own.get(problem, {})


def values(problem: str, dice: random.Random) -> dict[str, Any]:
    """The dtype, and how large scores and values are."""
    patterns = SCORES if problem in BACKWARD else FORWARD_SCORES
    found: dict[str, Any] = {"dtype": dice.choice(DTYPES)}
    found["scores"] = dice.choice(("normal", dice.choice(patterns)))
    if problem not in BACKWARD:  # float16 has no room for the gradients of large values
        found["v_scale"] = dice.choice((1.0, 1.0, 1e-3, 1e3))
    return found


def huge(problem: str) -> list[Configuration]:
    """What does not fit into 32 bits, or into a grid's second axis."""
    usual = {"is_causal": problem != "p3", "dtype": "bfloat16", "H": 2, "Hkv": 2, "D": 64}
    usual |= {"p8": {"softmax_scale": None}, "p9": {"scale": None}}.get(problem, {})
    if problem in WINDOWED:
        usual["window_size"] = 50
    if problem in SINKS:
        usual["sink_size"] = 5
    inputs = ("q", "k", "v", "dO") if problem in BACKWARD else ("q", "k", "v")

    def one(name, n, only=None, place="contiguous", **sizes):
        lengths = {"Nq": n, "Nk": n} if problem in ("p3", "p4", "p5") else {"N": n}
        params, places = usual | lengths | sizes, dict.fromkeys(inputs, place)
        return Configuration(problem, f"{problem}-{name}", params, places, only, seed=7)

    return [
        one("heads-2^31-elements-apart", 200, (0,), "far_heads", B=1),
        one("rows-2^23-elements-apart", 257, (0,), "far_rows", B=1, H=1, Hkv=1),
        one("more-than-65535-heads", 33, (0, 1, 34999, 35000), B=35001, D=16),
        one("more-than-2^31-elements", 257, (0, 65535, 65792), B=65793, H=1, Hkv=1, D=128),
    ]


def groups() -> dict[str, tuple[list[Configuration], int]]:
    """All of them, by how many fit into a GPU's memory together.

    The large ones have twins of three sequences among the drawn ones: what those compile on all
    cores, the large ones find in Triton's cache.
    """
    some = [drawn(number) for number in range(COUNT)]
    far = [one for problem in PROBLEMS for one in huge(problem)[:2]]
    large = [one for problem in PROBLEMS for one in huge(problem)[2:]]
    return {
        "drawn": ([_twin(one) for one in large] + some, len(some)),
        "far": (far, 3),
        "large": (large, 1),
    }


def _twin(one: Configuration) -> Configuration:
    return replace(one, name=f"{one.name}-twin", params={**one.params, "B": 3}, only=None)
