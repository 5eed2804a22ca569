"""One function decides where the student's code runs, and says so in one sentence."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

import torch

from .triton_missing import import_triton, needs_triton


@dataclass(frozen=True)
class Mode:
    """Where the code runs (`device`: "cuda" or "cpu"), in which dtype, and why."""

    device: str
    dtype: torch.dtype
    sentence: str

    @property
    def on_gpu(self) -> bool:
        return self.device == "cuda"


def decide(name: str | None, capability: tuple[int, int] | None, uses_triton: bool = True) -> Mode:
    """The device policy. `name` and `capability` describe the CUDA card; None means no card.

    `torch.cuda.is_bf16_supported()` is not asked: on older cards it counts slow emulation.
    """
    if capability is None:
        how = "Triton kernels run in Triton's interpreter" if uses_triton else "your code runs"
        return Mode(
            "cpu",
            torch.float16,
            f"No GPU here: {how} on the CPU, in float16 and on small cases only. Right answers "
            "here are right on a GPU too; speed needs a GPU.",
        )
    card = f"{name} (compute capability {capability[0]}.{capability[1]})"
    if capability >= (8, 0):
        return Mode("cuda", torch.bfloat16, f"GPU: {card}. Cases run in bfloat16.")
    slow = " Triton compiles slowly for this card: expect up to a minute before the first result."
    return Mode(
        "cuda",
        torch.float16,
        f"GPU: {card}. It has no native bfloat16, so cases run in float16."
        + (slow if uses_triton else ""),
    )


def current_mode(uses_triton: bool = True) -> Mode:
    """The mode of this machine."""
    if not torch.cuda.is_available():
        return decide(None, None, uses_triton)
    return decide(torch.cuda.get_device_name(), torch.cuda.get_device_capability(), uses_triton)


def setup(install: Callable[[str], str] | None = None, platform: str = sys.platform) -> Mode:
    """Choose the device, make Triton ready for it, and print one sentence that says which.

    Call it before the first `import triton`: the interpreter can only be switched on before. Where
    the notebook needs Triton and there is none, it is installed (by `install`, see
    triton_missing.py). Raises NoTriton with what to do where that fails.
    """
    uses_triton = needs_triton()
    mode = current_mode(uses_triton)
    if not mode.on_gpu and os.environ.get("TRITON_INTERPRET") != "1":
        if "triton.language" in sys.modules:
            raise RuntimeError(
                "Triton was imported before setup(), so its interpreter cannot be switched on. "
                "Restart the runtime and run the cells from the top."
            )
        os.environ["TRITON_INTERPRET"] = "1"
    if uses_triton:
        import_triton(install, platform)
    print(mode.sentence)
    return mode


def stand_in() -> ModuleType:
    """A module `selfcheck` for programs that nobody works on: its `setup()` chooses nothing, and
    whatever else the given code imports from it is None.
    """
    given = ModuleType("selfcheck")
    given.__dict__.update(setup=current_mode, __getattr__=_nothing)
    return given


def _nothing(name: str) -> None:
    if name.startswith("__"):
        raise AttributeError(name)
