"""Processes and threads that go on working beside the grader, or after it."""

from pathlib import Path

from trust_case import TrustCase

from .write import submission

SEEN = 'MARK = "left-by-@FOLDER@"\n'  # a name of its own: others run at the same time
DAEMON = (
    SEEN
    + """\
import subprocess, sys
code = "import time\\nfor _ in range(600):\\n    time.sleep(1)"
for session in (False, True):
    subprocess.Popen([sys.executable, "-c", code, MARK], start_new_session=session)
"""
)
FORGER = """\
import os, sys
folder = "/scratch/exchange" if os.path.isdir("/scratch/exchange") else "../exchange"
if os.fork() == 0:
    os.setsid()
    import glob, json, time
    for _ in range(2000):
        for task in glob.glob(folder + "/task-*.json"):
            token = task[-21:-5]
            try:
                with open(f"{folder}/status-{token}.json", "w") as file:
                    json.dump({"status": "answered", "passed": True}, file)
            except OSError:
                pass
        time.sleep(0.01)
    os._exit(0)
"""
THREAD = """\
import sys, threading


def rewrite():
    worker = next((sys.modules[name] for name in list(sys.modules) if name[:7] == "worker_"), None)
    while worker is not None:
        worker.failure = lambda error: {"status": "answered", "passed": True}
        threading.Event().wait(0.01)


threading.Thread(target=rewrite, daemon=True).start()
"""
HANDLERS = """\
import signal
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
    signal.signal(number, signal.SIG_IGN)
"""


def still_there(folder: Path) -> str:
    """A process that a submission left running."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if f"left-by-{folder}".encode() in words:
            return f"process {process.name} still runs"
    return ""


def background(name: str, what: str, code: str, outcome: str, **more) -> TrustCase:
    """Zeros as answers, and company."""
    gain = "answers forged while nobody looks, or a processor for itself"
    make = submission("p1", before=[code])
    return TrustCase(name, "background processes", what, gain, "p1", make, outcome=outcome, **more)


CASES = [
    background(
        "daemons",
        "processes of other sessions stay behind",
        DAEMON,
        "wrong answer",
        harm=still_there,
    ),
    background("forger", "a fork writes a status for every case", FORGER, ""),
    background(
        "thread", "a thread rewrites the worker all the time", THREAD, "wrong answer", refused=True
    ),
    background("deaf", "it ignores every signal", HANDLERS, "wrong answer"),
]
