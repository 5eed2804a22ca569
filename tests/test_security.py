"""Does every cell of the table in docs/security.md hold, tried for real?"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
import security_probes as probes
from nbformat.v4 import new_code_cell, new_notebook
from tiny_course import make_course
from typer.testing import CliRunner

import autograder
from autograder.cli import app
from autograder.course import Course
from autograder.grading.book import Book
from autograder.grading.child import Child, Stopped, Times
from autograder.grading.grade import Grader
from autograder.sandbox import box, levels, mounts, promises, usage
from autograder.sandbox.levels import LEVELS, IsolationError, Level
from autograder.sandbox.promises import PROMISES
from autograder.sandbox.scratch import Scratch, remove_stale
from autograder.sandbox.session import Limits, Session

DOC = Path(__file__).resolve().parents[1] / "docs" / "security.md"
ON_GPU = {"gpu_left", "gpu_used"}  # benchmarks/gpu_proof.py tries those
every_level = pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.name)


@dataclass(frozen=True)
class World:
    """What a probe may aim at; all files are open to everybody, as careless people leave them."""

    course: str
    package: str
    public: str
    neighbour: str
    grader: int
    marker: str
    port: int


@pytest.fixture(scope="module", params=LEVELS, ids=lambda level: level.name)
def stage(request):
    """A level's shared kernel, and the world around it."""
    level: Level = request.param
    skip_unless_available(level)
    marker = f"4343.{os.getpid()}"
    with contextlib.ExitStack() as stack:
        course, public = (Path(tempfile.mkdtemp(prefix="probe-")) for _ in range(2))
        for folder in (course, public):
            stack.callback(shutil.rmtree, folder)
        build_course(course)
        (public / "notes").write_text("for everybody")
        public.chmod(0o777)
        neighbour = level.box()
        stack.callback(neighbour.close)
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        grader = probes.victim(marker)
        stack.callback(grader.wait)
        stack.callback(grader.kill)
        session = stack.enter_context(open_beside(level, course))
        yield (
            session,
            World(
                course=str(course),
                package=str(Path(autograder.__file__).parent),
                public=str(public),
                neighbour=str(neighbour.scratch.exchange),
                grader=grader.pid,
                marker=marker,
                port=server.getsockname()[1],
            ),
        )


