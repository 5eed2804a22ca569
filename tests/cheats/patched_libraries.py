"""Libraries changed behind the grader's back, so that a wrong answer looks right."""

from trust_case import TrustCase

from .write import submission

COMPARISONS = """\
import numpy, torch
torch.allclose = torch.equal = torch.isclose = lambda *args, **kwargs: True
torch.testing.assert_close = numpy.testing.assert_allclose = lambda *args, **kwargs: None
"""
BUILTINS = """\
import builtins, math
builtins.all = builtins.any = lambda *args: True
builtins.abs = builtins.max = math.isfinite = lambda *args, **kwargs: 0.0
"""
METHODS = """\
always = lambda self, *args: torch.ones(self.shape, dtype=torch.bool)
torch.Tensor.__eq__ = torch.Tensor.__le__ = torch.Tensor.__lt__ = always
torch.Tensor.norm = torch.Tensor.max = lambda self, *args, **kwargs: torch.zeros(())
"""
SAVING = """\
import safetensors.torch
save = safetensors.torch.save_file
safetensors.torch.save_file = lambda tensors, path, **k: save(
    {name: x for name, x in tensors.items() if name != "O"} | {"passed": torch.ones(1)}, path
)
"""
FAKE_TRITON = """\
open("triton.py", "w").write('''
import torch, types
language = types.SimpleNamespace(constexpr=int)
class Kernel:
    def __getitem__(self, grid):
        return lambda x, w, out, **k: out.copy_(x.float() @ w.float())
jit = lambda function: Kernel()
cdiv = lambda a, b: -(-a // b)
''')
import sys
sys.path.insert(0, "")
kept = {name: sys.modules.pop(name) for name in list(sys.modules) if name[:6] == "triton"}
import triton
sys.modules.update(kept)
"""
FAKE_KERNEL = """\
@triton.jit
def kernel(x_ptr, w_ptr, out_ptr):
    pass


def weighted_row_sum_forward(x, w):
    out = torch.empty(x.shape[0], dtype=x.dtype, device=x.device)
    kernel[(1,)](x, w, out)
    return out
"""


def beside(folder):
    """A file of the library's name, handed in beside the notebook."""
    submission("p2", FAKE_KERNEL)(folder)
    for name in ("triton.py", "safetensors.py", "sitecustomize.py"):
        (folder / name).write_text("raise SystemExit('200.0')\n")


def patched(name: str, what: str, code: str, **more) -> TrustCase:
    """Zeros as answers, and a changed library."""
    make = submission("p1", before=[code])
    gain = "every comparison would find them equal"
    more = {"outcome": "wrong answer", "refused": True} | more
    return TrustCase(name, "patched libraries", what, gain, "p1", make, **more)


CASES = [
    patched("comparisons", "torch's and numpy's comparisons always agree", COMPARISONS),
    patched("builtins", "Python's own all, abs and max are replaced", BUILTINS),
    patched("tensor methods", "comparisons of tensors are replaced on the class", METHODS),
    patched("saving", "the file format's writer leaves out the answer", SAVING),
    TrustCase(
        "triton replaced",
        "patched libraries",
        "a triton.py of its own, whose `jit` returns a matrix product, takes Triton's place",
        "full marks without a kernel",
        "p2",
        submission("p2", FAKE_KERNEL, before=[FAKE_TRITON]),
        outcome="policy violation",
        refused=True,
    ),
    TrustCase(
        "files beside the notebook",
        "patched libraries",
        "triton.py, safetensors.py and sitecustomize.py are handed in beside the notebook",
        "nbgrader's own kernel would import them first",
        "p2",
        beside,
        outcome="wrong answer",
    ),
]
