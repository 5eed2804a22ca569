"""What a sandbox uses of the machine, measured from outside (Linux)."""

import contextlib
import os
import stat
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from autograder.sandbox.scratch import remove_tree

INODE_BYTES = 1024  # what a file in memory costs beside its contents
UNKNOWN = 1 << 62
PUBLIC = ("/tmp", "/var/tmp", "/dev/shm")  # folders in which every user may make files


def quick_memory(pid: int) -> int:
    """Bytes of a process's own and shared memory; pages shared by two count in both. 0 if gone.

    Of a process whose first thread alone has ended (no honest one does that) another thread tells.
    None has any to tell of while all of them end, which takes a process on a GPU a moment.
    """
    for status in _statuses(pid):
        if b"RssAnon" in status:
            return sum(int(status[name].split()[0]) << 10 for name in (b"RssAnon", b"RssShmem"))
    return 0


def _statuses(pid: int) -> Iterator[dict[bytes, bytes]]:
    """What /proc tells of a process, then of its other threads."""
    first = _status(f"/proc/{pid}")
    yield first
    if int(first.get(b"Threads", 0)) > 1:
        with contextlib.suppress(OSError):
            for thread in os.listdir(f"/proc/{pid}/task"):
                yield _status(f"/proc/{pid}/task/{thread}")


def _status(folder: str) -> dict[bytes, bytes]:
    """What /proc tells there; nothing of memory once it is about to end, empty if gone."""
    try:
        with open(f"{folder}/status", "rb") as file:
            return dict(line.split(b":", 1) for line in file if b":" in line)
    except OSError:
        return {}


def exact_memory(pid: int) -> int:
    """The same with each page shared out among its users; takes milliseconds."""
    wanted = {b"Pss_Anon:", b"Pss_Shmem:"}
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
            lines = [line.split() for line in file]
    except OSError:
        return quick_memory(pid)
    found = [int(line[1]) << 10 for line in lines if line[0] in wanted]
    return sum(found) if found else quick_memory(pid)  # a kernel before 5.10


def unlinked_bytes(pids: Iterable[int]) -> int:
    """Bytes in files without a name that processes hold open: memfd, and deleted files.

    A process that has closed itself to inspection (no honest one does) counts as above any limit.
    """
    found: dict[tuple[int, int], int] = {}
    for pid in pids:
        try:
            names = os.listdir(f"/proc/{pid}/fd")
        except PermissionError:
            if b"RssAnon" in _status(f"/proc/{pid}"):
                return UNKNOWN
            continue  # it is about to end
        except OSError:
            continue  # it has ended
        for name in names:
            with contextlib.suppress(OSError):
                info = os.stat(f"/proc/{pid}/fd/{name}")
                if info.st_nlink == 0 and stat.S_ISREG(info.st_mode):
                    found[info.st_dev, info.st_ino] = info.st_blocks * 512
    return sum(found.values())


def memory_folders(pids: Iterable[int], folders: Iterable[str], size: int) -> int:
    """Bytes in folders held in memory, of `size` bytes each, as the sandbox's processes see them.

    Their size tells them from the machine's own folders, seen while a sandbox is being set up.
    """
    own = os.stat("/proc/self/ns/mnt").st_ino
    for pid in reversed(list(pids)):
        try:
            if os.stat(f"/proc/{pid}/ns/mnt").st_ino == own:
                continue
            found = [os.statvfs(f"/proc/{pid}/root{folder}") for folder in folders]
        except OSError:
            continue  # it has ended, or has no such folder yet
        return sum(
            (f.f_blocks - f.f_bfree) * f.f_frsize + (f.f_files - f.f_ffree) * INODE_BYTES
            for f in found
            if f.f_blocks * f.f_frsize == size
        )
    return 0


def folder_use(folder: str, most_files: int) -> tuple[int, int]:
    """Bytes and number of files of a folder (or of one file); stops counting above `most_files`.

    A folder that cannot be looked into (closed, or nested too deep) counts as too many files.
    """
    with contextlib.suppress(OSError):
        info = os.lstat(folder)
        if not stat.S_ISDIR(info.st_mode):
            return info.st_blocks * 512, 1
    size = count = 0
    todo = [folder]
    while todo and count <= most_files:
        try:
            with os.scandir(todo.pop()) as entries:
                for entry in entries:
                    count += 1
                    if count > most_files:
                        break
                    if entry.is_dir(follow_symlinks=False):
                        todo.append(entry.path)
                    size += entry.stat(follow_symlinks=False).st_blocks * 512
        except FileNotFoundError:
            continue
        except OSError:
            count = most_files + 1
    return size, count


def public_files(uid: int) -> Iterator[Path]:
    """What a uid has put into the folders that are open to everybody."""
    for folder in PUBLIC:
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    if entry.stat(follow_symlinks=False).st_uid == uid:
                        yield Path(entry.path)


def segments(uid: int) -> dict[int, int]:
    """System V shared memory of a uid: bytes in memory by segment; it outlives its processes."""
    try:
        lines = Path("/proc/sysvipc/shm").read_text().splitlines()
    except OSError:
        return {}
    names, rows = lines[0].split(), (line.split() for line in lines[1:])
    columns = [names.index(name) for name in ("shmid", "uid", "rss")]
    found = ([int(row[column]) for column in columns] for row in rows)
    return {segment: rss for segment, owner, rss in found if owner == uid}


def remove_left_by(uid: int) -> None:
    """Delete what a uid, all of whose processes have ended, left behind (only root can)."""
    for path in public_files(uid):
        remove_tree(path)
    with contextlib.suppress(FileNotFoundError):  # a system without ipcrm
        for segment in segments(uid):
            # As that user: root of a container may not.
            command = ["ipcrm", "-m", str(segment)]
            subprocess.run(
                command, user=uid, group=uid, extra_groups=[], capture_output=True, check=False
            )
