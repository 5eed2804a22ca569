"""What a bubblewrap sandbox sees: the Python runtime read-only, an empty scratch, nothing else."""

import os
import sys
from collections.abc import Iterable, Mapping
from glob import glob
from pathlib import Path

import autograder
from autograder.sandbox.scratch import open_to_all

# With a root grader the child is root outside its user namespace, as far as files go: whatever is
# visible is readable. So /etc and /dev are shown entry by entry (/etc/shadow and disks are not).
ETC = (
    "alternatives",
    "fonts",
    "group",
    "hosts",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "nsswitch.conf",
    "nvidia",
    "OpenCL",
    "passwd",
    "ssl/openssl.cnf",
    "vulkan",
)
GPU_NODES = ("/dev/nvidia*", "/dev/kfd", "/dev/dri/renderD*")
SYS_MASKED = (  # root may read there what CUDA does not need
    "/sys/firmware",
    "/sys/fs/bpf",
    "/sys/fs/pstore",
    "/sys/kernel/debug",
    "/sys/kernel/security",
    "/sys/kernel/tracing",
)
LIBRARY_VARIABLES = ("LD_LIBRARY_PATH", "CUDA_HOME", "CUDA_PATH")


def gpu_nodes() -> list[str]:
    """Device files of this machine's GPUs; empty without one."""
    return sorted(path for pattern in GPU_NODES for path in glob(pattern))


def hidden_roots(more: Iterable[Path] = ()) -> list[Path]:
    """Folders that must never be visible: this package, and every course folder it belongs to."""
    package = Path(autograder.__file__).resolve().parent
    above = [*package.parents, Path.cwd().resolve(), *Path.cwd().resolve().parents]
    courses = [folder for folder in above if (folder / "course.toml").is_file()]
    return [package, *courses, *(Path(path).resolve() for path in more)]


def _inside(path: Path, folders: Iterable[Path | str]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)


def prefixes() -> list[Path]:
    """The Python environment and the interpreter that it is built on."""
    found = {Path(sys.prefix), Path(sys.base_prefix), Path(sys.exec_prefix)}
    # The executable may be a chain of links out of its prefix; its own tree is needed too.
    found.add(Path(sys.executable).resolve().parent.parent)
    return sorted(path for path in found if path != Path("/"))


def python_path(hidden: list[Path]) -> list[Path]:
    """Folders on the parent's sys.path beyond its environment, e.g. wheels named by PYTHONPATH.

    Only what PYTHONPATH names and site-packages folders: sys.path also holds the folder of the
    script that was started, which may be anybody's home. Nothing in the course is passed on.
    """
    named = {os.path.abspath(p) for p in os.environ.get("PYTHONPATH", "").split(":") if p}
    own = [path.resolve() for path in prefixes()]
    too_much = {Path("/"), Path.home().resolve()}
    chosen = []
    for entry in map(os.path.abspath, filter(None, sys.path)):
        path, real = Path(entry), Path(entry).resolve()
        wanted = entry in named or path.name in ("site-packages", "dist-packages")
        if wanted and real.is_dir() and real not in too_much and not _inside(real, [*own, *hidden]):
            chosen.append(path)
    return chosen


def _library_folders(hidden: list[Path]) -> list[Path]:
    entries = [p for name in LIBRARY_VARIABLES for p in os.environ.get(name, "").split(":") if p]
    too_much = {Path("/"), Path.home().resolve()}
    folders = {p: p.resolve() for p in (*map(Path, entries), Path("/usr/local/cuda")) if p.is_dir()}
    return [p for p, real in folders.items() if real not in too_much and not _inside(real, hidden)]


