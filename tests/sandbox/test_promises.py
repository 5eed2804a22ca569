"""Does every cell of the table in docs/security.md hold, tried for real?"""

import contextlib
import os
import shutil
import socket
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
from support import probes
from support.levels import build_course, every_level, skip_unless_available
from support.processes import victim

import autograder
from autograder.sandbox import levels, promises
from autograder.sandbox.box import Limits
from autograder.sandbox.levels import LEVELS, IsolationError, Level
from autograder.sandbox.promises import PROMISES
from autograder.sandbox.runner import Runner

DOC = Path(__file__).resolve().parents[2] / "docs" / "security.md"
ON_GPU = {"gpu_left", "gpu_used"}  # benchmarks/gpu_check.py tries those


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


def by_level() -> list:
    """A level's tests run in one process, so that its template is started once."""
    group = pytest.mark.xdist_group
    return [pytest.param(one, id=one.name, marks=group(f"promises {one.name}")) for one in LEVELS]


@pytest.fixture(scope="module", params=by_level())
def stage(request):
    """A level's shared template, and the world around it."""
    level: Level = skip_unless_available(request.param)
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
        grader = victim(marker)
        stack.callback(grader.wait)
        stack.callback(grader.kill)
        runner = stack.enter_context(open_beside(level, course))
        yield (
            runner,
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


def open_beside(level: Level, course: Path) -> Runner:
    """A runner that the course is to be hidden from; where it says how to close it, do so."""
    runner = Runner(level, hidden=[course])
    try:
        runner.start()
    except IsolationError as error:
        assert "chmod" in str(error)
        course.chmod(0o700)
        levels._exposed.cache_clear()
        runner.start()
    return runner


def expected(name: str, level: Level) -> bool:
    """Whether an honest mistake or a plain attempt gets through."""
    (promise,) = [promise for promise in PROMISES if promise.name == name]
    return promise.cell(level.name).answer == "yes"


def test_at_least_one_level_was_tested():
    """Would this file notice if it tested nothing?"""
    assert levels.available(), [level.missing() for level in LEVELS]


def test_every_promise_is_tried():
    """Is there one probe per row, and is there no cell that nobody tries?"""
    assert {p.name for p in PROMISES} == {
        *probes.TRIES,
        *probes.QUICK,
        *probes.ATTACKS,
        *ON_GPU,
    }
    assert [level.name for level in LEVELS] == list(promises.LEVEL_NAMES)


def test_the_document_shows_these_promises():
    """Is the table in docs/security.md the one that the tests try?"""
    assert promises.table() in DOC.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", probes.TRIES)
def test_what_student_code_can_do(stage, name):
    """Does a try succeed exactly where the table says yes?"""
    runner, world = stage
    if name == "template" and runner.level.name == "plain" and os.geteuid() != 0:
        pytest.skip("to a grader who is not root the template is closed at this level too.")
    could = probes.could(runner, probes.TRIES[name].format(**asdict(world)))
    assert could == expected(name, runner.level)


@pytest.mark.parametrize("name", probes.QUICK)
def test_what_student_code_can_go_on_with(stage, name):
    """Does what goes on, or stays behind, end with its child where the table does not say yes?"""
    runner, _ = stage
    assert probes.QUICK[name](runner) == expected(name, runner.level)


@pytest.mark.trust
@every_level
@pytest.mark.parametrize("name", probes.ATTACKS)
def test_what_student_code_can_use_up(level, name):
    """Is what goes on without end stopped exactly where the table does not say yes?"""
    skip_unless_available(level)
    could = probes.ATTACKS[name](lambda limits=None: Runner(level, limits=limits or Limits()))
    assert could == expected(name, level)


@pytest.mark.trust
def test_plain_does_not_hold_on_purpose():
    """Is "on purpose" the truth: does a process live on that first kills its guard?"""
    kill_guard = (
        "guard = int(open(f'/proc/{os.getppid()}/stat').read().rpartition(')')[2].split()[1])\n"
        "os.kill(guard, signal.SIGKILL); os.kill(os.getppid(), signal.SIGKILL)"
    )
    assert probes.lives_on(lambda: Runner(LEVELS[-1]), kill_guard)
