"""Whatever one child does, is the next one whole, and is nothing of the first left?

Each program is arbitrary Python, which no region can hold: defence in depth.
"""

from __future__ import annotations

import contextlib
import os

import pytest
from samples import sampled
from support.inside import GOOD, Outcome, ask, assert_whole, run
from support.levels import every_level, skip_unless_available
from support.processes import running

from autograder.sandbox.levels import LEVELS, Level
from autograder.sandbox.runner import Runner
from autograder.selfcheck.program import Program

pytestmark = pytest.mark.xdist_group("hostile")  # one process starts the templates for all
MARKER = f"4545.{os.getpid()}"
SLEEP = f"['sleep', '{MARKER}']"
ANSWERED = ("answered",)

# name: (program, how it may end); none of them ends the template
HARMLESS = {
    "segmentation fault": ("ctypes.string_at(0)", ["crashed"]),
    "exit": ("os._exit(3)", ["crashed"]),
    "exit by exception": ("sys.exit(3)", ["error"]),
    "kill itself": ("os.kill(os.getpid(), signal.SIGKILL)", ["crashed"]),
    "stop itself": ("os.kill(os.getpid(), signal.SIGSTOP)", ["timed out"]),
    "endless loop": ("while True: pass", ["timed out"]),
    "ignored signals": ("signal.signal(15, signal.SIG_IGN)\nwhile True: pass", ["timed out"]),
    "too much memory": ("x = bytearray(1 << 40)", ["out of memory"]),
    "an error whose text fails": (
        "class Odd(Exception):\n    def __str__(self): raise self\nraise Odd",
        ["crashed", "error"],
    ),
    "a flood of prints": ("for _ in range(10**5): print('x' * 100)", ANSWERED),
    "prints like ours": (
        'print(\'T{"ended": "by signal 9"}\\nC{"status": "answered"}\')',
        ANSWERED,
    ),
    "closed line": ("for fd in lines(): os.close(fd)", ["crashed"]),
    "garbage": ("for fd in lines(): os.write(fd, b'garbage\\n')", ["bad answer"]),
    "no text": ("for fd in lines(): os.write(fd, b'\\xff\\xfe\\0\\n')", ["bad answer"]),
    "a list": ("for fd in lines(): os.write(fd, b'[1]\\n')", ["bad answer"]),
    "deep JSON": ("for fd in lines(): os.write(fd, b'[' * 100000 + b'\\n')", ["bad answer"]),
    "a huge number": ("for fd in lines(): os.write(fd, b'9' * 9999 + b'\\n')", ["bad answer"]),
    "half a line": ("for fd in lines(): os.write(fd, b'{')\ntime.sleep(99)", ["timed out"]),
    "forged end": (
        'for fd in lines(): os.write(fd, b\'{"ended": "as asked"}\\n{"started": true}\\n\')',
        ["None"],
    ),
    "answers nobody asked for": (
        'for fd in lines(): os.write(fd, b\'{"status": "answered"}\\n\' * 2000)',
        ["bad answer"],
    ),
    "a line without end": (
        "for fd in lines():\n    while True: os.write(fd, b'x' * 65536)",
        ["crashed"],
    ),
    "lines without end": (
        "while True:\n    for fd in lines(): os.write(fd, b'{}\\n' * 20000)",
        ["None"],
    ),
    "a process that stays": (f"subprocess.Popen({SLEEP})", ANSWERED),
    "a process in a group of its own": (f"subprocess.Popen({SLEEP}, process_group=0)", ANSWERED),
    "a detached process": (
        f"subprocess.run(['setsid', '--fork', 'env', '-i', *{SLEEP}], check=True)",
        ANSWERED,
    ),
    "a process that holds the line": (
        "if os.fork() == 0: time.sleep(60)\nos._exit(0)",
        ["crashed"],
    ),
    "a process that talks on": (
        "if os.fork() == 0:\n"
        "    while True:\n"
        "        for fd in lines(): os.write(fd, b'{}\\n' * 999)\n"
        "time.sleep(0.1)\nos._exit(0)",
        ["crashed", "None"],
    ),
    "threads": (
        "import threading\nfor _ in range(20):\n"
        "    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
        ANSWERED,
    ),
    "odd files": (
        "os.chdir(EXCHANGE); os.mkfifo('fifo'); os.symlink('/etc/passwd', 'link')\n"
        "os.makedirs('locked/a'); open('locked/a/f', 'w'); os.chmod('locked', 0)\n"
        "open('two\\nlines', 'w'); open(b'\\xff\\xfe', 'w'); open('-rf', 'w')\n"
        "socket.socket(socket.AF_UNIX).bind('socket')\n"
        "for _ in range(2000): os.mkdir('d'); os.chdir('d')",
        ANSWERED,
    ),
    "a closed folder": ("os.chmod(EXCHANGE, 0)", ["answered", "error"]),
    "a folder that nobody may write to": ("os.chmod(EXCHANGE, 0o500)", ["answered", "error"]),
    "files at home": (
        "for f in {os.environ['HOME'], os.environ['TMPDIR']}:\n"
        "    os.makedirs(f + '/.triton/x'); os.chmod(f + '/.triton/x', 0); os.chdir(f)\n"
        "    for _ in range(2000): os.mkdir('d'); os.chdir('d')",
        ANSWERED,
    ),
}
# These end or spoil the template, so that the next child needs a new one.
HARMFUL = {
    "kill the template": ("os.kill(os.getppid(), signal.SIGKILL); time.sleep(9)", ["crashed"]),
    "stop the template": ("os.kill(os.getppid(), signal.SIGSTOP); time.sleep(9)", ["timed out"]),
    "kill all there is": ("os.kill(-1, signal.SIGKILL)", ["crashed"]),
    "take its files": (
        "import resource; resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, (4, 4))",
        ["answered", "crashed"],
    ),
    "take its memory": (
        "import resource; resource.prlimit(os.getppid(), resource.RLIMIT_DATA, (1, 1))",
        ["answered", "crashed"],
    ),
    "let it be killed first": (
        "try: open(f'/proc/{os.getppid()}/oom_score_adj', 'w').write('1000')\nexcept OSError: pass",
        ANSWERED,
    ),
    "slow it down": ("os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)", ANSWERED),
}


