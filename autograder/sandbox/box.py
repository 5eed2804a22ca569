"""One prepared place to run a command in: the level's command line, environment and clean-up."""

import contextlib
import os
import pwd
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.sandbox.mounts import gpu_nodes, hidden_roots, python_path, view
from autograder.sandbox.scratch import Scratch

# Taken over from the grader's environment where set; anything else is passed on purpose or not.
INHERITED = (
    "CUDA_HOME",
    "CUDA_PATH",
    "CUDA_VISIBLE_DEVICES",
    "LD_LIBRARY_PATH",
    "OMP_NUM_THREADS",
    "TRITON_LIBCUDA_PATH",
)
UIDS = range(61184, 65520)  # free for short-lived users by systemd's convention
TOKEN = "SANDBOX_TOKEN"
SWEEP_SECONDS = 5


@dataclass(frozen=True)
class Limits:
    """What one session may use; `memory_gib` holds only where no GPU is used (CUDA reserves far
    more address space than it fills)."""

    cell_seconds: float = 60
    memory_gib: float | None = None
    file_mib: int = 2048
    output_mib: int = 4
    tmp_mib: int = 2048  # each of home, /tmp and /dev/shm (bubblewrap)
    processes: int = 4096  # threads count; the kernel exempts bubblewrap started by root


@dataclass
class Box:
    """A scratch folder and how to start a command that sees it; `close` ends what is left."""

    level: str
    env: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = Limits()
    hidden: Sequence[Path] = ()
    scratch_parent: Path | None = None
    bwrap: str = ""

    def __post_init__(self) -> None:
        self.uid, self._lease = lease_uid() if self.level == "uid" else (None, None)
        self.token = os.urandom(12).hex()
        self.scratch = Scratch.create(self.scratch_parent, self.uid)

    @property
    def root_inside(self) -> str:
        """The scratch folder as the child sees it."""
        return "/scratch" if self.level == "bubblewrap" else str(self.scratch.root)

    @property
    def uses_gpu(self) -> bool:
        chosen = {**os.environ, **self.env}.get("CUDA_VISIBLE_DEVICES")
        return bool(gpu_nodes()) and chosen not in ("", "-1")

    def environment(self) -> dict[str, str]:
        """Every variable the child gets."""
        home = f"{self.root_inside}/home"
        cuda = f"{os.environ.get('CUDA_HOME', '/usr/local/cuda')}/bin"
        path = [os.path.dirname(sys.executable), cuda, "/usr/local/bin", "/usr/bin", "/bin"]
        own = {
            "HOME": home,
            "IPYTHONDIR": f"{home}/.ipython",
            "LANG": "C.UTF-8",
            "PATH": ":".join([*path, "/usr/sbin", "/sbin"]),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONNOUSERSITE": "1",
            "TMPDIR": "/tmp" if self.level == "bubblewrap" else home,
            "TRITON_CACHE_DIR": f"{home}/.triton",
            "USER": "student",
        }
        if extra := python_path(hidden_roots(self.hidden)):
            own["PYTHONPATH"] = ":".join(map(str, extra))
        inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
        return {**inherited, **own, **self.env}

    def rlimits(self) -> dict[str, int]:
        """Limits by their names in `resource`, in bytes (NPROC: a count)."""
        limits = {"RLIMIT_CORE": 0, "RLIMIT_FSIZE": self.limits.file_mib << 20}
        if self.limits.memory_gib and not self.uses_gpu:
            limits["RLIMIT_DATA"] = int(self.limits.memory_gib * 2**30)
        if self.level != "plain":  # there the count would include the grader's own processes
            limits["RLIMIT_NPROC"] = self.limits.processes
        return limits

    def command(self, command: Sequence[str]) -> list[str]:
        """`command` with what the level puts in front of it."""
        if self.level != "bubblewrap":
            return list(command)
        writable = {f"/scratch/{name}": self.scratch.root / name for name in ("exchange", "run")}
        arguments = ["--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"]
        arguments += ["--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net"]
        arguments += ["--unshare-uts", "--unshare-cgroup-try", "--disable-userns"]
        arguments += ["--uid", "65534", "--gid", "65534", "--hostname", "sandbox"]
        arguments += view(
            hidden_roots(self.hidden), writable, "/scratch/home", self.uses_gpu, self.limits.tmp_mib
        )
        for name, value in self.environment().items():
            arguments += ["--setenv", name, value]
        return [self.bwrap, *arguments, "--chdir", "/scratch/home", "--", *command]

    def popen_options(self) -> dict[str, Any]:
        """What `subprocess.Popen` needs besides the command."""
        if self.level == "bubblewrap":
            return {"env": {"PATH": os.environ.get("PATH", os.defpath)}, "cwd": "/"}
        env = {**self.environment(), TOKEN: self.token}
        options: dict[str, Any] = {"env": env, "cwd": str(self.scratch.home)}
        if self.uid is not None:
            options |= {"user": self.uid, "group": self.uid, "extra_groups": []}
        return options

    def sweep(self) -> None:
        """Kill what outlived the kernel's process group, e.g. a child that called setsid."""
        if self.uid is not None:
            # kill(-1) as that uid ends all its processes in one go, faster than they can fork.
            subprocess.run(
                ["/bin/sh", "-c", "kill -KILL -1"],
                **{**self.popen_options(), "cwd": "/"},
                capture_output=True,
                timeout=30,
                check=False,
            )
        elif self.level == "plain":
            deadline = time.monotonic() + SWEEP_SECONDS
            while found := _processes_with(f"{TOKEN}={self.token}".encode()):
                for pid in found:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                if time.monotonic() > deadline:
                    break
                time.sleep(0.02)
        # bubblewrap: the PID namespace died with its first process, and everything in it.

    def close(self) -> None:
        """End every process of the box and delete its scratch folder."""
        self.sweep()
        self.scratch.remove()
        if self._lease is not None:
            self._lease.close()


def lease_uid() -> tuple[int, socket.socket]:
    """A uid that no other session on this machine uses, held as long as the socket lives.

    Raises OSError where none is free. An abstract socket vanishes with its process: no stale locks.
    """
    start = os.getpid() % len(UIDS)
    for uid in [*UIDS[start:], *UIDS[:start]]:
        try:
            pwd.getpwuid(uid)
            continue  # somebody's account
        except KeyError:
            lease = socket.socket(socket.AF_UNIX)
        try:
            lease.bind(f"\0autograder-sandbox-uid-{uid}")
            return uid, lease
        except OSError:
            lease.close()
    raise OSError("every user id set aside for sandboxes is in use")


def _processes_with(variable: bytes) -> list[int]:
    """Living processes whose first environment holds this variable (Linux; elsewhere none)."""
    found: list[int] = []
    if not os.path.isdir("/proc"):
        return found
    for pid in (int(name) for name in os.listdir("/proc") if name.isdigit()):
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes()
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if variable in environment.split(b"\0") and state not in "ZX" and pid != os.getpid():
            found.append(pid)
    return found
