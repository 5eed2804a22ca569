"""The scratch folder of one sandbox: made private, removed whatever the child left in it."""

import fcntl
import functools
import os
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

PREFIX = "sandbox-"
LOCK = "in-use"


@dataclass(frozen=True)
class Scratch:
    """Three folders in a private one: `exchange` (tensors), `code` (what runs inside, not to be
    changed there), `home` (HOME, cwd).

    The folder around them is not writable from inside, so the child cannot put a symbolic link in
    the place of `exchange` and have the parent read or write somewhere else.
    """

    root: Path
    lock: IO | None = None  # held while the grader that made the folder lives

    @property
    def exchange(self) -> Path:
        return self.root / "exchange"

    @property
    def code(self) -> Path:
        return self.root / "code"

    @property
    def home(self) -> Path:
        return self.root / "home"

    @classmethod
    def create(cls, parent: Path | None = None, owner: int | None = None) -> "Scratch":
        """Make the folders; `owner` is the uid that gets them where the child has another one."""
        parent = Path(parent or tempfile.gettempdir()).resolve()
        closed = owner is not None and not all(map(open_to_all, (parent, *parent.parents)))
        if closed:
            parent = Path("/tmp")
        remove_stale(parent)
        root = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        scratch = cls(root, _lock(root))
        scratch.code.mkdir(mode=0o755)
        for folder in (scratch.exchange, scratch.home):
            folder.mkdir(mode=0o700)
            if owner is not None:
                os.chown(folder, owner, owner)
        if owner is not None:
            scratch.root.chmod(0o711)  # the child passes through, but lists and changes nothing
        return scratch

    def remove(self) -> None:
        """Delete everything: closed folders, links (not followed), FIFOs, trees of any depth."""
        remove_tree(self.root)
        if self.lock is not None:
            self.lock.close()


def open_to_all(folder: Path) -> bool:
    """Whether every user may pass through a folder."""
    return bool(folder.stat().st_mode & stat.S_IXOTH)


def remove_tree(root: Path) -> None:
    """Delete a file or a folder that a hostile process has filled."""
    # chmod and rm walk with open folders, so neither path length nor recursion limits them. Root
    # needs no chmod, which would follow a link given as `root`.
    for command in (["chmod", "-R", "u+rwX"], ["rm", "-rf"])[os.geteuid() == 0 :]:
        if shutil.which(command[0]):
            subprocess.run(
                [*command, "--", str(root)], capture_output=True, timeout=300, check=False
            )
    shutil.rmtree(root, ignore_errors=True)


@functools.cache
def remove_stale(parent: Path) -> None:
    """Delete scratch folders of graders that were killed together with their guards.

    A folder is left alone while its maker lives, which its lock tells (the kernel lets go of a
    lock with the process, whatever container it is in), and where it belongs to somebody else.
    Looked for once in a process's life.
    """
    for root in parent.glob(f"{PREFIX}*"):
        try:
            if root.lstat().st_uid != os.geteuid():
                continue
            with open(os.open(root / LOCK, os.O_RDWR | os.O_NOFOLLOW), "w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove_tree(root)
        except OSError:
            continue  # in use, being made, or not one of ours


def _lock(root: Path) -> IO:
    """Lock the folder; the file gets its name when it is locked, so nobody sees it open."""
    lock = (root / f"{LOCK}.new").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    os.rename(root / f"{LOCK}.new", root / LOCK)
    return lock
