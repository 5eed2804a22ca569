"""What p2's running sums should hold after each tile of columns: for `look()`."""

from __future__ import annotations

import torch

from ...look import LOOP, Look
from ...problem import Tensors
from ...trace import Moment
from .sums import scene


def in_columns(moment: Moment, inputs: Tensors, params) -> Tensors:
    """The sums over all columns up to the end of this turn's tile, for the program's rows."""
    seen = moment.after
    end, rows = int(seen["offs_c"].max()) + 1, seen["offs_r"].long()
    x = torch.nn.functional.pad(inputs["x"].double(), (0, 0, 0, int(rows.max()) + 1))[rows]
    return {"acc": x[:, :end] @ inputs["w"].double()[:end]}


def columns_of(moment: Moment) -> str:
    first, last = (int(f(moment.after["offs_c"])) for f in (torch.min, torch.max))
    return f"rows from {int(moment.after['offs_r'].min())}, columns {first} to {last}"


LOOK_2 = Look(
    scene(3, 9000),
    {LOOP.format("p2.1"): ("offs_r", "offs_c", "acc")},
    in_columns,
    columns_of,
)
