"""Compile what a program's cases will launch in processes of their own, before they launch it.

Triton compiles at a kernel's first launch, one kernel after another. Here the launches of all cases
are known at once, so several processes share them out; what they compile lies in Triton's cache
when the cases come. None of them touches the GPU.
"""

from __future__ import annotations

import contextlib
import os
import signal
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import torch

from .device import Mode
from .judge import case_shapes
from .launches import Target, Variant, variants
from .problem import Problem
from .triton_rules import triton_rules

POLITE = 10  # of nice: others wait for their cases


def start(
    entry: Any, task: Mapping[str, Any], cases: Iterable[Mapping], target: Target, jobs: int
) -> list[int]:
    """Begin to compile every variant of every kernel for one chip, in `jobs` processes at most;
    their ids, for `finish`. What the last cases launch comes first.

    A kernel that does not compile is passed over: the case that launches it will tell.
    """
    every = variants(entry, task, cases, [target], exact=True)[::-1]
    shares = [every[first::jobs] for first in range(min(jobs, len(every)))]
    launcher = _launcher() if every else None
    return [_beside(share, launcher) for share in shares]


def finish(started: Iterable[int], now: bool = False) -> None:
    """Wait for the processes, or end them `now`."""
    for pid in started:
        if now:
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


@contextlib.contextmanager
def compiled_meanwhile(problem: Problem, entry: Any, mode: Mode) -> Iterator[None]:
    """Compile what the public cases launch on this GPU, on all processors but this process's.

    Nothing hangs on it but time: where it fails, each case compiles for itself.
    """
    jobs = (os.cpu_count() or 1) - 1
    started: list[int] = []
    with contextlib.suppress(Exception):
        major, minor = torch.cuda.get_device_capability()
        target = Target(10 * major + minor, str(mode.dtype)[6:])
        shapes = [case_shapes(problem, case, mode) for case in problem.cases]
        started = start(entry, problem.task({}, {}, mode.device), shapes, target, jobs)
    try:
        yield
    finally:
        finish(started, now=True)


def _launcher() -> Any:
    """What makes a kernel's launcher: until Triton 3.7 a C program of its own, compiled at the
    first launch. None where there is no GPU.
    """
    from triton.runtime import driver

    with contextlib.suppress(Exception):
        return driver.active.launcher_cls
    return None


def _beside(share: Sequence[Variant], launcher: Any) -> int:
    """A process that compiles its share; returns its id."""
    with warnings.catch_warnings():  # that threads do not come along: the compiler needs none
        warnings.simplefilter("ignore")
        pid = os.fork()
    if pid:
        return pid
    try:
        os.nice(POLITE)
        for one in share:
            with contextlib.suppress(Exception), triton_rules():
                _compile(one, launcher)
    finally:
        os._exit(0)


def _compile(one: Variant, launcher: Any) -> None:
    import triton

    source, options = one.packed
    done = triton.compile(source, target=one.target.gpu, options=options.__dict__)
    if launcher is not None:
        launcher(done.src, done.metadata)
