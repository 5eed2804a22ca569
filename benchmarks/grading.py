"""CPU seconds that grading costs: user and system time of every process that takes part.

    python benchmarks/grading.py                 p1 to p9, solved and unfilled, by step
    python benchmarks/grading.py p3 p7 --times 5
    python benchmarks/grading.py --stock 100     a class of 100, beside stock nbgrader

"bare" is the cases alone: the solution called on each case's inputs in a warm process, addresses
checked as everywhere, and nothing exchanged or compared. What grading costs beyond it is "over".
"checked" is what the self-check would do with the same cases in that process: references and
comparisons as well. What grading costs beyond that, compiler apart, is "plumbing": the sandbox, the
exchange, reading the file, writing the verdict.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from stock import compare

from autograder.course import Assignment, Course
from autograder.frames import released_frame, solution_work, the_file
from autograder.grading import examine
from autograder.grading.book import take
from autograder.grading.grade import Grader
from autograder.grading.page import booked_notebook
from autograder.intake.extract import Extracted
from autograder.registry import load

ROOT = Path(__file__).resolve().parents[1]
STEPS = ("extract", "cases", "compile", "rest")
TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds() -> float:
    """CPU time of this process, of everything below it, and of what has ended there."""
    total, left = sum(os.times()[:4]), children(os.getpid())
    while left:
        pid = left.pop()
        try:
            text = Path(f"/proc/{pid}/stat").read_text()
            left += children(pid)
        except OSError:
            continue  # has just ended: its parent's now
        total += sum(map(int, text.rpartition(")")[2].split()[11:15])) / TICK
    return total


def children(pid: int) -> list[int]:
    """The children of all threads of a process."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


class Meter:
    """CPU seconds by step."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        before = cpu_seconds()
        yield
        self.spent[name] += cpu_seconds() - before

    def around(self, name: str, function: Callable) -> Callable:
        """The function, metered; what it yields is made at once."""

        def metered(*args, **kwargs):
            with self.step(name):
                found = function(*args, **kwargs)
                return found if isinstance(found, (str, list)) else list(found)

        return metered


@contextmanager
def metered_grader(meter: Meter) -> Iterator[None]:
    """Meter the parts of grading one work."""
    parts = {"run_cases": "cases", "uncompiled": "compile"}
    kept = {name: getattr(examine, name) for name in parts}
    for name, step in parts.items():
        setattr(examine, name, meter.around(step, kept[name]))
    try:
        yield
    finally:
        for name, function in kept.items():
            setattr(examine, name, function)


def notebook_file(course: Assignment, problem: str, solved: bool, folder: Path) -> Path:
    """A notebook as a student hands it in."""
    work = solution_work(course, problem) if solved else {}
    path = folder / the_file(course.release_dir, problem).name
    nb = booked_notebook(course, problem, Extracted(work))
    path.write_text(json.dumps(nb), encoding="utf-8")
    return path


def grading(grader: Grader, path: Path, problem: str, times: int) -> dict[str, float]:
    """CPU seconds by step for one grading, the mean of `times`; a warm-up goes before."""
    meter = Meter()
    with metered_grader(meter):
        for number in range(times + 1):
            if number == 1:
                meter.spent.clear()
            with meter.step("whole"):
                with meter.step("extract"):
                    taken = take(grader.assignment, path, problem)
                grader.grade(taken, problem)
    spent = {name: seconds / times for name, seconds in meter.spent.items()}
    spent["rest"] = spent["whole"] - sum(spent.get(step, 0.0) for step in STEPS[:-1])
    return spent


def bare(problem: str, times: int) -> tuple[float, float]:
    """CPU seconds of all cases of a solution in a warm process: called and nothing else, and
    checked as the self-check does it.
    """
    command = [sys.executable, __file__, "--bare", problem, "--times", str(times)]
    env = {**os.environ, "TRITON_INTERPRET": "1"}
    done = subprocess.run(command, env=env, check=True, capture_output=True, text=True)
    called, checked = map(float, done.stdout.split()[-2:])
    return called, checked


def bare_here(course: Assignment, problem_id: str, times: int) -> tuple[float, float]:
    """The same in this process, which must have been started for it."""
    import autograder.selfcheck
    from autograder.selfcheck.bounds import watched
    from autograder.selfcheck.check import run_case
    from autograder.selfcheck.device import current_mode
    from autograder.selfcheck.judge import draw_inputs
    from autograder.selfcheck.memory import place_all
    from autograder.selfcheck.running import call, load_program

    sys.modules["selfcheck"] = autograder.selfcheck  # what the given code imports
    autograder.selfcheck.setup = current_mode
    problem, mode = load(problem_id), current_mode()
    program = released_frame(course, problem_id).program(solution_work(course, problem_id))
    with TemporaryDirectory() as folder:
        module = load_program(program, Path(folder))

        def called(case) -> None:
            inputs = draw_inputs(problem.public, case, mode)
            task = problem.public.task(case.params, inputs, mode.device)
            placed = {n: view for n, (view, _) in place_all(inputs, task["layout"]).items()}
            before = time.process_time()
            with watched():
                call(task, module, {**task["params"], **placed})
            spent["called"] += time.process_time() - before

        def checked(case) -> None:
            before = time.process_time()
            run_case(problem.public, case, program, module, mode)
            spent["checked"] += time.process_time() - before

        spent: dict[str, float] = defaultdict(float)
        for number in range(times + 1):
            if number == 1:
                spent.clear()
            for graded in problem.cases:
                called(graded.case)
                checked(graded.case)
    return spent["called"] / times, spent["checked"] / times


def table(course: Assignment, problems: list[str], times: int) -> None:
    """Print CPU seconds by step."""
    with TemporaryDirectory() as folder:
        (Path(folder) / "course.toml").write_bytes((ROOT / "course.toml").read_bytes())
        for name in ("release", "solutions"):
            (Path(folder) / name).symlink_to(ROOT / name)
        here = Course.load(Path(folder)).assignment()
        meter = Meter()
        grader = Grader(here)
        with meter.step("start"):
            grader.examiner.runner().start()
            grader.examiner.runner("compile").start()
        print(f"templates: {meter.spent['start']:.2f} s, once\n")
        heads = (*STEPS, "whole", "bare", "over", "checked", "plumbing")
        print("CPU seconds        " + "".join(f"{head:>9}" for head in heads))
        for problem in problems:
            alone, checked = bare(problem, times)
            for solved in (True, False):
                path = notebook_file(here, problem, solved, Path(folder))
                spent = grading(grader, path, problem, times)
                cells = [spent.get(step, 0.0) for step in (*STEPS, "whole")]
                if solved:
                    compiling = spent.get("compile", 0.0)
                    whole = spent["whole"]
                    cells += [alone, whole - alone, checked, whole - compiling - checked]
                name = f"{problem}, {'solved' if solved else 'unfilled'}"
                print(f"{name:<19}" + "".join(f"{cell:>9.3f}" for cell in cells), flush=True)
        grader.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("problems", nargs="*")
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--stock", type=int, metavar="N", default=0)
    parser.add_argument("--bare", metavar="PROBLEM")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    course = Course.load(ROOT).assignment()
    if asked.bare:
        print(*bare_here(course, asked.bare, asked.times))
    elif asked.stock:
        compare(course, asked.stock, asked.problems or ["p1", "p3"])
    else:
        table(course, asked.problems or course.problem_ids, asked.times)


if __name__ == "__main__":
    main()
