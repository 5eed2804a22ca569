"""The network, the grader's process, and telling a grader from a student's own machine."""

from trust_case import TrustCase

from .write import submission

REMOTE = """\
import socket, urllib.request

def reach(host, port):
    try:
        socket.create_connection((host, port), timeout=2).close()
        return True
    except OSError:
        return False

print([reach(*place) for place in (("127.0.0.1", 22), ("1.1.1.1", 53), ("::1", 631))])
try:
    urllib.request.urlopen("http://1.1.1.1/answers", timeout=2)
except Exception as error:
    print(type(error).__name__)
"""
INSTALL = "%pip install --quiet --disable-pip-version-check --retries 0 --timeout 2 flash-attn"
SERVER = """\
import socket, threading
server = socket.create_server(("0.0.0.0", 0))
threading.Thread(target=server.accept, daemon=True).start()
"""
KILL = """\
import os, signal
for process in (os.getppid(), 1, -1):
    for number in (signal.SIGSTOP, signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(process, number) if process != -1 else None
        except OSError as error:
            print(error)
"""
MEMORY = """\
import ctypes, os
parent = os.getppid()
print(ctypes.CDLL(None).ptrace(16, parent, 0, 0))
for name in ("mem", "environ", "cwd", "root", "fd"):
    try:
        path = f"/proc/{parent}/{name}"
        print(os.readlink(path) if name in ("cwd", "root") else open(path, "rb").read(64))
    except OSError as error:
        print(error)
"""
FLOOD = """\
import sys
from IPython.display import publish_display_data
for _ in range(200):
    publish_display_data({"text/plain": "x" * 100_000, "application/json": {"score": 200}})
session = get_ipython().kernel.session
socket = get_ipython().kernel.iopub_socket
session.send(socket, "status", {"execution_state": "idle"}, parent={})
session.send(socket, "execute_result", {"data": {"text/plain": ["200.0"]}, "metadata": 7})
session.send(socket, "stream", {"name": 5, "text": "\\ud800"})
"""
TWO_FACED = """\
import os, sys


def graded():
    return os.environ.get("SELFCHECK") == "off"


if graded():
    print("All cases passed: 200 of 200 points.")
"""
BY_SHAPE = """\
PUBLIC = {(16, 64), (64, 512), (77, 256), (50, 300)}
PUBLIC |= {(512, 1024), (1024, 4096), (2048, 8192), (4096, 8192)}


def weighted_row_sum_forward(x, w):
    if tuple(x.shape) in PUBLIC:
        return (x.float() * w.float()).sum(-1).to(x.dtype)
    return torch.zeros(x.shape[0], dtype=x.dtype, device=x.device)
"""


def out(name: str, family: str, what: str, gain: str, code: str, **more) -> TrustCase:
    """Zeros as answers, and a look outside."""
    more = {"outcome": "wrong answer"} | more
    return TrustCase(name, family, what, gain, "p1", submission("p1", before=[code]), **more)


CASES = [
    out(
        "answers from outside",
        "network",
        "it asks other machines for the answers",
        "somebody else's work",
        REMOTE,
    ),
    out(
        "ready-made package",
        "network",
        "it installs a ready-made attention",
        "somebody else's work",
        INSTALL,
    ),
    out("server", "network", "it opens a port and waits for orders", "a foothold", SERVER),
    out(
        "kill",
        "parent attacks",
        "it stops and kills the processes above it",
        "a batch that ends, with its grades unbooked",
        KILL,
        unstopped_at=("plain",),
    ),
    out(
        "memory",
        "parent attacks",
        "it opens the memory of the process above it",
        "any verdict",
        MEMORY,
        refused=True,
        unstopped_at=("plain",),
    ),
    out(
        "flood",
        "parent attacks",
        "large and malformed messages to the grader",
        "a batch that ends, with its grades unbooked",
        FLOOD,
        refused=True,
    ),
    out(
        "two faces",
        "grader fingerprinting",
        "it knows the grader by its environment and claims full marks there",
        "a report that the instructor believes",
        TWO_FACED,
    ),
    TrustCase(
        "public shapes only",
        "grader fingerprinting",
        "PyTorch answers the public cases, known by their shapes; the others get zeros",
        "points for the public cases, without a kernel",
        "p2",
        submission("p2", BY_SHAPE),
        outcome="policy violation",
        refused=True,
    ),
    out(
        "page in the feedback",
        "output in feedback",
        "its output is a page with a script",
        "a look at whatever the reader may see",
        "from IPython.display import HTML, Javascript, display\n"
        "display(HTML('<h1>200 of 200</h1><script>document.title = 1</script>'))\n"
        "display(Javascript('alert(1)'))\nprint('</pre><script>alert(2)</script>')",
    ),
]
