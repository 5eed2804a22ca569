"""Right answers are asked where they come from: what is counted, and what is made of the counts."""

from __future__ import annotations

import _thread
import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy
import pytest
import torch
from tornado.ioloop import IOLoop

from autograder.grading.audit import too_much_work
from autograder.sandbox import unseen
from autograder.sandbox.watch import Counted, watching
from autograder.selfcheck.policy import PYTORCH_POLICY, ROW_SUM_POLICY, TRITON_POLICY


def seen(function) -> dict:
    """What is counted while `function` runs on x (8, 16) and y (16, 4)."""
    x, y = torch.ones(8, 16), torch.ones(16, 4)
    with watching({"watch": True}) as counts:
        function(x, y)
    return counts


@pytest.mark.parametrize(
    ("function", "work"),
    [
        (lambda x, y: x @ y, 8 * 16 * 4),
        (lambda x, y: x * 2, 128),
        (lambda x, y: x.sum(), 128),
        (lambda x, y: torch.addmm(torch.zeros(8, 4), x, y), 8 * 16 * 4),
        (lambda x, y: x.T.reshape(2, 64)[0].expand(9, 64), 0),
        (lambda x, y: x.half().contiguous().clone(), 0),
        (lambda x, y: torch.empty_like(x).copy_(x), 0),
        (lambda x, y: torch.nn.functional.pad(x, (0, 1)), 0),
    ],
)
def test_computing_is_counted_and_moving_is_not(function, work):
    """Is each operation's work its products or its elements, and that of copies and views 0?"""
    assert seen(function)["work"] == work


@pytest.mark.parametrize(
    ("function", "taken"),
    [
        (lambda x, y: x.tolist(), 128),
        (lambda x, y: x.numpy(), 128),
        (lambda x, y: float(x[0, 0]), 1),
        (lambda x, y: x.shape, 0),
    ],
)
def test_elements_that_leave_pytorch_are_counted(function, taken):
    """Would computing in Python or numpy show?"""
    assert seen(function)["taken"] == taken


@pytest.fixture
def in_sight(monkeypatch):
    """Threads and memory are watched as in a sandbox, and no more after the test."""
    for name in unseen.EXITS:
        monkeypatch.setattr(torch.Tensor, name, getattr(torch.Tensor, name), raising=False)
    for module, name in unseen.STARTERS:
        if hasattr(module, name):
            monkeypatch.setattr(module, name, getattr(module, name))
    unseen.keep_in_sight(Counted)


def asked_of(pool, function):
    """`function` as another thread computes it."""
    return lambda x, y: pool.submit(function, x, y).result()


def test_the_work_of_other_threads_is_counted(in_sight):
    """Would a thread that waits for work, or is begun for it, show?"""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(int).result()  # its thread was there before the call
        assert seen(asked_of(pool, torch.matmul))["work"] == 8 * 16 * 4
    with ThreadPoolExecutor(1) as pool:
        assert seen(asked_of(pool, torch.matmul))["work"] == 8 * 16 * 4
    begun = seen(lambda x, y: _thread.start_new_thread(torch.matmul, (x, y)) and time.sleep(0.5))
    assert begun["work"] == 8 * 16 * 4


def test_threads_that_take_orders_are_counted_too(in_sight):
    """Is work seen that one of IPython's own threads is asked to do?"""
    loops = []

    def turn():
        asyncio.set_event_loop(asyncio.new_event_loop())
        threading.current_thread().io_loop = IOLoop.current()
        loops.append(IOLoop.current())
        loops[0].start()

    thread = threading.Thread(target=turn)
    thread.start()
    while not loops:
        time.sleep(0.01)
    unseen.keep_in_sight(Counted)
    done = threading.Event()

    def ask(x, y):
        loops[0].add_callback(lambda: (x @ y, done.set()))
        done.wait(10)

    try:
        assert seen(ask)["work"] >= 8 * 16 * 4
    finally:
        loops[0].add_callback(loops[0].stop)
        thread.join()


