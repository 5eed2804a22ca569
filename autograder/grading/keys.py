"""What identifies a grading: the student's work, the grader, the machine; and the seeds drawn."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from functools import cache
from pathlib import Path

import torch

from autograder.problem_folders import HIDDEN, PUBLIC, problem_files

PACKAGE = Path(__file__).resolve().parents[1]
ROOMS = ("selfcheck", "grading", "sandbox")
KEY_FILE = ".grader-key"


@cache
def grader_version() -> str:
    """A hash over every file that can change a verdict."""
    files = {"registry.py": PACKAGE / "registry.py"}
    files |= {str(p.relative_to(PACKAGE)): p for r in ROOMS for p in (PACKAGE / r).rglob("*.py")}
    for side in (PUBLIC, HIDDEN):
        files |= {f"{side}/{name}": path for name, path in problem_files(side).items()}
    digest = hashlib.sha256()
    for name, path in sorted(files.items()):
        digest.update(name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


@cache
def machine() -> str:
    """The kind of machine that grades, with the versions that matter."""
    card = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    try:
        from importlib.metadata import version

        triton = version("triton")
    except ImportError:
        triton = "none"
    return f"{card}, torch {torch.__version__}, triton {triton}"


def verdict_key(work: str, problem: str, points: float, isolation: str) -> str:
    """Equal keys: grading again would repeat itself. `work` is the hash of a student's regions."""
    parts = (work, problem, grader_version(), machine(), repr(points), isolation)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def course_key(root: Path) -> bytes:
    """The course's secret, made on first use; it makes inputs repeatable and unpredictable."""
    path = root / KEY_FILE
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
    except FileExistsError:
        pass
    return path.read_bytes()


def draw_seed(key: bytes, *parts: str) -> int:
    """A seed for one case of one submission: the same at every grading, unknown to students."""
    return int.from_bytes(hmac.digest(key, "\0".join(parts).encode(), "sha256")[:7], "big")
