"""A class of N students as mixed as the demo's, graded here: CPU seconds, first verdict, rerun.

    python benchmarks/class_size.py 12 --problems p1 p3 --workers 1 2

Every student's regions carry a remark of their own, since equal work is run once. The last lines
say what 300 students on 2 workers, and 10000 on 64, would take with those problems: a simulation,
from the seconds measured for each notebook on one worker. Notebooks in which nothing has to be run
count as none.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from heapq import heapify, heapreplace
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from grading import children, cpu_seconds

from autograder.classroom.demo_course import make_demo_course
from autograder.classroom.demo_model import demo_class
from autograder.course import Assignment, Course

ROOT = Path(__file__).resolve().parents[1]
START = re.compile(r"(# --- STUDENT IMPLEMENTATION STARTS HERE \(\w+\.\d+\) ---\\n\",\n)")


def mixed_class(course: Assignment, size: int, problems: list[str]) -> int:
    """Hand in for `size` students what the demo's hand in, by turns; how many notebooks."""
    students, made = demo_class(course), 0
    prepared = {s.name: course.submitted_dir(s.name) for s in students}
    for number in range(size):
        like = prepared[students[number % len(students)].name]
        target = course.root / "class" / f"s{number:04}" / course.name
        target.mkdir(parents=True)
        for path in sorted(like.glob("*.ipynb")):
            if path.name.split("_")[0] in problems:
                text = path.read_text(encoding="utf-8")
                remark = rf'\1    "    # by {number}\\n",\n'
                (target / path.name).write_text(START.sub(remark, text), encoding="utf-8")
                made += 1
    shutil.rmtree(course.root / "submitted")
    (course.root / "class").rename(course.root / "submitted")
    return made


def run(course: Assignment, workers: int) -> dict[str, float]:
    """One `autograder run`: seconds of wall clock, of CPU, and until the first verdict."""
    command = [sys.executable, "-m", "autograder.cli", "--json", "run", "--jobs", str(workers)]
    before, start, first = cpu_seconds(), time.monotonic(), 0.0
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "env": env}
    with subprocess.Popen([*command, "--root", str(course.root)], **pipes) as process:
        for line in process.stdout:
            if not first and line.startswith("{") and json.loads(line)["what"] == "graded":
                first = time.monotonic() - start
    spent = {"wall": time.monotonic() - start, "cpu": cpu_seconds() - before, "first": first}
    assert process.returncode == 0 and not children(process.pid)
    return spent


def simulated(each: list[float], notebooks: int, workers: int) -> float:
    """Minutes for so many notebooks drawn from the measured seconds, handed to whoever is free."""
    rng, free = random.Random(0), [0.0] * workers
    heapify(free)
    for _ in range(notebooks):
        heapreplace(free, free[0] + rng.choice(each))
    return max(free) / 60


def seconds_each(course: Assignment) -> Iterator[float]:
    """Seconds between findings, by the time that each was written: one worker's pace."""
    made = sorted(path.stat().st_mtime for path in (course.root / "findings").rglob("*.json"))
    yield from (later - earlier for earlier, later in pairwise(made))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("size", type=int)
    parser.add_argument("--problems", nargs="+", default=[])
    parser.add_argument("--workers", nargs="+", type=int, default=[1, 2])
    asked = parser.parse_args()
    here = Course.load(ROOT).assignment("flash_attention")
    problems = asked.problems or here.problem_ids
    with TemporaryDirectory() as folder:
        course = make_demo_course(here, Path(folder) / "course", gpu=False)
        count = mixed_class(course, asked.size, problems)
        print(f"{asked.size} students, {count} notebooks of {', '.join(problems)}\n")
        heads = ("wall s", "CPU s", "CPU s each", "first s", "rerun CPU s")
        print(f"{'workers':>8}" + "".join(f"{head:>13}" for head in heads))
        for workers in asked.workers:
            for name in ("findings", "verdicts"):
                shutil.rmtree(course.root / name, ignore_errors=True)
            spent, again = run(course, workers), run(course, workers)
            row = (spent["wall"], spent["cpu"], spent["cpu"] / count, spent["first"], again["cpu"])
            print(f"{workers:>8}" + "".join(f"{value:>13.2f}" for value in row), flush=True)
            if workers == 1:
                each = list(seconds_each(course))
                ran = len(each) + 1
                print(f"{ran} of the {count} notebooks had to be run", flush=True)
                each += [0.0] * (count - ran)
    if 1 in asked.workers and each:
        print("\nSimulated from these notebooks' seconds on one worker:")
        for students, cores in ((300, 2), (10000, 64)):
            minutes = simulated(each, students * len(problems), cores)
            print(f"  {students} students × {len(problems)} on {cores} workers: {minutes:.0f} min")


if __name__ == "__main__":
    main()
