"""CPU seconds that grading costs: user and system time of every process that takes part.

    python benchmarks/grading.py                 p1 to p9, solved and unfilled, by step
    python benchmarks/grading.py p3 p7 --times 5
    python benchmarks/grading.py --stock 100     a class of 100, beside stock nbgrader

"bare" is the cases alone: the solution called on each case's inputs in a warm process, addresses
checked as everywhere, and nothing exchanged or compared. What grading costs beyond it is "over".
"checked" is what the self-check would do with the same cases in that process: references and
comparisons as well. What grading costs beyond that, compiler apart, is "plumbing": the sandbox, the
exchange, reading the file, writing the verdict.

The three take turns, and the least of each step over all rounds is told: whoever else uses the
machine makes every CPU second dearer, by half and more, and each for a while only.
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


def grading(
    grader: Grader, path: Path, problem: str, times: int, alone: Bare | None = None
) -> dict[str, float]:
    """CPU seconds by step for one grading, and of the bare cases with `alone`: the least of `times`
    rounds; a warm-up goes before.
    """
    rounds = [
        graded_once(grader, path, problem) | (alone.once() if alone else {})
        for _ in range(times + 1)
    ]
    least = {name: min(one[name] for one in rounds[1:]) for name in rounds[0]}
    return least | {"whole": sum(least[step] for step in STEPS)}


def graded_once(grader: Grader, path: Path, problem: str) -> dict[str, float]:
    """CPU seconds of one grading by step."""
    meter = Meter()
    with metered_grader(meter), meter.step("whole"):
        with meter.step("extract"):
            taken = take(grader.assignment, path, problem)
        grader.grade(taken, problem)
    spent = {step: meter.spent.get(step, 0.0) for step in STEPS}
    return spent | {"rest": meter.spent["whole"] - sum(spent.values())}


class Bare:
    """A warm process that runs all cases of a solution when it is asked to."""

    def __init__(self, problem: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--bare", problem],
            env={**os.environ, "TRITON_INTERPRET": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def once(self) -> dict[str, float]:
        """CPU seconds of the cases called and nothing else, and checked as the self-check does."""
        assert self.process.stdin is not None and self.process.stdout is not None
        print(file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        self.process.communicate()


def bare_here(course: Assignment, problem_id: str) -> None:
    """Run all cases for every line on stdin, and print what they took; see `Bare`."""
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

        for _ in sys.stdin:
            spent: dict[str, float] = defaultdict(float)
            for graded in problem.cases:
                called(graded.case)
                checked(graded.case)
            print(json.dumps(spent), flush=True)


def table(course: Assignment, problems: list[str], times: int) -> None:
    """Print CPU seconds by step."""
    with TemporaryDirectory() as folder:
        (Path(folder) / "course.toml").write_bytes((ROOT / "course.toml").read_bytes())
        for name in ("release", "solutions"):
            (Path(folder) / name).symlink_to(ROOT / name)
        here = Course.load(Path(folder)).assignment("flash_attention")
        meter = Meter()
        grader = Grader(here)
        with meter.step("start"):
            grader.examiner.runner().start()
            grader.examiner.runner("compile").start()
        print(f"templates: {meter.spent['start']:.2f} s, once\n")
        heads = (*STEPS, "whole", "bare", "over", "checked", "plumbing")
        print("CPU seconds        " + "".join(f"{head:>9}" for head in heads))
        total = 0.0
        for problem in problems:
            alone = Bare(problem)
            for solved in (True, False):
                path = notebook_file(here, problem, solved, Path(folder))
                spent = grading(grader, path, problem, times, alone if solved else None)
                cells = [spent[step] for step in (*STEPS, "whole")]
                if solved:
                    whole, called, checked = (spent[n] for n in ("whole", "called", "checked"))
                    cells += [called, whole - called, checked, whole - spent["compile"] - checked]
                    total += whole
                name = f"{problem}, {'solved' if solved else 'unfilled'}"
                print(f"{name:<19}" + "".join(f"{cell:>9.3f}" for cell in cells), flush=True)
            alone.close()
        print(f"\nall solved: {total:.1f} s")
        grader.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("problems", nargs="*")
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--stock", type=int, metavar="N", default=0)
    parser.add_argument("--bare", metavar="PROBLEM")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    course = Course.load(ROOT).assignment("flash_attention")
    if asked.bare:
        bare_here(course, asked.bare)
    elif asked.stock:
        compare(course, asked.stock, asked.problems or ["p1", "p3"])
    else:
        table(course, asked.problems or course.problem_ids, asked.times)


if __name__ == "__main__":
    main()
