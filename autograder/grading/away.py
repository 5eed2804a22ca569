"""Grade packed work on a machine that has neither nbgrader nor the course: a Colab GPU, a node.

    python -m autograder.grading.away WORK FINDINGS

WORK is the folder out of `autograder verdicts pack`; every finding is written as it comes, and the
same command goes on where it was cut off. In the end all of them stand in FINDINGS.zip.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import multiprocessing.connection
import os
import shutil
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Any

import torch

from autograder.errors import CourseError
from autograder.grading.finding import Finding, load_finding, save_finding
from autograder.grading.keys import device_class, machine
from autograder.grading.order import Order, order_from
from autograder.grading.station import carry_out, default_jobs
from autograder.problem_folders import add_problems
from autograder.sandbox.inside.share import SHARE
from autograder.sandbox.levels import VARIABLE, choose

SPAWN = multiprocessing.get_context("spawn")
KILLED = {"fault": "Whatever process graded this was killed; perhaps there is too little memory."}


def orders_in(folder: Path) -> list[Order]:
    """The orders of a work folder. Raises CourseError if there is none."""
    files = sorted((folder / "orders").glob("*/*/*.json"))
    if not files:
        raise CourseError(f"{folder}: no work in it. Unzip what `autograder verdicts pack` made.")
    return [order_from(json.loads(path.read_text("utf-8"))) for path in files]


def done_before(order: Order, findings: Path) -> bool:
    """Whether an earlier run on such a machine left nothing to find out."""
    device = device_class()
    name = f"{order.work_hash[:20]}-{order.version(device != 'cpu')}-{device}.json"
    finding = load_finding(findings / order.assignment / order.problem / name)
    return finding is not None and (finding.timed or not finding.all_passed or not finding.on_gpu)


def cards() -> list[str]:
    """What CUDA_VISIBLE_DEVICES has to say for each GPU of this machine, to use that one alone."""
    told = os.environ.get("CUDA_VISIBLE_DEVICES")
    count = torch.cuda.device_count()
    return told.split(",")[:count] if told else [str(number) for number in range(count)]


def sharing(jobs: int) -> int:
    """How many of the works share one GPU."""
    return -(-jobs // max(1, len(cards())))


def begin(problems: str, gpus: list[str], number: Synchronized) -> None:
    """Prepare a process: find the course's own problems, take the next of the GPUs in turn, and
    never outlive who started it.
    """
    add_problems(Path(problems))
    if gpus:
        with number.get_lock():
            os.environ["CUDA_VISIBLE_DEVICES"] = gpus[number.value % len(gpus)]
            number.value += 1

    def end_with_parent() -> None:
        parent = multiprocessing.parent_process()
        if parent is not None:
            multiprocessing.connection.wait([parent.sentinel])
            os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()


def answers(
    orders: list[Order], jobs: int, problems: str
) -> Iterator[tuple[Order, dict[str, Any]]]:
    """What `carry_out` says of each order, as it comes; a killed process costs one at most."""
    left = list(orders)
    while left:
        got = set()
        with ProcessPoolExecutor(jobs, SPAWN, begin, (problems, cards(), SPAWN.Value("i"))) as pool:
            futures = {pool.submit(carry_out, one.plain()): n for n, one in enumerate(left)}
            try:
                for future in as_completed(futures):
                    answer = future.result()
                    got.add(futures[future])
                    yield left[futures[future]], answer
            except BrokenProcessPool:
                pass
        left = [one for n, one in enumerate(left) if n not in got]
        if left and jobs == 1:
            yield left.pop(0), KILLED
        jobs = 1


def grade(orders: list[Order], findings: Path, jobs: int, problems: str) -> Counter:
    """Grade and write down; a line for each work, with the time that is left."""
    told: Counter = Counter()
    start = time.monotonic()
    for number, (order, said) in enumerate(answers(orders, jobs, problems), 1):
        if "fault" in said:
            told["not graded"] += 1
            text = f"not graded: {said['fault']}"
        else:
            finding = Finding.model_validate(said["finding"])
            save_finding(findings, finding)
            told["graded"] += 1
            text = sentence(finding)
        left = (time.monotonic() - start) / number * (len(orders) - number)
        where = f"{order.problem} {order.work_hash[:8]}"
        print(
            f"{number:>4} of {len(orders)}, {left / 60:.0f} min left  {where}  {text}", flush=True
        )
    return told


def sentence(finding: Finding) -> str:
    """ "20 of 20 right, 1.03× the solution's time"."""
    right = sum(case.status == "passed" for case in finding.cases)
    speed = finding.speed
    text = f"{right} of {len(finding.cases)} right"
    if speed is None:
        return text
    return f"{text}, speed: {speed.status if speed.ratio is None else f'{speed.ratio:.2f}×'}"


def plan(orders: list[Order], left: int, jobs: int) -> str:
    """What is about to happen, and how much of the machine it takes."""
    level = choose(orders[0].limits.isolation).name
    counts = Counter(order.name for order in orders)
    listed = ", ".join(f"{count} of {name}" for name, count in sorted(counts.items()))
    share = f", each with 1/{sharing(jobs)} of a card's memory" if sharing(jobs) > 1 else ""
    return (
        f"{machine()}. Isolation: {level}.\n{len(orders)} works: {listed}. {left} to grade, "
        f"{jobs} at a time{share}. The first line below says how long it takes."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("work", type=Path, help="the unzipped folder")
    parser.add_argument("findings", type=Path, help="where findings are written, as on Drive")
    parser.add_argument("--jobs", type=int, help="works at a time")
    parser.add_argument("--isolation", help="the weakest accepted: bubblewrap, uid or plain")
    parser.add_argument("--plan", action="store_true", help="only say what would be done")
    asked = parser.parse_args()
    if asked.isolation:
        os.environ[VARIABLE] = asked.isolation
    try:
        most = min(os.cpu_count() or 1, default_jobs() * max(1, len(cards())))
        away(asked.work, asked.findings, asked.jobs or most, asked.plan)
    except CourseError as error:
        sys.exit(f"error: {error}")


def away(work: Path, findings: Path, jobs: int, only_plan: bool) -> None:
    """Grade a work folder. Raises CourseError, also where students' code may not run."""
    work.chmod(0o700)  # the hidden cases are in it
    problems = str(work.resolve() / "problems")
    add_problems(Path(problems))
    os.environ[SHARE] = str(1 / sharing(jobs))
    orders = orders_in(work)
    left = [one for one in orders if not done_before(one, findings)]
    print(plan(orders, len(left), jobs), flush=True)
    if only_plan:
        return
    told = grade(left, findings, jobs, problems)
    findings.mkdir(parents=True, exist_ok=True)
    made = shutil.make_archive(str(findings), "zip", findings)
    counts = ", ".join(f"{count} {what}" for what, count in sorted(told.items())) or "nothing new"
    print(f"{counts}. Take {made} home: autograder verdicts import {Path(made).name}")


if __name__ == "__main__":
    main()
