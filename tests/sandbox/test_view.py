"""Does student code stay in its sandbox, at every isolation level that works on this machine?"""

import asyncio
import importlib.util
import json
import os
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell

from autograder.sandbox import levels, mounts
from autograder.sandbox.levels import LEVELS, Level
from autograder.sandbox.scratch import Scratch
from autograder.sandbox.session import Limits, Session

LIMITS = Limits(cell_seconds=20, output_mib=1)
COURSE = Path(__file__).resolve().parents[1]

# A Triton kernel needs a file to read its source from; a notebook cell has one, `-c` has not.
TRITON_CELL = """
import torch, triton, triton.language as tl
@triton.jit
def double(x_ptr, y_ptr, n, BLOCK: tl.constexpr):
    offs = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + offs, mask=offs < n)
    tl.store(y_ptr + offs, 2 * x, mask=offs < n)
x = torch.arange(10.0)
y = torch.zeros(10)
double[(1,)](x, y, 10, BLOCK=16)
print(y.tolist() == (2 * x).tolist())
"""


def skip_unless_available(level: Level) -> None:
    if reason := level.missing():
        pytest.skip(f"{level.name} does not work here: {reason}")


@pytest.fixture(scope="module", params=LEVELS, ids=lambda level: level.name)
def session(request):
    """A shared kernel; tests that end it make their own."""
    skip_unless_available(request.param)
    with Session(request.param, {"TRITON_INTERPRET": "1"}, LIMITS) as shared:
        yield shared


@pytest.fixture(scope="module")
def walled():
    """A shared kernel in bubblewrap, with a secret in the parent's environment."""
    skip_unless_available(LEVELS[0])
    os.environ["PARENTS_SECRET"] = "hunter2"
    try:
        with Session(LEVELS[0], {}, LIMITS) as shared:
            yield shared
    finally:
        del os.environ["PARENTS_SECRET"]


def run(session: Session, code: str, timeout: float | None = None):
    """The cell's result and its printed text."""
    cell = new_code_cell(code)
    result = session.run_cell(cell, timeout)
    return result, "".join(o.get("text", "") for o in cell.outputs if o.output_type == "stream")


def says(session: Session, expression: str) -> str:
    """What an expression gives inside, or the name of its exception."""
    code = f"try:\n    print({expression})\nexcept BaseException as e:\n    print(type(e).__name__)"
    return run(session, code)[1].strip()


def test_at_least_one_level_was_tested():
    """Would this file notice if it tested nothing?"""
    assert levels.available(), [level.missing() for level in LEVELS]


def test_cells_share_a_kernel_and_show_their_output(session):
    assert run(session, "a = 20")[0].status == "ok"
    cell = new_code_cell("print('out')\na + 1")
    assert session.run_cell(cell).status == "ok"
    assert cell.outputs[0].text == "out\n"
    assert cell.outputs[1].data["text/plain"] == "21"


def test_a_cell_without_code_is_passed_over(session):
    """Does an empty cell neither fail nor gain an output?"""
    cell = new_code_cell("  ")
    assert session.run_cell(cell).status == "ok"
    assert cell.outputs == []


def test_a_request_reports_an_error_and_leaves_no_trace(session):
    """Is a worker request invisible in the student's history?"""
    before = says(session, "len(In)")
    result = session.request("print('unseen')\nraise ValueError('bad shape')")
    assert (result.status, result.ename, result.evalue) == ("error", "ValueError", "bad shape")
    assert int(says(session, "len(In)")) == int(before) + 1


def test_an_interpreted_triton_kernel_runs(session):
    """Does everything that torch and triton need exist inside?"""
    result, text = run(session, TRITON_CELL, 60)
    assert (result.status, text) == ("ok", "True\n")


def test_input_fails_at_once(session):
    result, _ = run(session, "input('name? ')", 10)
    assert result.ename == "StdinNotImplementedError"
    assert run(session, "import sys; print(repr(sys.__stdin__.read()))", 10)[1] == "''\n"


def test_the_exchange_folder_is_the_same_on_both_sides(session):
    (session.exchange / "from_parent").write_text("hello")
    os.chmod(session.exchange / "from_parent", 0o644)
    assert says(session, f"open({session.inside + '/from_parent'!r}).read()") == "hello"
    session.request(f"open({session.inside + '/from_child'!r}, 'w').write('hi')")
    assert (session.exchange / "from_child").read_text() == "hi"


