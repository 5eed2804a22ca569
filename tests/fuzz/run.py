"""Fuzz every target, or those named, for some time in all: python tests/fuzz/run.py 1200 [intake …]

Atheris finds inputs that reach new code, starting from corpus/. An input that crashes a target is
kept under crashes/, where the tests try it ever after. Exits with the number of crashes.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
FOUND = HERE.parents[1] / "build" / "fuzz"  # inputs worth mutating; kept between runs
ONE_INPUT = 20  # seconds; an input that takes longer counts as a crash
MEMORY = 4096  # MiB
NAMES = ("intake", "grammar", "verdict", "exchange")


def fuzz(name: str, arguments: list[str]) -> None:
    """Fuzz one target in this process; never returns."""
    import atheris

    sys.path[:0] = [str(HERE), str(HERE.parents[1])]
    with atheris.instrument_imports(include=["autograder", "safetensors"]):
        from mutate import changed
        from targets import TARGETS

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        """By turns a change that keeps JSON whole and one of libFuzzer's own."""
        return changed(data, seed)[:most] if seed % 2 else atheris.Mutate(data, most)

    atheris.Setup([name, *arguments], TARGETS[name], custom_mutator=mutate)
    atheris.Fuzz()


def start(name: str, seconds: int) -> int:
    """Fuzz one target in a process of its own; 1 if it crashed."""
    for folder in (FOUND / name, HERE / "crashes" / name):
        folder.mkdir(parents=True, exist_ok=True)
    limits = [f"-max_total_time={seconds}", f"-timeout={ONE_INPUT}", f"-rss_limit_mb={MEMORY}"]
    places = [f"-artifact_prefix={HERE / 'crashes' / name}/", FOUND / name, HERE / "corpus" / name]
    options = ["-max_len=65536", "-print_final_stats=1", f"-dict={HERE / 'words.dict'}"]
    command = [sys.executable, __file__, "--one", name, *limits, *options, *map(str, places)]
    print(f"== {name}: {seconds} s", flush=True)
    return int(subprocess.run(command, check=False).returncode != 0)


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["--one"]:
        fuzz(arguments[1], arguments[2:])
    seconds = int(arguments[0]) if arguments else 1200
    names = arguments[1:] or NAMES
    crashed = [name for name in names if start(name, max(1, seconds // len(names)))]
    print(f"{seconds} s; crashed: {', '.join(crashed) or 'none'}")
    return len(crashed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
