"""What identifies a finding: the work, the problem's version, the device; and the seeds drawn."""

from __future__ import annotations

import hashlib
import hmac
import inspect
import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import torch

from autograder.problem_folders import HIDDEN, PACKAGES, PUBLIC, problem_files
from autograder.registry import GradedProblem

PACKAGE = Path(__file__).resolve().parents[1]
ROOMS = ("selfcheck", "grading", "sandbox")
RULES = ("compare.py", "judge.py", "memory.py")  # of selfcheck: when an answer is right
EDITION = 4  # raise it when a change of the grader makes what was found before unfit to book
CPU = "cpu"
KEY_FILE = ".grader-key"


def grader_version() -> str:
    """A hash over every file that takes part in grading: machines that share work must agree."""
    return _version_with(*(tuple(package.__path__) for package in PACKAGES.values()))


@cache
def _version_with(*problems: tuple[str, ...]) -> str:
    """The hash, with the problems that lie in those folders: another course has others."""
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


@cache
def device_class() -> str:
    """ "cpu", or the card's name in small letters: "nvidia-h100-80gb-hbm3"."""
    if not torch.cuda.is_available():
        return CPU
    return re.sub(r"[^a-z0-9]+", "-", torch.cuda.get_device_name().lower()).strip("-")


def problem_version(problem: GradedProblem, frame: str, gpu: bool) -> str:
    """A hash over what a work's outcome depends on: the given code (`frame`), the cases without
    their points, how inputs are drawn, the reference, and the rules by which answers are right.
    """
    public, speed = problem.public, problem.speed if gpu else None
    cases = [(one.on(gpu).name, one.on(gpu).params) for one in problem.cases]
    functions = (public.make_inputs, public.reference, public.yardstick, public.largest)
    parts = {
        "edition": EDITION,
        "frame": frame,
        "cases": cases,
        "speed": speed and (speed.name, speed.params, speed.flops),
        "call": (public.entry, public.call, public.uses_triton),
        "functions": sorted({text for one in functions for text in _texts(one, set())}),
        "rules": [(PACKAGE / "selfcheck" / name).read_text("utf-8") for name in RULES],
    }
    text = json.dumps(parts, sort_keys=True, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else repr(value)


def _texts(value: Any, seen: set[int]) -> Iterator[str]:
    """The sources of a function of ours and of all that it calls, and the numbers it looks up.

    Texts, not bytecode: two machines with two versions of Python must agree.
    """
    if isinstance(value, partial):
        yield repr((value.args, sorted(value.keywords.items())))
        value = value.func
    value = inspect.unwrap(value) if callable(value) else value
    if not isinstance(value, FunctionType) or id(value) in seen:
        return
    if not value.__module__.startswith("autograder."):
        return
    seen.add(id(value))
    yield _source(value)
    for name in sorted(set(_names(value.__code__))):
        found = value.__globals__.get(name)
        if isinstance(found, ModuleType):
            inside = (getattr(found, one, None) for one in sorted(set(_names(value.__code__))))
            for one in inside:
                yield from _texts(one, seen)
        elif callable(found):
            yield from _texts(found, seen)
        elif found is not None:
            yield f"{name} = {json.dumps(found, sort_keys=True, default=_constant)}"


@cache
def _source(function: FunctionType) -> str:
    """Its text; problems share most of their functions, and looking a text up takes a while."""
    return inspect.getsource(function)


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _constant(value: Any) -> Any:
    """A constant as text; of what is none (a tensor, an object), its type."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    return type(value).__name__


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
