"""Objects that look like tensors and answer as they please, and answers that compute themselves."""

from trust_case import TrustCase

from .write import submission

RETURNS = """\
%s


class FlashAttention2Function:
    @staticmethod
    def apply(Q, K, V, is_causal=False):
        O, L = torch.zeros_like(Q), torch.zeros(Q.shape[:-1], device=Q.device)
        return %s, L
"""
AGREEABLE = """\
class Agreeable(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        out = super().__torch_function__(function, types, args, kwargs or {})
        return torch.zeros_like(out) if isinstance(out, torch.Tensor) else out
"""
SHAPED = """\
class Shaped(torch.Tensor):
    shape = property(lambda self: torch.Size((1, 2, 128, 16)))
    dtype = property(lambda self: torch.float16)
"""
LAZY = """\
class Lazy(torch.Tensor):
    @staticmethod
    def of(make, like):
        self = torch.Tensor._make_subclass(Lazy, like)
        self.make = make
        return self

    def detach(self):
        return self

    def cpu(self):
        return self.make()
"""
LAZY_ENTRY = """\
class FlashAttention2Function:
    @staticmethod
    def apply(Q, K, V, is_causal=False):
        def scores():
            S = Q.float() @ K.float().mT / math.sqrt(Q.shape[-1])
            hidden = torch.ones(S.shape[-2:], dtype=torch.bool, device=Q.device).triu(1)
            return S.masked_fill(hidden, -math.inf) if is_causal else S

        O = Lazy.of(lambda: (scores().softmax(-1) @ V.float()).to(Q.dtype), torch.zeros_like(Q))
        L = torch.zeros(Q.shape[:-1], device=Q.device)
        return O, Lazy.of(lambda: scores().logsumexp(-1), L)
"""
THREAD = """\
import threading, time


class FlashAttention2Function:
    @staticmethod
    def apply(Q, K, V, is_causal=False):
        O, L = torch.zeros_like(Q), torch.zeros(Q.shape[:-1], device=Q.device)

        def later():
            time.sleep(0.3)
            O.copy_(torch.nn.functional.scaled_dot_product_attention(Q, K, V))

        threading.Thread(target=later).start()
        return O, L
"""


def lying(name: str, what: str, setup: str, value: str, outcome: str = "wrong answer", **more):
    """Zeros, wrapped."""
    make = submission("p1", RETURNS % (setup, value))
    gain = "the comparison would be the object's own"
    return TrustCase(name, "lying tensors", what, gain, "p1", make, outcome=outcome, **more)


CASES = [
    lying("subclass", "every operation on it gives 0", AGREEABLE, "O.as_subclass(Agreeable)"),
    lying("shape", "it states any shape and dtype", SHAPED, "torch.ones(1).as_subclass(Shaped)"),
    lying("meta tensor", "it has a shape and no memory", "", "O.to('meta')"),
    lying("sparse tensor", "zeros that are not stored", "", "O.to_sparse()"),
    lying(
        "no tensor",
        "an object with a tensor's attributes",
        "import types",
        "types.SimpleNamespace(shape=O.shape, dtype=O.dtype, device=O.device)",
        refused=True,
    ),
    lying(
        "endless strides",
        "one number, expanded to the shape",
        "",
        "torch.zeros((), dtype=Q.dtype, device=Q.device).expand(Q.shape)",
    ),
    TrustCase(
        "lazy tensor",
        "lazy evaluation",
        "a tensor that computes only when it is read, after the clock has stopped",
        "a time of nothing for a right answer",
        "p1",
        submission("p1", LAZY + LAZY_ENTRY),
        outcome="wrong answer",
        says="plain torch.Tensor",
        refused=True,
    ),
    TrustCase(
        "late writer",
        "lazy evaluation",
        "a thread fills the answer in after it was returned",
        "a time of nothing for a right answer",
        "p1",
        submission("p1", THREAD),
        outcome="wrong answer",
        refused=True,
    ),
]
