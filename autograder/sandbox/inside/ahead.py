"""Compile what a program's cases will launch before the first of them asks for the GPU.

Triton compiles at a kernel's first launch, one kernel after another. Here the launches of all cases
are known at once, so as many processes as there are cores share them out; what they compile lies in
Triton's cache when the cases come. None of them touches the GPU.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from selfcheck.launches import Target, Variant, variants

POLITE = 10  # of nice: others wait for their cases, and there are as many of these as cores


@contextlib.contextmanager
def compiled_meanwhile(
    entry: Any, task: Mapping[str, Any], cases: Iterable[Mapping], target: Target, jobs: int
) -> Iterator[int]:
    """Compile every variant of every kernel for one chip, in `jobs` processes, until the end of the
    block; gives how many there are.

    A kernel that does not compile is passed over: the case that launches it will tell.
    """
    every = variants(entry, task, cases, [target], exact=True)
    shares = [every[start::jobs] for start in range(min(jobs, len(every)))]
    launcher = _launcher() if every else None
    beside = [_beside(share, launcher) for share in shares]
    yield len(every)
    for pid in beside:
        os.waitpid(pid, 0)


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
    pid = os.fork()
    if pid:
        return pid
    try:
        os.nice(POLITE)
        for one in share:
            with contextlib.suppress(Exception):
                _compile(one, launcher)
    finally:
        os._exit(0)


def _compile(one: Variant, launcher: Any) -> None:
    import triton

    source, options = one.packed
    done = triton.compile(source, target=one.target.gpu, options=options.__dict__)
    if launcher is not None:
        launcher(done.src, done.metadata)
