"""What a problem brings to a diagnosis: inputs to watch it on, and how to read what was seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from .problem import Params, Tensors
from .trace import Names, Observed


@dataclass(frozen=True)
class Scene:
    """A small input on which mistakes show; `make(params)` gives the same tensors every time."""

    name: str
    params: Params
    make: Callable[[Params], Tensors]


@dataclass(frozen=True)
class Run:
    """A scene that was played: its inputs, and what was seen."""

    scene: Scene
    inputs: Tensors
    observed: Observed


@dataclass(frozen=True)
class Finding:
    """One mistake that a witness saw: what kind, in which region, and the bare fact.

    `variables` are the region's variables that it shows in, the one that the step at fault sets
    first: the second hint names the line that sets it.
    """

    kind: str
    region: str
    fact: str = ""
    variables: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reason:
    """What to tell of a kind of mistake. `role` is the job of the step at fault ("rescale").

    `sentence` says what is wrong, `question` asks for the idea behind it, `goal` says what the step
    must achieve. None of them says how to write it. `vague` ones say what was seen, not why: they
    are told as facts, and only where no cause is known.
    """

    role: str
    sentence: str
    question: str
    goal: str
    vague: bool = False


@dataclass(frozen=True)
class Witnesses:
    """How one problem is diagnosed.

    `names` are the variables to watch in each region; `read(runs)` gives the findings of all scenes
    together, the most basic first. `steps` says which numbered step of a region has which role.
    `weights` names the output that is the table of weights where a scene's values are unit vectors.
    """

    scenes: Sequence[Scene]
    names: Names
    read: Callable[[Sequence[Run]], list[Finding]]
    steps: Mapping[str, Mapping[str, int]]
    reasons: Mapping[str, Reason] = field(default_factory=dict)
    weights: str = ""
