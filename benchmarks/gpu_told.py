"""What benchmarks/gpu_check.py saw, and the grader that it looks with."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.course import Course
from autograder.grading.grade import Grader
from autograder.sandbox.levels import choose

ROOT = Path(__file__).resolve().parents[1]


@dataclass
class Told:
    """What was seen: every row as a JSON line at once, and a table at the end."""

    out: Any
    problems: list[str]
    rows: list[str] = field(default_factory=list)
    surprises: int = 0

    def say(self, part: str, name: str, ok: bool, **more: Any) -> None:
        line = json.dumps({"part": part, "name": name, "ok": ok, **more})
        print(line, file=self.out, flush=True)
        shown = ", ".join(f"{key} {value}" for key, value in more.items() if key != "detail")
        self.rows.append(f"{'' if ok else '!! '}{part:<8}{name:<34}{shown}")
        self.surprises += not ok


def grader() -> Grader:
    """A grader of this course at the strongest level that works here."""
    return Grader(Course.load(ROOT).assignment("flash_attention"), choose("plain"))