def test_pip_changes_nothing(session):
    """Does an honest "%pip install" leave the grader's Python as it is, and say why?"""
    name = "grader_test_wheel"
    wheel = session.exchange / f"{name}-1-py3-none-any.whl"
    info = f"{name}-1.dist-info"
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr(f"{name}.py", "")
        file.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", "")
    wheel.chmod(0o644)
    try:
        install = f"install --no-index --no-deps {session.inside}/{wheel.name}"
        for line in (f"%pip {install}", f"!pip {install}", "!pip uninstall -y pip"):
            assert "packages stay as they are" in run(session, line)[1]
        assert says(session, f"__import__({name!r})") == "ModuleNotFoundError"
        assert importlib.util.find_spec(name) is None
    finally:
        pip = [sys.executable, "-m", "pip", "uninstall", "-y", "-q", name]
        subprocess.run(pip, check=False, capture_output=True)


def test_a_flood_of_output_is_cut(session):
    """Is what the parent keeps bounded, for many small outputs and for one huge one?"""
    for code in ("for _ in range(300): print('x' * 50_000)", "print('x' * 30_000_000)"):
        cell = new_code_cell(code)
        assert session.run_cell(cell).status == "ok"
        assert len(json.dumps(cell.outputs)) < 1.1 * 2**20
        assert "left out" in cell.outputs[-1].text
    assert run(session, "print('still there')")[1] == "still there\n"


def test_an_endless_cell_is_interrupted(session):
    result, _ = run(session, "while True: pass", 0.5)
    assert result.status == "timed out"
    assert run(session, "print(1)")[1] == "1\n"


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.name)
def test_a_cell_that_ignores_interrupts_is_killed_with_all_it_started(level):
    """Do a stubborn loop, a detached child, and locked or linked files all go away?"""
    skip_unless_available(level)
    marker = f"4242.{os.getpid()}"
    with Session(level, {}, LIMITS) as session:
        root = session.exchange.parent
        run(session, f"import subprocess; subprocess.Popen('setsid sleep {marker} &', shell=True)")
        run(
            session,
            f"import os; os.chdir({session.inside!r}); os.makedirs('locked/a'); os.mkfifo('fifo')\n"
            "os.chmod('locked', 0); os.symlink('/etc', 'link')\n"
            "for _ in range(2000): os.mkdir('d'); os.chdir('d')",
        )
        stubborn = "import signal; signal.signal(2, signal.SIG_IGN)\nwhile True: pass"
        result, _ = run(session, stubborn, 0.5)
        assert result.status == "timed out"
        assert result.seconds < 5
        assert not session.alive
        assert run(session, "1")[0].status == "crashed"
    assert not root.exists()
    assert os.path.isdir("/etc")
    deadline = time.monotonic() + 2
    while _running(marker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _running(marker)


def _running(argument: str) -> bool:
    found = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
    return f"sleep {argument}" in found


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.name)
def test_a_dead_kernel_is_noticed_soon(level):
    skip_unless_available(level)
    with Session(level, {}, LIMITS) as session:
        result, _ = run(session, "import os; os._exit(3)")
        assert (result.status, session.alive) == ("crashed", False)
        assert "exit status 3" in result.evalue
        assert result.seconds < 3


def test_messages_that_no_kernel_sends_do_no_harm(session):
    """Can forged messages put something into the notebook that cannot be saved?"""
    forge = (
        "import json; k = get_ipython().kernel; ss = k.session\n"
        "def raw(kind, content):\n"
        "    head = [json.dumps(h, default=str).encode()"
        " for h in (ss.msg_header(kind), k.get_parent()['header'], {})]\n"
        "    parts = [*head, content]\n"
        "    k.iopub_socket.send_multipart([b'', b'<IDS|MSG>', ss.sign(parts), *parts])\n"
        'raw("stream", b\'{"name": 5, "text": 7}\')\n'
        'raw("display_data", b\'{"data": [1], "metadata": 3}\')\n'
        'raw("comm_open", b"{}")\n'
        'raw("stream", b\'{"name": "stdout", "text": "\\\\ud800"}\')\n'
    )
    cell = new_code_cell(forge)
    assert session.run_cell(cell).status == "ok"
    json.dumps(cell.outputs, ensure_ascii=False).encode()
    assert [output.output_type for output in cell.outputs] == ["stream"]