def runtime_binds(hidden: list[Path]) -> dict[Path, Path]:
    """Read-only binds `{where inside: folder outside}`, under both written and resolved names."""
    folders = [*prefixes(), *python_path(hidden), *_library_folders(hidden)]
    folders = [Path(os.path.abspath(folder)) for folder in folders]
    binds = {Path("/usr"): Path("/usr")}
    for folder in folders:
        real = folder.resolve()
        # Under /usr everything is there already, links included; binding onto a link fails.
        for name in {folder, real}:
            if not (_inside(name, ["/usr"]) and _inside(real, ["/usr"])):
                binds[name] = real
    return binds


def masks(binds: Mapping[Path, Path], hidden: Iterable[Path]) -> set[Path]:
    """Places inside at which a bound folder would show something hidden."""
    return {
        where / secret.relative_to(source)
        for where, source in ((w, s.resolve()) for w, s in binds.items())
        for secret in hidden
        if secret.is_relative_to(source)
    }


def uid_view(hidden: list[Path], scratch: Path) -> list[tuple[str, str]]:
    """For another uid, where the grader may mount: ("cover" | "show", folder), outside in.

    Covered are the hidden folders and those closed to others, such as a private home, that hold
    something the child needs; what it needs is shown again in them.
    """
    needed = [*runtime_binds(hidden), scratch]
    covered = set(hidden)
    for path in needed:
        closed = [folder for folder in path.parents if not open_to_all(folder)]
        covered.update(closed[-1:])  # the outermost: `parents` goes from the inside out
    steps = {path: "show" for path in needed if _inside(path, covered)}
    steps |= {path: "cover" for path in covered}
    return [(steps[path], str(path)) for path in sorted(steps, key=lambda path: len(path.parts))]


def _system_arguments(gpu: bool) -> list[str]:
    arguments = ["--proc", "/proc", "--dev", "/dev"]
    for name in ("/bin", "/sbin", "/lib", "/lib32", "/lib64"):
        if os.path.islink(name):
            arguments += ["--symlink", os.readlink(name).lstrip("/"), name]
        elif os.path.isdir(name):
            arguments += ["--ro-bind", name, name]
    for entry in ETC:
        arguments += ["--ro-bind-try", f"/etc/{entry}", f"/etc/{entry}"]
    if gpu:
        arguments += ["--ro-bind-try", "/sys", "/sys"]
        for folder in filter(os.path.isdir, SYS_MASKED):
            arguments += ["--tmpfs", folder]
        for node in gpu_nodes():
            arguments += ["--dev-bind", node, node]
    return arguments


def _tmpfs(where: str | Path, mib: int) -> list[str]:
    return ["--size", str(mib << 20), "--tmpfs", str(where)]


def view(
    hidden: list[Path],
    shown: Mapping[str, Path],
    writable: Mapping[str, Path],
    home: str,
    gpu: bool,
    memory_mib: int,
) -> list[str]:
    """bwrap's arguments for the whole file tree.

    `shown` and `writable` bind folders at a path inside; `home`, /tmp and /dev/shm are empty and
    held in memory, `memory_mib` each, and everything else is read-only.
    """
    binds = runtime_binds(hidden)
    masked = masks(binds, hidden)
    steps = {path: ["--ro-bind", str(real), str(path)] for path, real in binds.items()}
    steps |= {path: ["--tmpfs", str(path)] for path in masked}
    # /tmp first: an environment may lie in it. Then from the outside in, so that a course's .venv
    # reappears in a masked course folder, and a package is masked in a bound site-packages.
    arguments = [*_tmpfs("/tmp", memory_mib)]
    for path in sorted(steps, key=lambda path: len(path.parts)):
        arguments += steps[path]
    arguments += _system_arguments(gpu)
    arguments += [*_tmpfs("/dev/shm", memory_mib), *_tmpfs(home, memory_mib)]
    for inside, outside in shown.items():
        arguments += ["--ro-bind", str(outside), inside]
    for inside, outside in writable.items():
        arguments += ["--bind", str(outside), inside]
    for place in [*map(str, sorted(masked)), "/dev", "/"]:
        arguments += ["--remount-ro", place]
    return arguments
