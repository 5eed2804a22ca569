"""Ending the process, or the call, at a moment of the submission's choice."""

from trust_case import TrustCase

from .write import submission

ENTRY = """\
import os, signal, sys


class FlashAttention2Function:
    @staticmethod
    def apply(Q, K, V, is_causal=False):
        %s
"""
DONE = """\
import atexit, os
atexit.register(print, "200.0")
print("200.0", flush=True)
os._exit(0)
"""


def ending(name: str, what: str, how: str, outcome: str, **more) -> TrustCase:
    """No answer at all."""
    make = submission("p1", ENTRY % how)
    gain = "a call that did not fail would pass"
    return TrustCase(name, "early exit", what, gain, "p1", make, outcome=outcome, **more)


CASES = [
    ending(
        "exit status 0",
        "the call ends the process without an error",
        "os._exit(0)",
        "crashed",
    ),
    ending("SystemExit", "the call exits as a program that is done", "sys.exit(0)", "error"),
    ending("KeyboardInterrupt", "the call looks interrupted", "raise KeyboardInterrupt", "error"),
    ending(
        "kill",
        "the process kills itself",
        "os.kill(os.getpid(), signal.SIGKILL)",
        "crashed",
        refused=True,
    ),
    TrustCase(
        "exit in a cell",
        "early exit",
        "a cell prints a score and ends the process before anything is called",
        "the printed score, if nothing after it counts",
        "p1",
        submission("p1", before=[DONE]),
        outcome="wrong answer",
    ),
]