@pytest.mark.parametrize(
    "kept",
    [
        lambda path: torch.zeros(300).numpy(),
        lambda path: torch.zeros(300).untyped_storage(),
        lambda path: torch.from_numpy(numpy.zeros(300, "float32")),
        lambda path: torch.from_file(str(path), shared=True, size=300),
        lambda path: torch.zeros(300).share_memory_(),
        lambda path: torch.frombuffer(bytearray(1200), dtype=torch.float32),
    ],
    ids=["numpy", "storage", "from numpy", "file", "shared", "buffer"],
)
def test_memory_that_others_use_as_well_is_counted(in_sight, tmp_path, kept, monkeypatch):
    """Does it show when elements are moved to where numpy or a process could compute with them?"""
    made, plain = [], torch.zeros
    monkeypatch.setattr(torch, "zeros", lambda *a, **k: made.append(plain(*a, **k)) or made[-1])
    taken = kept(tmp_path / "file")
    place = taken if isinstance(taken, torch.Tensor) else made[-1]
    assert seen(lambda x, y: place[:128].view(8, 16).copy_(x))["taken"] == 128
    assert seen(lambda x, y: place[:64].clone())["taken"] == 64
    assert seen(lambda x, y: plain(300).copy_(plain(300)))["taken"] == 0


def test_what_a_kernel_reads_is_not_shared(in_sight):
    """Does the interpreter, which takes tensors by their storage, leave no mark on them?"""
    x = torch.zeros(300)
    with unseen.launching():
        x.untyped_storage()
    assert unseen.shared_elements(x) == 0
    x.tolist()
    assert unseen.shared_elements(x) == 0


def test_memory_that_was_plotted_once_counts_no_more(in_sight):
    """Is memory forgotten with the array or the tensor, though it may be used again?"""
    x = torch.zeros(300)
    array = x.numpy()[10:]
    assert unseen.shared_elements(x) == 300
    del array
    assert unseen.shared_elements(x) == 0
    for _ in range(2 * unseen.MANY):
        torch.zeros(300).numpy()
    assert seen(lambda x, y: torch.zeros(300).copy_(torch.ones(300)))["taken"] == 0
    assert len(unseen._out) <= unseen.MANY + 1


def test_ready_made_attention_and_large_tensors_are_noted():
    """Is PyTorch's own attention recognised, and the largest tensor remembered?"""
    q = torch.ones(1, 1, 8, 16)
    attention = torch.nn.functional.scaled_dot_product_attention
    assert "attention" in seen(lambda x, y: attention(q, q, q))["ready_made"]
    assert seen(lambda x, y: (x @ x.T, x + 1))["largest"] == 128


def test_everything_is_put_back():
    """Does a watched call leave tensors and kernels as they were?"""
    from triton.runtime.jit import JITFunction

    before = JITFunction.run, torch.Tensor.tolist, torch.Tensor.__array__
    with watching({"watch": True, "no_launch": True}), pytest.raises(ZeroDivisionError):
        raise ZeroDivisionError
    assert (JITFunction.run, torch.Tensor.tolist, torch.Tensor.__array__) == before
    assert "tolist" not in vars(torch.Tensor)


def test_rules_are_the_policys():
    """Is the same work too much where a kernel is asked for, and welcome where none is?"""
    assert "outside your kernels" in too_much_work(TRITON_POLICY, 10_000, {"work": 90_000})
    assert too_much_work(TRITON_POLICY, 10_000, {"work": 30_000}) == ""
    assert "outside your kernels" in too_much_work(ROW_SUM_POLICY, 10_000, {"work": 10_000})
    assert too_much_work(PYTORCH_POLICY, 10_000, {"work": 10**9, "taken": 10**9}) == ""
    assert "read out" in too_much_work(TRITON_POLICY, 10_000, {"taken": 10_000})
    assert "ready-made" in too_much_work(PYTORCH_POLICY, 10, {"ready_made": "aten_attention"})


@pytest.mark.parametrize("odd", [None, "9e9", -1, True, float("nan"), [10**9], {}])
def test_odd_counts_of_the_child_are_no_counts(odd):
    """Do counts that are none neither stop the grader nor speak against anybody?"""
    status = {"work": odd, "taken": odd, "ready_made": odd if not isinstance(odd, str) else None}
    assert too_much_work(TRITON_POLICY, 10, status) == ""
