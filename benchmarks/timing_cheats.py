"""Attempts to look fast, and ways to break the GPU: what benchmarks/timing_trust.py runs.

Each is a correct but slow submission with one more cell. `AHEAD` names the worker that runs beside
student code: an attacker may replace any of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from autograder.classroom.demo_edit import Draft, add_before_check

Step = Callable[[Draft], None]


@dataclass(frozen=True)
class Attempt:
    """One submission and what the grader may make of it.

    `refused` names the statuses that end it without points; without any it must be timed, and must
    not look more than a little faster than the same kernel does honestly (`like`).
    """

    name: str
    steps: tuple[Step, ...] = ()
    problem: str = "p3"
    like: str = ""
    refused: tuple[str, ...] = ()
    whole: bool = False  # graded with all its cases, not timed only


def edit(*pairs: tuple[str, str]) -> Step:
    """Replace texts that occur in the solution cell."""

    def step(draft: Draft) -> None:
        cell = draft.cell("solution")
        for old, new in pairs:
            if old not in cell.source:
                raise SystemExit(f"benchmarks/timing_cheats.py: adapt {old!r} to the solution.")
            cell.source = cell.source.replace(old, new)

    return step


FLOAT32 = edit(
    ("tl.dot(q, tl.trans(k))", "tl.dot(q.to(tl.float32), tl.trans(k.to(tl.float32)))"),
    ("tl.dot(p.to(v.dtype), v, acc)", "tl.dot(p, v.to(tl.float32), acc)"),
)
SMALL_TILES = edit(("TILE_K = 64", "TILE_K = 32"))
HALF = edit(("range(0, Nk, BLOCK_N)", "range(0, Nk, 2 * BLOCK_N)"))
EIGHT_BITS = edit(
    (
        "tl.dot(p.to(v.dtype), v, acc)",
        "tl.dot(p.to(tl.float8e5), v.to(tl.float8e5), acc)",
    ),
)

WRAP = """
import sys, torch
_real = flash_attention_forward
worker = next(m for m in list(sys.modules.values()) if "timed_block" in vars(m))
"""
SIDE = """
_side = torch.cuda.Stream()

def flash_attention_forward(q, k, v, is_causal=False):
    o = torch.empty_like(q)
    with torch.cuda.stream(_side):
        o.copy_(_real(q, k, v, is_causal))
    return o
"""
BLIND = """
class _Event:
    def __init__(self, *args, **kwargs): pass
    def record(self, *args): pass
    def synchronize(self): pass
    def elapsed_time(self, other): return 0.001

torch.cuda.Event = _Event
torch.cuda.synchronize = lambda *args: None
"""
CLOCKS = """
import time
time.perf_counter = time.monotonic = time.time = lambda: 0.0
"""
BY_POINTER = """
_seen = {}

def flash_attention_forward(q, k, v, is_causal=False):
    key = (q.data_ptr(), k.data_ptr(), v.data_ptr())
    if key not in _seen:
        _seen[key] = _real(q, k, v, is_causal)
    return _seen[key]
"""
BY_SHAPE = BY_POINTER.replace("(q.data_ptr(), k.data_ptr(), v.data_ptr())", "q.shape")
BY_CONTENT = BY_POINTER.replace(
    "(q.data_ptr(), k.data_ptr(), v.data_ptr())",
    "tuple(x.flatten()[:4].tolist() for x in (q, k, v)).__repr__()",
)
AHEAD = """
import random
_prepare, _answers = worker.prepare_timing, {}

