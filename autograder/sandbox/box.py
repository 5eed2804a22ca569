"""One prepared place to run a command in: the level's command line, environment and clean-up."""

import fcntl
import json
import os
import pwd
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from autograder.sandbox import guard
from autograder.sandbox.guard import Orders
from autograder.sandbox.mounts import gpu_nodes, hidden_roots, python_path, uid_view, view
from autograder.sandbox.processes import end_below, end_uid
from autograder.sandbox.scratch import Scratch
from autograder.sandbox.usage import remove_left_by

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
UID_LOCKS = Path("/run/autograder-sandbox-uids")


@dataclass(frozen=True)
class Limits:
    """What one sandbox may use. Its guard measures ten times a second and ends what is above."""

    memory_gib: float = 8  # of all processes and of folders held in memory
    disk_mib: int = 8192  # of all files, with what the grader hands over
    files: int = 10_000
    file_mib: int = 2048  # one file
    threads: int = 4096  # of all processes
    tmp_mib: int = 2048  # each of home, /tmp and /dev/shm (bubblewrap)


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
        self.uid: int | None = None
        self._lease: IO | None = None
        if self.level == "uid":
            self.uid, self._lease = lease_uid()
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
        if not self.uses_gpu:  # CUDA reserves far more than it fills: there the guard alone counts
            limits["RLIMIT_DATA"] = int(self.limits.memory_gib * 2**30)
        if self.level != "plain":  # there the count would include the grader's own processes
            limits["RLIMIT_NPROC"] = self.limits.threads
        return limits

    def command(self, command: Sequence[str]) -> list[str]:
        """A guard that starts `command` (its program by full path) inside; see guard.py."""
        inner, level_env = list(command), self.environment()
        if self.level == "bubblewrap":
            inner, level_env = self._bwrap_command(command), {"PATH": os.defpath}
        scratch, limits = self.scratch, self.limits
        in_memory = ["/tmp", "/dev/shm", "/scratch/home"] if self.level == "bubblewrap" else []
        orders = Orders(
            command=inner,
            env=level_env,
            cwd="/" if self.level == "bubblewrap" else str(scratch.home),
            scratch=str(scratch.root),
            uid=self.uid,
            own=3 if self.level == "bubblewrap" else 1,  # bwrap is two processes
            view=uid_view(hidden_roots(self.hidden), scratch.root) if self.uid is not None else [],
            memory_folders=in_memory,
            tmp=limits.tmp_mib << 20,
            memory=int(limits.memory_gib * 2**30),
            disk=limits.disk_mib << 20,
            files=limits.files,
            threads=limits.threads,
        )
        (scratch.root / "guard.json").write_text(json.dumps(asdict(orders)))
        (scratch.root / "guard.json").chmod(0o600)
        package = str(Path(guard.__file__).resolve().parents[2])
        start = (
            f"import sys; sys.path.append({package!r}); from {guard.__name__} import main; main()"
        )
        return [sys.executable, "-I", "-S", "-c", start, str(scratch.root)]

    def _bwrap_command(self, command: Sequence[str]) -> list[str]:
        """`command` with bubblewrap in front of it."""
        shown = {"/scratch/code": self.scratch.code}
        writable = {"/scratch/exchange": self.scratch.exchange}
        arguments = ["--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"]
        arguments += ["--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net"]
        arguments += ["--unshare-uts", "--unshare-cgroup-try", "--disable-userns"]
        arguments += ["--uid", "65534", "--gid", "65534", "--hostname", "sandbox"]
        arguments += view(
            hidden_roots(self.hidden),
            shown,
            writable,
            "/scratch/home",
            self.uses_gpu,
            self.limits.tmp_mib,
        )
        for name, value in self.environment().items():
            arguments += ["--setenv", name, value]
        return [self.bwrap, *arguments, "--chdir", "/scratch/home", "--", *command]

    def popen_options(self) -> dict[str, Any]:
        """What `subprocess.Popen` needs besides the command; for the guard, not what is inside."""
        wanted = ("PATH", "LD_LIBRARY_PATH")
        env = {name: os.environ[name] for name in wanted if name in os.environ}
        return {"env": env, "cwd": "/", "start_new_session": True}

    @property
    def exceeded(self) -> str:
        """Which limit the guard ended the command for ("memory: more than ..."), or empty."""
        try:
            return (self.scratch.root / "exceeded").read_text(errors="replace")[:200]
        except OSError:
            return ""

    def end(self, process: subprocess.Popen | None) -> None:
        """Kill what runs inside, then its guard: `process` is what `command` was started as."""
        if process is None or process.poll() is not None:
            return  # the guard ended all the rest before it left
        end_below(process.pid, self.uid)
        process.kill()

    def close(self) -> None:
        """Delete the scratch folder and what else the ended processes left."""
        if self.uid is not None:
            end_uid(self.uid)
            remove_left_by(self.uid)
        self.scratch.remove()
        if self._lease is not None:
            self._lease.close()


def lease_uid() -> tuple[int, IO]:
    """A uid that no other session on this machine uses, held as long as the file is open.

    Raises OSError where none is free. Locks vanish with their process, so none goes stale; the
    folder is root's alone, so no submission can take uids away from others.
    """
    UID_LOCKS.mkdir(mode=0o700, exist_ok=True)
    start = os.getpid() % len(UIDS)
    for uid in [*UIDS[start:], *UIDS[:start]]:
        try:
            pwd.getpwuid(uid)
            continue  # somebody's account
        except KeyError:
            lease = (UID_LOCKS / str(uid)).open("w")
        try:
            fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return uid, lease
        except OSError:
            lease.close()
    raise OSError("every user id set aside for sandboxes is in use")
