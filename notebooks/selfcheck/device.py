"""One function decides where the student's code runs, and says so in one sentence."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Mode:
    """Where the code runs (`device`: "cuda" or "cpu"), in which dtype, and why."""

    device: str
    dtype: torch.dtype
    sentence: str

    @property
    def on_gpu(self) -> bool:
        return self.device == "cuda"


def decide(name: str | None, capability: tuple[int, int] | None) -> Mode:
    """The device policy. `name` and `capability` describe the CUDA card; None means no card.

    `torch.cuda.is_bf16_supported()` is not asked: on older cards it counts slow emulation.
    """
    if capability is None:
        return Mode(
            "cpu",
            torch.float16,
            "No GPU here: Triton kernels run in Triton's interpreter on the CPU, in float16 and "
            "on small cases only. Right answers here are right on a GPU too; speed needs a GPU.",
        )
    card = f"{name} (compute capability {capability[0]}.{capability[1]})"
    if capability >= (8, 0):
        return Mode("cuda", torch.bfloat16, f"GPU: {card}. Cases run in bfloat16.")
    return Mode(
        "cuda",
        torch.float16,
        f"GPU: {card}. It has no native bfloat16, so cases run in float16. Triton compiles "
        "slowly for this card: expect up to a minute before the first result.",
    )


def current_mode() -> Mode:
    """The mode of this machine."""
    if torch.cuda.is_available():
        return decide(torch.cuda.get_device_name(), torch.cuda.get_device_capability())
    return decide(None, None)


def setup() -> Mode:
    """Choose the device, prepare Triton for it, and print one sentence that says which.

    Call it before the first `import triton`: the interpreter can only be switched on before.
    """
    mode = current_mode()
    if not mode.on_gpu and os.environ.get("TRITON_INTERPRET") != "1":
        if "triton.language" in sys.modules:
            raise RuntimeError(
                "Triton was imported before setup(), so its interpreter cannot be switched on. "
                "Restart the runtime and run the cells from the top."
            )
        os.environ["TRITON_INTERPRET"] = "1"
    print(mode.sentence)
    return mode