def prepare_timing(folder, token):
    _prepare(folder, token)
    for _ in range(2000):  # answers to places that may come
        at = {n: random.randrange((len(x) - 1048576) // 64) * 64
              for n, x in worker.BLOCKS["memory"].items()}
        x = worker.inputs_at(at)
        _answers[tuple(at.values())] = _real(x["q"], x["k"], x["v"])

def flash_attention_forward(q, k, v, is_causal=False):
    key = (q.storage_offset(), k.storage_offset(), v.storage_offset())
    return _answers[key] if key in _answers else _real(q, k, v, is_causal)

worker.prepare_timing = prepare_timing
"""
LAZY = """
class Lazy(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        args = [a.now() if isinstance(a, Lazy) else a for a in args]
        return function(*args, **(kwargs or {}))

    def now(self):
        return _real(*self.inputs)

def flash_attention_forward(q, k, v, is_causal=False):
    o = torch.empty_like(q).as_subclass(Lazy)
    o.inputs = (q, k, v, is_causal)
    return o
"""
SEAL_FIRST = """
def timed_block(folder, token):
    task = worker.BLOCKS["task"]
    go, sealed = worker.open_lines(folder, token)
    places = worker.hear(go)["places"]
    worker.say(sealed, {"seal": [0] * 64})
    outputs = [_real(*(worker.inputs_at(at)[n] for n in "qkv")) for at in places]
    worker.BLOCKS[token] = {"O": torch.stack(outputs)}
    worker.write_status(folder, token, {"status": "timed", "ms": 0.001})

worker.timed_block = timed_block
"""
TRIMMED = """
def timed_block(folder, token):
    w, task = worker, worker.BLOCKS["task"]
    for at in task["warm"] * 5:
        last = _real(*(w.inputs_at(at)[n] for n in "qkv"))
    calls = w.read_task(folder, token)["calls"]
    stacked = torch.empty((calls, *last.shape), dtype=last.dtype, device="cuda")
    room = [torch.empty_like(last) for _ in range(10)]
    w.seal({"O": stacked})
    del room, last
    torch.cuda.synchronize()
    go, sealed = w.open_lines(folder, token)
    for n, at in enumerate(w.hear(go)["places"]):
        x = w.inputs_at(at)
        stacked[n] = _real(x["q"], x["k"], x["v"])
    w.say(sealed, {"seal": w.seal({"O": stacked})})
    w.BLOCKS[token] = {"O": stacked}
    w.write_status(folder, token, {"status": "timed", "ms": 0.001})

worker.timed_block = timed_block
"""
SPIN = """
import os
for _ in range(2 * os.cpu_count()):
    if os.fork() == 0:
        while True:
            pass
"""
QUEUE = """
_timed, _big = worker.timed_block, torch.randn(8192, 8192, device="cuda", dtype=torch.bfloat16)

def timed_block(*args):  # after each block: a second of work for the GPU while others are timed
    _timed(*args)
    for _ in range(700):
        _big @ _big

worker.timed_block = timed_block
"""
HOLD = """
_held = []
try:
    while True:
        _held.append(torch.empty(1 << 30, dtype=torch.uint8, device="cuda"))
except torch.cuda.OutOfMemoryError:
    del _held[-3:]
torch.cuda.empty_cache()
"""


def late(fault: str) -> str:
    """A cell whose entry point goes wrong in the middle of the first timed block."""
    return WRAP + (
        "_calls = 0\n\n"
        "def flash_attention_forward(q, k, v, is_causal=False):\n"
        "    global _calls\n"
        "    _calls += 1\n"
        "    if _calls > 50:\n"
        f"        {fault}\n"
        "    return _real(q, k, v, is_causal)\n"
    )


ILLEGAL = """
import triton, triton.language as tl

@triton.jit
def _stray(p):
    tl.store(p + tl.arange(0, 128) + 1099511627776, 1.0)
"""


def slow(name: str, cell: str, *refused: str) -> Attempt:
    """The p3 kernel with float32 operands, and a cell that tries to hide how slow it is."""
    steps = (FLOAT32, add_before_check(cell)) if cell else (FLOAT32,)
    return Attempt(name, steps, like="p3 float32 operands" if cell else "", refused=refused)


HONEST = (
    Attempt("p3 solution"),
    slow("p3 float32 operands", ""),
    Attempt("p1 solution", problem="p1"),
    Attempt("p1 small tiles", (SMALL_TILES,), problem="p1"),
)
CHEATS = (
    slow("late writes, patched waiting", WRAP + BLIND + SIDE, "wrong answer", "error"),
    slow("work on a side stream", WRAP + SIDE),
    slow("cached by pointer", WRAP + BY_POINTER),
    slow("cached by shape", WRAP + BY_SHAPE, "wrong answer"),
    slow("cached by content", WRAP + BY_CONTENT),
    slow("patched events and clocks", WRAP + BLIND + CLOCKS),
    slow("answers prepared ahead", WRAP + AHEAD),
    slow("lazy outputs", WRAP + LAZY, "wrong answer"),
    slow("worker replaced: seals first", WRAP + SEAL_FIRST, "wrong answer"),
    slow("worker replaced: no overhead", WRAP + TRIMMED),
    slow("processes spin on all cores", SPIN),
    slow("work queued for others' turns", WRAP + QUEUE),
    slow("all memory held", WRAP + HOLD),
    Attempt("half of the keys", (HALF,), refused=("wrong answer",)),
    Attempt("8-bit operands", (EIGHT_BITS,), refused=("wrong answer",)),
    Attempt(
        "p1: processes spin on all cores",
        (SMALL_TILES, add_before_check(SPIN)),
        problem="p1",
        like="p1 small tiles",
    ),
)
FAULTS = (
    slow("illegal access while timed", ILLEGAL + late("_stray[(1,)](q)"), "crashed"),
    slow("endless kernel while timed", late("torch.cuda._sleep(1 << 45)"), "timed out"),
    slow("killed while timed", late("import os; os.kill(os.getpid(), 9)"), "crashed"),
    slow(
        "more memory than there is, while timed",
        late("torch.empty(1 << 40, dtype=torch.uint8, device=q.device)"),
        "out of memory",
    ),
    Attempt(
        "illegal access in every case",
        (
            add_before_check(
                WRAP
                + ILLEGAL
                + "def flash_attention_forward(q, k, v, is_causal=False):\n"
                + "    _stray[(1,)](q)\n    return _real(q, k, v, is_causal)\n"
            ),
        ),
        refused=("crashed",),
        whole=True,
    ),
    Attempt("neighbour: p3 solution, whole", whole=True),
)
