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
from trust_case import TrustCase
from trust_grading import Row, grade_case

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


def jobs(chosen: str, levels: list[str]) -> Iterator[Job]:
    """What there is to grade: cheats with the source policy on and off, damage with it on."""
    for level in levels:
        for name, (_, solved) in all_cases().items():
            if chosen in name:
                yield from (
                    (name, level, policy) for policy in ([True] if solved else [True, False])
                )


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


def level_table(level: str, rows: list[Row]) -> Table:
    """Expected and found at one level."""
    table = Table(title=f"Isolation level {level}", title_justify="left")
    for head in ("case", "source policy", "expected", "found", "equal?"):
        table.add_column(head)
    for row in rows:
        equal = f"[red]NO: {escape(row.wrong)}[/]" if row.wrong else "[green]yes[/]"
        table.add_row(row.id, row.policy, row.expected, row.found, equal)
    return table


def main() -> int:
    """Print the tables; 1 if anything differs."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--only", default="", help="cases whose id holds this")
    options.add_argument("--levels", default=",".join(level.name for level in LEVELS))
    options.add_argument("--jobs", type=int, default=2)
    chosen = options.parse_args()
    console = Console() if sys.stdout.isatty() else Console(width=140)
    start, wanted = time.monotonic(), chosen.levels.split(",")
    working = [x.name for x in LEVELS if x.name in wanted and not x.missing()]
    rows = run_all(list(jobs(chosen.only, working)), chosen.jobs)
    for level in (x for x in LEVELS if x.name in wanted):
        if level.missing():
            console.print(
                f"[yellow]Isolation level {level.name} does not work here:[/] "
                f"{escape(level.missing())} Nothing was tested at it.\n"
            )
            continue
        console.print(level_table(level.name, [r for r in rows.values() if r.level == level.name]))
    wrong = [row for row in rows.values() if row.wrong]
    console.print(
        f"{len(rows)} gradings, {len(wrong)} not as expected, "
        f"after {time.monotonic() - start:.0f} s."
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