def test_memory_is_limited_where_no_gpu_is_used():
    level = levels.available()[0]
    with Session(level, {"CUDA_VISIBLE_DEVICES": ""}, Limits(memory_gib=1)) as session:
        assert run(session, "x = bytearray(3 << 30)")[0].ename == "MemoryError"


def test_a_session_works_inside_a_running_event_loop():
    async def use() -> str:
        with Session(levels.available()[0], {}, LIMITS) as session:
            return run(session, "print('fine')")[1]

    assert asyncio.run(use()) == "fine\n"


# --- what bubblewrap alone promises ------------------------------------------------------------


def test_there_is_no_network(walled):
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        inside = says(walled, f"__import__('socket').create_connection({address!r}, 2)")
    assert inside == "ConnectionRefusedError"
    outside = says(walled, "__import__('socket').create_connection(('1.1.1.1', 53), 2)")
    assert outside == "OSError"


@pytest.mark.parametrize("path", [COURSE / "course.toml", COURSE / "autograder", __file__])
def test_the_course_is_not_visible(walled, path):
    assert says(walled, f"__import__('os').path.exists({str(path)!r})") == "False"


def test_of_the_course_folder_at_most_the_environment_is_visible(walled):
    code = f"(lambda os: os.listdir({str(COURSE)!r}) if os.path.exists({str(COURSE)!r}) else [])"
    assert says(walled, f"{code}(__import__('os'))") in ("[]", "['.venv']")


def test_the_hidden_half_cannot_be_imported(walled):
    assert says(walled, "__import__('autograder')") == "ModuleNotFoundError"


@pytest.mark.parametrize("path", ["/etc/shadow", "/etc/ssh", "/root/.ssh", "/home", "/dev/vda"])
def test_nothing_private_is_visible(walled, path):
    assert says(walled, f"__import__('os').path.exists({path!r})") == "False"


@pytest.mark.parametrize(
    "folder", ["/", "/usr", "/etc", "/dev", "/scratch", str(mounts.prefixes()[0])]
)
def test_only_the_scratch_is_writable(walled, folder):
    assert says(walled, f"open({folder + '/new'!r}, 'w')") == "OSError"
    for writable in ("/scratch/home", "/scratch/exchange", "/tmp", "/dev/shm"):
        assert says(walled, f"open({writable + '/new'!r}, 'w').close()") == "None"


def test_the_parents_environment_stays_outside(walled):
    code = "any(b'hunter2' in open(f'/proc/{p}/environ', 'rb').read() for p in ('self', 1))"
    assert says(walled, code) in ("False", "PermissionError")
    assert says(walled, "__import__('os').environ.get('PARENTS_SECRET')") == "None"


def test_the_parent_cannot_be_seen_or_signalled(walled):
    pids = "[p for p in __import__('os').listdir('/proc') if p.isdigit()]"
    assert len(json.loads(says(walled, pids).replace("'", '"'))) < 5
    assert says(walled, f"__import__('os').kill({os.getpid()}, 0)") == "ProcessLookupError"


def test_no_privileges_are_left(walled):
    """No capabilities, no way to new ones, no further user namespace?"""
    status = says(walled, "open('/proc/self/status').read()")
    assert "CapEff:\t0000000000000000" in status
    assert "CapBnd:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status
    assert says(walled, "__import__('ctypes').CDLL(None).unshare(0x10000000)") == "-1"


def test_a_hidden_folder_inside_the_environment_is_masked(tmp_path):
    """Does a package in site-packages vanish, and a .venv in a masked course come back?"""
    prefix = tmp_path / "opt"
    course = prefix / "course"
    package = course / ".venv" / "lib" / "autograder"
    package.mkdir(parents=True)
    binds = {prefix: prefix, course / ".venv": course / ".venv"}
    assert mounts.masks(binds, [course, package]) == {course, package}


# --- choosing ----------------------------------------------------------------------------------


def test_a_long_temporary_folder_still_gives_short_socket_names(tmp_path):
    parent = tmp_path / ("x" * 100)
    parent.mkdir()
    scratch = Scratch.create(parent)
    try:
        assert len(str(scratch.run / "k-5")) < 107
    finally:
        scratch.remove()
