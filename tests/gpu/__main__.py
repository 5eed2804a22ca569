"""All configurations without pytest: python -m tests.gpu [--jobs 12] [--group drawn]

Prints what is wrong, one line each, then how many were right. The exit code counts the wrong ones.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time

import torch

from .answers import failure, solution
from .configurations import Configuration, groups


def told(one: Configuration) -> str:
    """What is wrong with a configuration, or ""; an error is told as well."""
    try:
        return failure(one, solution(one.problem))
    except Exception as error:
        return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"


def usable() -> bool:
    """Whether the GPU still answers this process: after a stray access it does not."""
    try:
        torch.cuda.empty_cache()
        torch.cuda.synchronize()
        return True
    except RuntimeError:
        return False


def answer_share(group: str, share: int, jobs: int) -> int:
    """How many of every `jobs`-th configuration from `share` on are wrong; those get a line.

    The rest of a share that lost the GPU goes on in another process.
    """
    wrong, some = 0, groups()[group][0]
    for number in range(share, len(some), jobs):
        one = some[number]
        what = told(one)
        if what:
            wrong += not one.miscompiled
            known = f" Triton: {one.miscompiled}." if one.miscompiled else ""
            print(f"{one.name} {dict(one.params)} {dict(one.places)}: {what}{known}", flush=True)
        if not usable():
            return wrong + subprocess.call(command(group, number + jobs, jobs))
    return wrong


def command(group: str, share: int, jobs: int) -> list[str]:
    """A process for one share of a group; its exit code counts what is wrong."""
    numbers = ["--share", str(share), "--jobs", str(jobs)]
    return [sys.executable, "-m", __package__, "--group", group, *numbers]


def in_shares(group: str, jobs: int) -> int:
    """How many of a group are wrong, shared out to `jobs` processes; one that broke counts too."""
    shares = [subprocess.Popen(command(group, share, jobs)) for share in range(jobs)]
    return sum(share.wait() for share in shares)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=8, help="compiling takes most of the time")
    parser.add_argument("--group", choices=list(groups()), help="one group only")
    parser.add_argument("--share", type=int, help="of the group, every --jobs-th from here on")
    arguments = parser.parse_args()
    if not torch.cuda.is_available():
        raise SystemExit("tests.gpu needs a GPU: none is visible.")
    if arguments.share is not None:
        return answer_share(arguments.group, arguments.share, arguments.jobs)
    start, wrong, total = time.monotonic(), 0, 0
    for name, (some, most) in groups().items():
        if arguments.group in (None, name):
            bad = in_shares(name, min(most, arguments.jobs))
            wrong, total = wrong + bad, total + len(some)
            print(
                f"{name}: {bad} of {len(some)} wrong, {time.monotonic() - start:.0f} s", flush=True
            )
    print(f"{total - wrong} of {total} right on one {torch.cuda.get_device_name()}")
    return min(wrong, 100)


if __name__ == "__main__":
    sys.exit(main())