# Tried at every level; the rest does not depend on it.
BY_LEVEL = (
    "kill itself",
    "a process that stays",
    "a detached process",
    "a process that holds the line",
    "odd files",
    "a closed folder",
    "files at home",
)
FILES = ("odd files", "a closed folder", "a folder that nobody may write to", "files at home")
RUNS = [
    (level, name) for level in LEVELS for name in (HARMLESS if level is LEVELS[0] else BY_LEVEL)
]


@pytest.fixture(scope="module")
def runner_of():
    """The template of a level, shared: every test leaves it whole, or it is started anew."""
    with contextlib.ExitStack() as stack:
        runners: dict[str, Runner] = {}

        def get(level: Level) -> Runner:
            if level.name not in runners:
                made = Runner(skip_unless_available(level))
                runners[level.name] = stack.enter_context(made)
            return runners[level.name]

        yield get


@pytest.fixture
def strongest(runner_of):
    return runner_of(LEVELS[0])


@pytest.mark.parametrize(
    ("level", "name"), sampled(RUNS, len(RUNS) // 6), ids=lambda one: getattr(one, "name", one)
)
def test_the_next_child_is_whole(runner_of, level, name):
    """Is the outcome this submission's alone, without a new template, and nothing left of it?"""
    runner, (program, expected) = runner_of(level), HARMLESS[name]
    runner.start()
    template = runner._process
    outcome = run(runner, program, seconds=0.5 if "timed out" in expected else 30)
    if name in FILES and "folders nested too deep" in outcome.detail:  # its guard looked just then
        return assert_whole(runner)
    assert outcome.status in expected, outcome
    assert_whole(runner)
    assert runner._process is template
    assert not running(MARKER, wait_to_end=True)


@pytest.mark.trust
@pytest.mark.parametrize("name", HARMFUL)
def test_a_template_that_was_attacked_is_replaced(strongest, name):
    program, expected = HARMFUL[name]
    outcome = run(strongest, program, seconds=3)
    assert outcome.status in expected, outcome
    assert_whole(strongest)


# What a child can do to the memory of the template that it was forked from.
REACH_INTO = """
def reached(attempt):
    try:
        return attempt() not in (-1, None)
    except OSError:
        return False
parent, libc = os.getppid(), ctypes.CDLL(None)
class Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]
here = ctypes.create_string_buffer(8)
local, remote = Vector(ctypes.addressof(here), 8), Vector(id(os), 8)
def descriptor():
    return libc.syscall(438, os.pidfd_open(parent), 1, 0)  # pidfd_getfd
found = [name for name, attempt in {
    "memory": lambda: open(f"/proc/{parent}/mem", "r+b"),
    "files": lambda: os.open(f"/proc/{parent}/fd/3", os.O_RDWR),
    "a file": descriptor,
    "environment": lambda: open(f"/proc/{parent}/environ", "rb").read(),
    "reading": lambda: libc.process_vm_readv(
        parent, ctypes.byref(local), 1, ctypes.byref(remote), 1, 0),
    "writing": lambda: libc.process_vm_writev(
        parent, ctypes.byref(local), 1, ctypes.byref(remote), 1, 0),
    "ptrace": lambda: libc.ptrace(0x4206, parent, None, None),
}.items() if reached(attempt)]
"""


@every_level
def test_the_template_is_closed_to_its_children(runner_of, level):
    """Can a child neither read nor write the process that the next one is forked from?

    With `plain` a grader who is root runs students' code as root, to whom nothing is closed.
    """
    runner = runner_of(level)
    outcome = run(runner, REACH_INTO)
    if level.name == "plain" and os.geteuid() == 0:
        assert "memory" in outcome.found, "the probe itself does not work"
        runner.close()
    else:
        assert outcome == Outcome("answered", "", [])
    assert_whole(runner)


def test_a_child_is_a_copy_of_a_clean_template(strongest):
    """Does a child see no word of what an earlier one did in its own memory?"""
    assert run(strongest, "import torch; torch.secret = 5; os.environ['SECRET'] = 'x'").status
    look = "import torch; found = [hasattr(torch, 'secret'), 'SECRET' in os.environ]"
    assert run(strongest, look).found == [False, False]


def test_a_template_killed_from_outside_is_replaced(strongest):
    """Is the sandbox's end during a call this call's, and before a call nobody's?"""
    strongest.start()
    strongest._process.kill()
    strongest._process.wait()
    assert run(strongest, "").status == "answered"


def test_a_child_of_another_program_takes_the_place(strongest):
    """Does a handle whose process has gone to another one get a fresh process, not the other's?"""
    one, two = (strongest.child(Program(f"N = {n}\n{GOOD}", {})) for n in (1, 2))
    with one, two:
        assert [ask(child)["status"] for child in (one, two, one, two)] == ["answered"] * 4
        assert (one.running, two.running) == (False, True)
