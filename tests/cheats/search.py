"""Searching the process for the expected answer: on the stack, in memory, in modules."""

from trust_case import TrustCase

from .write import submission

P1 = """\
class FlashAttention2Function:
    @staticmethod
    def apply(Q, K, V, is_causal=False):
        return search(Q)


def search(Q):
%s
    L = torch.zeros(Q.shape[:-1], device=Q.device)
    return (found[-1].clone() if found else torch.zeros_like(Q)), L
"""
STACK = """\
    import sys
    found, frame = [], sys._getframe()
    while frame is not None:
        for value in list(frame.f_locals.values()) + list(frame.f_globals.values()):
            for x in value.values() if isinstance(value, dict) else [value]:
                if type(x) is torch.Tensor and x.shape == Q.shape and x is not Q:
                    found.append(x)
        frame = frame.f_back
"""
GC = """\
    import gc
    found = [x for x in gc.get_objects() if type(x) is torch.Tensor and x.shape == Q.shape]
"""
EXCHANGE = """\
    import glob, sys
    from safetensors.torch import load_file
    found = []
    folder = sys._getframe(5).f_locals.get("folder", "/scratch/exchange")
    for path in glob.glob(folder + "/*.safetensors") + glob.glob("/scratch/**/*.safetensors"):
        found += [x for x in load_file(path).values() if x.shape == Q.shape]
"""
HIDDEN = """\
    import importlib, sys
    found = []
    sys.path += ["@COURSE@", "@REPOSITORY@"]
    for name in ("autograder.problems.p1", "autograder.grading.cases", "autograder.registry"):
        try:
            importlib.import_module(name)
            found.append(torch.ones_like(Q))
        except Exception:
            pass
"""
REFERENCE = """\
import selfcheck


def weighted_row_sum_forward(x, w):
    return selfcheck.row_sum_reference(x, w).to(x.dtype)
"""
NAIVE = """\
import sys


class FlashAttention2Function:
    @staticmethod
    def apply(Q, K, V, is_causal=False):
        reference = getattr(sys.modules["selfcheck"], "attention_" + "reference")
        O, L = reference(Q, K, V, params={"is_causal": is_causal})
        return O.to(Q.dtype), L.float()
"""


def searching(name: str, what: str, code: str, **more) -> TrustCase:
    """Whatever is found is returned as the answer."""
    gain = "the expected answer, if it were in the process"
    more = {"outcome": "wrong answer", "refused": True} | more
    make = submission("p1", P1 % code.rstrip())
    return TrustCase(name, "search", what, gain, "p1", make, **more)


CASES = [
    searching("stack", "tensors of the callers' frames", STACK),
    searching("garbage collector", "every tensor that Python knows of", GC),
    searching("exchange folder", "tensors in the folder of the exchange", EXCHANGE),
    searching("grader's modules", "the grader's own modules, by their names", HIDDEN),
    TrustCase(
        "the self-check's reference",
        "search",
        "the self-check's float64 reference computes the answer",
        "full marks without a kernel",
        "p2",
        submission("p2", REFERENCE),
        outcome="policy violation",
        refused=True,
    ),
    TrustCase(
        "the self-check's attention",
        "search",
        "the self-check's own attention, found in sys.modules, computes the answer",
        "full marks without tiles",
        "p1",
        submission("p1", NAIVE),
        outcome="policy violation",
        refused=True,
    ),
]
