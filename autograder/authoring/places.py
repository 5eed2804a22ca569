"""Where a fault stands: file and line."""

from __future__ import annotations

import re
import traceback
from pathlib import Path

from ..problem_folders import problem_files


def module_file(side: str, name: str) -> Path:
    """A problem's module of one side."""
    return problem_files(side)[f"{name}.py"]


def saying(side: str, name: str, pattern: str) -> str:
    """Where a module says that: "….py:12", the last place of several; "" if it does not."""
    path = module_file(side, name)
    lines = path.read_text(encoding="utf-8").splitlines()
    found = [number for number, line in enumerate(lines, 1) if re.search(pattern, line)]
    return f"{path}:{found[-1]}" if found else ""


def case_line(side: str, name: str, case: str) -> str:
    """Where a module says a case's name; its file alone if the name is put together."""
    return saying(side, name, re.escape(f'"{case}"')) or str(module_file(side, name))


def error_line(path: Path, error: Exception) -> str:
    """The last line of a file that an error went through; of a syntax error, where it is."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(path)]
    return f"{path}:{lines[-1]}" if lines else str(path)


def setting_line(fault: str, path: Path) -> str:
    """A fault of course.toml with the line where its key stands, where that is plain."""
    key = re.search(r"`([\w.]+)`", fault)
    if key is None or not path.is_file():
        return fault
    *tables, last = key[1].split(".")
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    start = next((i for i, line in enumerate(lines) if line.strip() == f"[{'.'.join(tables)}]"), 0)
    for number, line in enumerate(lines[start:], start + 1):
        if re.match(rf"\s*(\[.*\b)?{re.escape(last)}\b", line):
            return fault.replace(f"{path}:", f"{path}:{number}:", 1)
    return fault
