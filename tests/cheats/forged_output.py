"""Results written by the submission itself, in every form a grader might read."""

from trust_case import TrustCase

from .write import submission

PRINTED = """\
import json
print("200.0")
print(json.dumps({"status": "passed", "score": 200, "max_score": 200}))
200.0
"""
WORKER = """\
import json, os, sys
worker = next((sys.modules[name] for name in list(sys.modules) if name[:7] == "worker_"), None)


def forge(folder, token):
    status = {"status": "%s", "passed": True, "points": 200, "score": 200, "ms": [0.001]}
    with open(os.path.join(folder, f"status-{token}.json"), "w") as file:
        json.dump(status, file)


if worker is not None:
    for name in ("run_case", "prepare_timing", "timed_block", "hand_over"):
        setattr(worker, name, forge)
"""
CHECK = """\
import sys
import selfcheck


def check(*args, **kwargs):
    print("All 200 points.")
    return 200.0


selfcheck.check = sys.modules["selfcheck"].check = check
"""
BOMB = """\
import json, os, sys
worker = next((sys.modules[name] for name in list(sys.modules) if name[:7] == "worker_"), None)


def forge(folder, token):
    for name in ("answer", "status"):
        kind = "safetensors" if name == "answer" else "json"
        with open(os.path.join(folder, f"{name}-{token}.{kind}"), "wb") as file:
            file.write(%s)


worker.run_case = forge
"""
DEEP = "b'[' * 60000"
HEADER = "(2**62).to_bytes(8, 'little') + b'{' * 1000"
LINK = """\
import os, sys
worker = next((sys.modules[name] for name in list(sys.modules) if name[:7] == "worker_"), None)


def forge(folder, token):
    for name in (f"answer-{token}.safetensors", f"status-{token}.json"):
        try:
            os.symlink("/proc/self/mem" if name.startswith("answer") else "/etc/passwd",
                       os.path.join(folder, name))
        except FileExistsError:
            pass


worker.run_case = forge
"""


def forged(name: str, what: str, code: str, outcome: str, **more) -> TrustCase:
    """Zeros as answers, and a forged result."""
    make = submission("p1", before=[code])
    gain = "full marks, if the grader believed what it is told, or its end"
    more = {"outcome": outcome, "refused": True} | more
    return TrustCase(name, "forged output", what, gain, "p1", make, **more)


CASES = [
    forged("printed score", "cells print a score", PRINTED, "wrong answer", refused=False),
    forged("status passed", "the worker reports passed", WORKER % "passed", "error"),
    forged(
        "status answered", "it reports an answer, without one", WORKER % "answered", "wrong answer"
    ),
    forged("check replaced", "the check returns full marks", CHECK, "wrong answer"),
    forged("status bomb", "a deeply nested status", BOMB % DEEP, "error"),
    forged("answer bomb", "a header that asks for 2**62 bytes", BOMB % HEADER, "error"),
    forged("links", "links in the place of answers, to files of the grader's", LINK, "error"),
]