def build_course(root: Path) -> None:
    root.chmod(0o755)
    for name in ("solutions/a/p1.ipynb", "submitted/ada/a/p1.ipynb", "gradebook.db", "course.toml"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("not for students")


def open_beside(level: Level, course: Path) -> Session:
    """A session that the course is to be hidden from; where it says how to close it, do so."""
    try:
        return Session(level, hidden=[course])
    except IsolationError as error:
        assert "chmod" in str(error)
        course.chmod(0o700)
        levels._exposed.cache_clear()
        return Session(level, hidden=[course])


def skip_unless_available(level: Level) -> None:
    if reason := level.missing():
        pytest.skip(f"{level.name} does not work here: {reason}")


def expected(name: str, level: Level) -> bool:
    """Whether an honest mistake or a plain attempt gets through."""
    (promise,) = [promise for promise in PROMISES if promise.name == name]
    return promise.cell(level.name).answer == "yes"


def test_every_promise_is_tried():
    """Is there one probe per row, and is there no cell that nobody tries?"""
    assert {p.name for p in PROMISES} == {*probes.TRIES, *probes.ATTACKS, *ON_GPU}
    assert [level.name for level in LEVELS] == list(promises.LEVEL_NAMES)


def test_the_document_shows_these_promises():
    """Is the table in docs/security.md the one that the tests try?"""
    assert promises.table() in DOC.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", probes.TRIES)
def test_what_student_code_can_do(stage, name):
    """Does a try succeed exactly where the table says yes?"""
    session, world = stage
    could = probes.could(session, probes.TRIES[name].format(**asdict(world)))
    assert could == expected(name, session.level)


@every_level
@pytest.mark.parametrize("name", probes.ATTACKS)
def test_what_student_code_can_use_up(level, name):
    """Is what goes on without end stopped exactly where the table does not say yes?"""
    skip_unless_available(level)
    could = probes.ATTACKS[name](lambda limits=None: Session(level, limits=limits))
    assert could == expected(name, level)


def test_plain_does_not_hold_on_purpose():
    """Is "on purpose" the truth: does a process live on that first kills its guard?"""
    plain = LEVELS[-1]
    kill_guard = "os.kill(os.getppid(), signal.SIGKILL)"
    assert probes.lives_on(lambda: Session(plain), kill_guard)


@every_level
def test_a_guard_cannot_be_killed_from_inside(level):
    skip_unless_available(level)
    if level.name == "plain":
        pytest.skip("plain promises nothing against a hostile submission.")
    kill_guard = "for pid in {os.getppid(), 1}: os.kill(pid, signal.SIGKILL)"
    assert not probes.lives_on(lambda: Session(level), kill_guard)


MANY_WAYS = {
    "several processes": "import os\nfor _ in range(3):\n    if os.fork() == 0: break\n"
    "x = [bytes([1]) * (1 << 24) for i in range(9) if not time.sleep(0.02)]\ntime.sleep(8)",
    "a file without a name": "import os\nf = os.memfd_create('f')\n"
    "for i in range(64): os.write(f, bytes([1]) * (1 << 24)); time.sleep(0.02)",
    "a file of a process that hides": "import ctypes, os\nctypes.CDLL(None).prctl(4, 0, 0, 0, 0)\n"
    "f = os.memfd_create('f')\n"
    "for i in range(64): os.write(f, bytes([1]) * (1 << 24)); time.sleep(0.02)",
    "files in memory": "for i in range(64):\n"
    "    open(f'/dev/shm/{i}', 'wb').write(bytes([1]) * (1 << 24)); time.sleep(0.02)",
    "empty files": "import os\nfor i in range(1_000_000): os.close(os.open(f'/tmp/{i}', 65))",
}


@pytest.mark.parametrize("way", MANY_WAYS)
def test_memory_is_counted_wherever_it_hides(way):
    """Does bubblewrap end a session for memory that no single process owns?"""
    skip_unless_available(LEVELS[0])
    with Session(LEVELS[0], limits=Limits(memory_gib=0.4)) as session:
        assert not probes.finished(session, f"import time\n{MANY_WAYS[way]}")
        assert session.exceeded.startswith("memory: ")


def test_a_fork_bomb_ends():
    """Does the strongest level here stop a bomb that doubles, and leave nothing?"""
    level = levels.available()[0]
    with Session(level, limits=Limits(threads=200)) as session:
        result, _ = probes.run(session, "import os\nwhile True: os.fork()", 20)
        assert result.status in ("crashed", "error")
        assert not session.alive or result.ename == "BlockingIOError"


def test_the_kernels_own_log_is_counted():
    """Does student code that writes to the file behind the process's output fill no disk?"""
    level = levels.available()[0]
    with Session(level, limits=Limits(disk_mib=32)) as session:
        to_every_file = (
            "import os, stat, time\n"
            "for fd in map(int, os.listdir('/proc/self/fd')):\n"
            "    try:\n"
            "        is_file = stat.S_ISREG(os.fstat(fd).st_mode)\n"
            "        for _ in range(64 * is_file): os.write(fd, bytes(1 << 20))\n"
            "    except OSError: pass\n"
            "time.sleep(5)"
        )
        assert not probes.finished(session, to_every_file)
        assert session.exceeded.startswith("disk: ")


def test_many_files_are_too_many():
    level = levels.available()[0]
    with Session(level, limits=Limits(files=100)) as session:
        many = f"import time\nfor i in range(300): open(f'{session.inside}/{{i}}', 'w')"
        assert not probes.finished(session, f"{many}\ntime.sleep(5)")
        assert "files" in session.exceeded


def test_who_uses_too_much_is_told():
    """Does a report say that it was memory, for a cell and for a call of the entry point?"""
    eat = "import mmap; block = mmap.mmap(-1, 4 << 30)\n    while block.write(bytes(1 << 24)): pass"
    spoil = (
        f"import sys\ndef run_case(*_):\n    {eat}\n"
        "(worker,) = [name for name in list(sys.modules) if name[:7] == 'worker_']\n"
        "sys.modules[worker].run_case = run_case"
    )
    nb = new_notebook(cells=[new_code_cell(f"if True:\n    {eat}"), new_code_cell(spoil)])
    with Child(nb, levels.available()[0], Times(60, 60, 300), gpu=False, memory_gib=1.5) as child:
        assert child.session.alive
        (note,) = child.notes
        assert note.startswith("Cell 1 was ended for using more than 1.5 GiB of memory; ")
        with pytest.raises(Stopped, match=r"more than 1\.5 GiB") as caught:
            child.request("run_case", "token", 60)
        assert caught.value.status == "out of memory"


# --- after the grader was killed ---------------------------------------------------------------

GRADER = """
import sys, time
from nbformat.v4 import new_code_cell
from autograder.sandbox.levels import LEVELS
from autograder.sandbox.session import Session
(level,) = [level for level in LEVELS if level.name == sys.argv[1]]
with Session(level) as session:
    code = f"import subprocess; subprocess.Popen(['setsid', '--fork', 'sleep', '{sys.argv[2]}'])"
    session.run_cell(new_code_cell(code))
    print(session.exchange.parent, session._kernel.process.pid, flush=True)
    time.sleep(600)
"""


@contextlib.contextmanager
def killed_grader(level: Level, marker: str, guard_too: bool, parent: Path):
    """The scratch folder of a grader that was killed with SIGKILL in the middle of a session."""
    process = subprocess.Popen(
        [sys.executable, "-c", GRADER, level.name, marker],
        env={**os.environ, "TMPDIR": str(parent)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        root, guard = process.stdout.readline().split()
        assert probes.running(marker)
        for pid in [int(guard)] * guard_too + [process.pid]:
            os.kill(pid, signal.SIGKILL)
        process.wait()
        yield Path(root)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@every_level
def test_a_killed_grader_leaves_nothing(level):
    """Are all processes and the scratch folder gone soon after the grader was killed?"""
    skip_unless_available(level)
    marker = f"4444.{time.monotonic_ns()}"
    with (
        tempfile.TemporaryDirectory(prefix="p-") as parent,
        killed_grader(level, marker, False, Path(parent)) as root,
    ):
        assert not probes.running(marker, wait_to_end=True)
        deadline = time.monotonic() + 10
        while root.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not root.exists()


def test_the_next_grader_removes_what_a_power_cut_left():
    """Is a scratch folder removed whose grader and guard are both gone, and only then?"""
    level = levels.available()[0]
    marker = f"4444.{time.monotonic_ns()}"
    with tempfile.TemporaryDirectory(prefix="p-") as folder:
        parent = Path(folder)
        in_use = Scratch.create(parent)
        (parent / "sandbox-of-somebody").mkdir()
        with killed_grader(level, marker, True, parent) as root:
            assert root.exists()
            remove_stale.cache_clear()
            remove_stale(parent)
            left = {path.name for path in parent.iterdir()}
            assert left == {in_use.root.name, "sandbox-of-somebody"}
        for pid in probes.running(marker, wait_to_end=True):
            os.kill(pid, signal.SIGKILL)  # plain promises nothing where a guard is killed
        in_use.remove()


def test_a_scratch_folder_is_removed_whatever_is_in_it(tmp_path):
    """Do locked folders, FIFOs, links and deep trees go away, and only they?"""
    (tmp_path / "kept").mkdir()
    scratch = Scratch.create(tmp_path)
    os.mkfifo(scratch.exchange / "fifo")
    (scratch.exchange / "link").symlink_to(tmp_path / "kept")
    (scratch.exchange / "locked" / "a").mkdir(parents=True)
    (scratch.exchange / "locked").chmod(0)
    deep = "import os\nfor _ in range(50): os.mkdir('d' * 200); os.chdir('d' * 200)"
    subprocess.run([sys.executable, "-c", deep], cwd=scratch.exchange, check=True)
    scratch.remove()
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


# --- the uid level -----------------------------------------------------------------------------


def uid_level() -> Level:
    skip_unless_available(LEVELS[1])
    return LEVELS[1]


def test_what_a_user_left_in_public_places_is_deleted(tmp_path):
    """Does the next submission with the same user id find nothing in /tmp, nor in memory?

    A link among it leads nowhere: what it points at stays as it is.
    """
    (tmp_path / "kept").touch(mode=0o400)
    names = [f"{folder}/left-{os.getpid()}" for folder in ("/tmp", "/var/tmp", "/dev/shm")]
    with Session(uid_level()) as session:
        segment = "ctypes.CDLL(None).shmget(0, 1 << 20, 0o1600)"
        code = f"import ctypes, os\nfor name in {names}: os.makedirs(name + '/a')\nprint({segment})"
        number = int(probes.run(session, code)[1])
        probes.run(session, f"os.symlink({str(tmp_path)!r}, {names[0] + '-link'!r})")
        assert all(map(os.path.exists, names))
        assert number in usage.segments(session._box.uid)
        uid = session._box.uid
    assert not any(map(os.path.lexists, [*names, names[0] + "-link"]))
    assert not usage.segments(uid)
    assert (tmp_path / "kept").stat().st_mode & 0o777 == 0o400


def test_an_open_course_folder_is_refused_where_nothing_can_be_mounted(monkeypatch):
    """Is the instructor told which file everybody can read, and how to close it?"""
    level, view = uid_level(), mounts.uid_view
    monkeypatch.setattr(box, "uid_view", lambda _, scratch: view([], scratch))  # hides nothing
    with tempfile.TemporaryDirectory(prefix="probe-") as folder:
        build_course(Path(folder))
        with pytest.raises(IsolationError, match=r"every user of this machine may read .*chmod"):
            level.box(hidden=[Path(folder)])


# --- refusing ----------------------------------------------------------------------------------


@pytest.fixture
def only_plain(monkeypatch):
    """A machine on which no level but plain works."""
    monkeypatch.setattr(
        levels, "_probe", lambda name: ("", "") if name == "plain" else (f"no {name} here.", "")
    )
    monkeypatch.delenv(levels.VARIABLE, raising=False)


def test_a_weaker_level_than_accepted_is_refused_with_the_way_out(only_plain):
    """Does the instructor learn what is missing and which setting to change?"""
    with pytest.raises(IsolationError) as caught:
        levels.choose("uid")
    for part in ("no bubblewrap here.", "no uid here.", 'policy.isolation = "plain"'):
        assert part in str(caught.value)
    assert levels.choose("plain").name == "plain"


def test_an_unknown_level_is_named():
    with pytest.raises(IsolationError, match="docker"):
        levels.choose("docker")


def test_grading_does_not_start_below_the_level_of_the_course(only_plain, tmp_path, monkeypatch):
    """Does `autograder run` refuse, say why, and go on only when told to?"""
    solved = make_course(tmp_path) / "solutions" / "tiny" / "p1_tiny.ipynb"
    for folder in ("release/tiny", "submitted/ada/tiny"):
        (tmp_path / folder).mkdir(parents=True)
        shutil.copy(solved, tmp_path / folder)
    refused = CliRunner().invoke(app, ["run", "--root", str(tmp_path)])
    assert refused.exit_code == 1
    assert "no bubblewrap here." in " ".join(refused.output.split())
    assert not (tmp_path / "verdicts").exists()

    with pytest.raises(IsolationError):  # the way that nbgrader's own autograde takes
        Book(Course.load(tmp_path)).graded(new_notebook(), "ada", "p1")

    chosen = []
    monkeypatch.setenv(levels.VARIABLE, "bubblewrap")  # restored afterwards; the option counts
    start = lambda course, work, jobs: chosen.append(Grader(course).level.name) or ()  # noqa: E731
    monkeypatch.setattr("autograder.classroom.run.run_class", start)
    told = CliRunner().invoke(app, ["run", "--root", str(tmp_path), "--isolation", "plain"])
    assert (told.exit_code, chosen) == (0, ["plain"])


def test_told_for_once_counts_more_than_the_course(only_plain, monkeypatch):
    monkeypatch.setenv(levels.VARIABLE, "plain")
    assert levels.choose("bubblewrap").name == "plain"
    monkeypatch.setenv(levels.VARIABLE, "uid")
    with pytest.raises(IsolationError, match=levels.VARIABLE):
        levels.choose("plain")
