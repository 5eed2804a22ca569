"""`make test-trust`: every cheat and every damaged notebook, at every isolation level."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed

import cheats
from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table
from trust_batch import run_batch
from trust_case import TrustCase
from trust_grading import Row, grade_case, strongest

from autograder.sandbox.levels import LEVELS

try:
    import damaged
except ImportError:
    damaged = None

Job = tuple[str, str, bool]  # case id, level, whether the source policy is on


def all_cases() -> dict[str, tuple[TrustCase, bool]]:
    """Every case by its id, and whether its notebook is the solved one."""
    found = [(case, False) for case in cheats.CASES]
    found += [(case, True) for case in (damaged.CASES if damaged else [])]
    cases = {case.id: (case, solved) for case, solved in found}
    assert len(cases) == len(found), "two cases have the same family and name"
    return cases


def chosen_cases(chosen: argparse.Namespace) -> dict[str, tuple[TrustCase, bool]]:
    """The cases that the command line asks for."""
    suites = {"cheats": [False], "damaged": [True]}.get(chosen.suite, [False, True])
    return {
        name: (case, solved)
        for name, (case, solved) in all_cases().items()
        if chosen.only in name and solved in suites
    }


def jobs(chosen: argparse.Namespace, levels: list[str]) -> Iterator[Job]:
    """What there is to grade; what the source policy refuses also with the policy off."""
    for level in levels:
        for name, (case, _) in chosen_cases(chosen).items():
            ways = [True, False] if case.refused else [True]  # the others run with the policy on
            yield from ((name, level, policy) for policy in ways)


def do(job: Job) -> Row:
    """Grade one case in a process of the pool."""
    name, level, policy = job
    case, solved = all_cases()[name]
    try:
        return grade_case(case, next(x for x in LEVELS if x.name == level), policy, solved)
    except Exception as error:
        text = f"{type(error).__name__}: {error}"
        return Row(name, level, "on" if policy else "off", "", "no verdict", text)


def run_all(work: list[Job], processes: int) -> dict[Job, Row]:
    """All rows, graded several at a time."""
    context = multiprocessing.get_context("spawn")
    os.environ["OMP_NUM_THREADS"] = "1"
    found = {}
    with ProcessPoolExecutor(processes, context) as pool:
        futures = {pool.submit(do, job): job for job in work}
        for future in track(as_completed(futures), "Grading", len(futures)):
            found[futures[future]] = future.result()
    return {job: found[job] for job in work}


def table(title: str, rows: list[Row]) -> Table:
    """Expected and found, side by side."""
    found = Table(title=title, title_justify="left")
    for head in ("case", "source policy", "expected", "found", "equal?"):
        found.add_column(head)
    for row in rows:
        equal = f"[red]NO: {escape(row.wrong)}[/]" if row.wrong else "[green]yes[/]"
        found.add_row(row.id, row.policy, row.expected, row.found, equal)
    return found


def at_every_level(chosen: argparse.Namespace, console: Console) -> list[Row]:
    """Grade the cases at every level that works here, and say why another does not."""
    wanted = [level for level in LEVELS if level.name in chosen.levels.split(",")]
    working = [level.name for level in wanted if not level.missing()]
    rows = list(run_all(list(jobs(chosen, working)), chosen.jobs).values())
    for level in wanted:
        if level.missing():
            why = f"Isolation level {level.name} was not tested, it does not work here:"
            console.print(f"[yellow]{why}[/] {escape(level.missing())}\n")
            continue
        mine = [row for row in rows if row.level == level.name]
        console.print(table(f"Isolation level {level.name}: {len(mine)} gradings", mine))
    return rows


def in_one_batch(chosen: argparse.Namespace, console: Console) -> list[Row]:
    """Grade and book everything together, honest students among it."""
    rows = run_batch(chosen_cases(chosen), chosen.jobs)
    title = f"One batch of {len(rows)}, booked by nbgrader, at level {strongest().name}; "
    console.print(table(title + "for the honest: alone, and in this company", rows))
    return rows


def main() -> int:
    """Print the tables; 1 if anything differs."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--only", default="", help="cases whose id holds this")
    options.add_argument("--levels", default=",".join(level.name for level in LEVELS))
    options.add_argument("--jobs", type=int, default=2)
    options.add_argument("--suite", choices=("cheats", "damaged"), help="one suite only")
    options.add_argument("--part", choices=("levels", "batch"), help="one half only")
    chosen = options.parse_args()
    console = Console() if sys.stdout.isatty() else Console(width=140)
    start, rows = time.monotonic(), []
    if chosen.part != "batch":
        rows += at_every_level(chosen, console)
    if chosen.part != "levels":
        rows += in_one_batch(chosen, console)
    wrong = [row for row in rows if row.wrong]
    for row in wrong:
        console.print(f"[red]{row.id}[/] at {row.level}: {escape(row.wrong)}")
    seconds = time.monotonic() - start
    console.print(f"{len(rows)} gradings, {len(wrong)} not as expected, after {seconds:.0f} s.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
