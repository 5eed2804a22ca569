"""A program watched while it runs: what its variables hold as each region begins and as it ends.

The markers of the regions are lines of the frame. In the watched program a call stands in their
place, so that no line moves and the student's text stays as it is.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from .faults import Fault, fault
from .program import Program
from .running import answer, load_program

HOOK = "_watch_region"
OUTPUTS = ""  # stands for a region's name where the outputs are packed
MOST = 1 << 22  # numbers of one run that are kept

Names = Mapping[str, Sequence[str]]  # for each region, the variables to look at


@dataclass
class Moment:
    """One passage through a region: its variables before and after, all in float64."""

    region: str
    before: dict[str, torch.Tensor] = field(default_factory=dict)
    after: dict[str, torch.Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class Observed:
    """What was seen of one run: its moments in order, what came out, or how it failed."""

    moments: list[Moment]
    outputs: dict[str, torch.Tensor]
    fault: Fault | None = None


class Recorder:
    """What the calls in the markers' places note down."""

    def __init__(self, names: Names) -> None:
        self.names, self.kept = names, 0
        self.moments: list[Moment] = []
        self.open: list[Moment] = []  # a region may call a function that holds another

    def __call__(self, region: str, ends: bool, variables: Mapping[str, Any]) -> None:
        if not ends:
            self.open.append(Moment(region))
            self.moments.append(self.open[-1])
        moment = self.open.pop() if ends else self.open[-1]
        side = moment.after if ends else moment.before
        for name in self.names.get(region, ()):
            value = plain(variables.get(name))
            if value is not None and self.kept + value.numel() <= MOST:
                self.kept += value.numel()
                side[name] = value


def plain(value: Any) -> torch.Tensor | None:
    """A variable's numbers as they are now, in float64; None for what holds no numbers."""
    if hasattr(value, "handle"):  # Triton's interpreter: a numpy array inside
        value = torch.from_numpy(value.handle.data.astype("float64"))
    value = getattr(value, "value", value)  # a constexpr
    if isinstance(value, torch.Tensor):
        return value.detach().to("cpu", torch.float64, copy=True)
    if isinstance(value, (bool, int, float)):
        return torch.tensor(float(value), dtype=torch.float64)
    return None


def watched_program(program: Program) -> Program:
    """The program with calls of the hook where the markers stand."""
    lines = program.source.split("\n")
    for region, span in program.spans.items():
        for ends, number in enumerate(span):
            line = lines[number - 1]
            indent = line[: len(line) - len(line.lstrip())]
            lines[number - 1] = f"{indent}{HOOK}({region!r}, {bool(ends)}, locals())"
    return Program("\n".join(lines), program.spans)


def load_watched(program: Program) -> ModuleType:
    """The watched program as a module. Raises what the program raises."""
    return load_program(watched_program(program), Path(tempfile.mkdtemp(prefix="selfcheck-")))


def observe(
    program: Program,
    module: ModuleType,
    task: Mapping[str, Any],
    inputs: Mapping[str, torch.Tensor],
    names: Names,
) -> Observed:
    """Call the entry point of a watched program once and note what happens."""
    recorder = Recorder(names)
    setattr(module, HOOK, recorder)
    try:
        found = answer(task, module, dict(inputs))
    except Exception as error:
        return Observed(recorder.moments, {}, fault(error, watched_program(program)))
    return Observed(recorder.moments, found.outputs)


def packed(seen: Observed) -> tuple[list[dict[str, Any]], torch.Tensor]:
    """What was seen as plain data: an index, and all numbers in one row."""
    index: list[dict[str, Any]] = []
    numbers: list[torch.Tensor] = []
    outputs = Moment(OUTPUTS, after={n: x.double() for n, x in seen.outputs.items()})
    for moment in [*seen.moments, outputs]:
        entry: dict[str, Any] = {"region": moment.region}
        for side in ("before", "after"):
            values = getattr(moment, side)
            entry[side] = {name: list(x.shape) for name, x in values.items()}
            numbers += [x.flatten() for x in values.values()]
        index.append(entry)
    return index, torch.cat(numbers) if numbers else torch.zeros(0, dtype=torch.float64)


def unpacked(index: Any, numbers: torch.Tensor, names: Names) -> Observed:
    """What `packed` was given; `names` has the outputs' too. Raises ValueError where it does not
    fit together: it may come from a process that is not to be trusted.
    """
    moments, at = [], 0
    for entry in _checked(index, list):
        moment = Moment(_checked(_checked(entry, dict).get("region"), str))
        for side in ("before", "after"):
            for name, shape in _checked(entry.get(side), dict).items():
                sizes = [_checked(size, int) for size in _checked(shape, list)]
                count = math.prod(sizes)
                known = name in names.get(moment.region, ())
                if not known or min(sizes, default=0) < 0 or at + count > len(numbers):
                    raise ValueError("What was seen does not fit together.")
                getattr(moment, side)[name] = numbers[at : at + count].reshape(sizes)
                at += count
        moments.append(moment)
    if not moments or moments[-1].region != OUTPUTS:
        raise ValueError("What was seen has no end.")
    return Observed(moments[:-1], moments[-1].after)


def _checked(value: Any, kind: type) -> Any:
    if type(value) is not kind:
        raise ValueError("What was seen is not of the form that was asked for.")
    return value
