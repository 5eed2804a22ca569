"""`make label`: what was tried on this grader, on one page, from what the measurements left.

Reads build/mutants/*.csv (make mutation-report), build/suites/*.xml (make label, make test-trust)
and build/gpu/check.txt (benchmarks/gpu_check.py). What is not there is "not measured".
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from xml.etree import ElementTree

from mutants.form import problem_ids
from mutants.tables import KEPT_TOO_MUCH, Result, read_csv

ROOT = Path(__file__).resolve().parents[1]
NOT_MEASURED = "not measured"
CODE = ("autograder", "solutions", "tests/mutants")  # what the figures of mutants depend on
SUITES = {
    "tests.trust.test_files": "notebooks that cheat outside the regions: none ran, none gained",
    "tests.trust.test_regions": "groups of cheats inside a region, run at each isolation level",
    "tests.trust.test_right_variants": "right answers in other styles, on two seeds: full marks",
    "tests.intake.test_damaged": "damaged files: the work comes out whole, or the reason is told",
}
Answers = Sequence[Result]


def main() -> None:
    """Write docs/label.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=ROOT / "build")
    parser.add_argument("--to", type=Path, default=ROOT / "docs" / "label.md")
    chosen = parser.parse_args()
    chosen.to.write_text(page(chosen.build), encoding="utf-8")
    print(f"{chosen.to} is written.")


def page(build: Path) -> str:
    """The label over what lies under `build`."""
    parts = (
        "# What was tried on this grader",
        f"Made by `make label` on {datetime.now(UTC):%Y-%m-%d}, at commit {commit()}. Every figure "
        "comes from a file that a command wrote; where there is none, it says so.",
        "## Wrong and right answers",
        "Wrong answers are kept as data in `tests/mutants/`, in two halves by different hands. The "
        "diagnosis may be tuned on one; the other was written without sight of it and only "
        "measures. Without a GPU, in Triton's interpreter.",
        answers_table(build / "mutants"),
        "## Cheats, damage, other styles",
        suites_table(build / "suites"),
        "## On a GPU",
        gpu_table(build / "gpu" / "check.txt"),
        "## Where the figures come from",
        sources(build),
    )
    return "\n\n".join(parts) + "\n"


def share(what: Callable[[Result], bool]) -> Callable[[Answers], str]:
    """A cell: how many of the answers, and the percentage."""

    def cell(answers: Answers) -> str:
        count = sum(map(what, answers))
        return f"{count} of {len(answers)} ({100 * count / len(answers):.1f} %)"

    return cell


WRONG: dict[str, Callable[[Answers], str]] = {
    "refused by the hidden cases": share(lambda one: bool(one.hidden)),
    "refused by the public cases": share(lambda one: bool(one.public)),
    "first name is the true cause": share(lambda one: one.name_is == "right"),
    "first name is another cause": share(lambda one: one.name_is == "wrong"),
    "no name": share(lambda one: one.name_is == "none"),
    "the named step is at fault": share(lambda one: one.said_step == one.step),
    f"keep more than {KEPT_TOO_MUCH:.0f} % of the points": share(
        lambda one: one.kept > KEPT_TOO_MUCH
    ),
    "words of the diagnosis, median": lambda all: f"{median(one.words for one in all):.0f}",
    "CPU seconds of the diagnosis, longest": lambda all: (
        f"{max(one.diagnosis_seconds for one in all):.1f}"
    ),
}


def answers_table(folder: Path) -> str:
    """Both halves of the wrong answers side by side, and the right ones."""
    found = {half: measured(folder, half) for half in ("tuned", "untouched", "right")}
    lines = ["| wrong answers | tuned half | untouched half |", "|---|---|---|"]
    halves = [found["tuned"], found["untouched"]]
    lines.append(line("tried", [which(*half) for half in halves]))
    for name, cell in WRONG.items():
        lines.append(line(name, [cell(all) if all else NOT_MEASURED for _, all in halves]))
    problems, right = found["right"]
    refused = share(lambda one: bool(one.public or one.hidden or one.trouble))
    lines += ["", "| right answers in other styles | |", "|---|---|"]
    lines.append(line("tried", [which(problems, right)]))
    lines.append(line("refused by any case", [refused(right) if right else NOT_MEASURED]))
    return "\n".join(lines)


def measured(folder: Path, half: str) -> tuple[list[str], list[Result]]:
    """The problems that were measured in a half, and all its results."""
    files = {file.name.partition("-")[0]: file for file in sorted(folder.glob(f"*-{half}.csv"))}
    return [*files], [one for file in files.values() for one in read_csv(file)]


def which(problems: list[str], answers: Answers) -> str:
    """How many answers were tried; the problems too, if it is not all of them."""
    if not answers:
        return NOT_MEASURED
    missing = sorted({*problem_ids()} - {*problems})
    return f"{len(answers)}" + (f" ({', '.join(missing)} {NOT_MEASURED})" if missing else "")


def suites_table(folder: Path) -> str:
    """One line per suite: how many passed, failed, or were skipped."""
    found: dict[str, Counter[str]] = {}
    for file in sorted(folder.glob("*.xml")):
        for case in ElementTree.parse(file).iter("testcase"):
            found.setdefault(case.get("classname", ""), Counter())[outcome(case)] += 1
    lines = ["| suite | held | did not | could not be tried here |", "|---|---|---|---|"]
    for module, what in SUITES.items():
        seen = found.get(module)
        cells = [str(seen[o]) for o in ("held", "failed", "skipped")] if seen else [NOT_MEASURED]
        lines.append(line(what, cells + [""] * (3 - len(cells))))
    return "\n".join(lines)


def outcome(case: ElementTree.Element) -> str:
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    return "skipped" if case.find("skipped") is not None else "held"


def gpu_table(file: Path) -> str:
    """Card and versions, hidden cases of the solutions, and the spread of repeated gradings."""
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    rows = [json.loads(row) for row in text.splitlines() if row.startswith("{")]
    card = re.search(r"^(?!\{).*torch.*triton.*$", text, re.MULTILINE)
    spreads = [f"{row['name']}: {row['spread']}" for row in rows if "spread" in row]
    latest = {row["name"]: row["ok"] for row in rows if row["part"] == "cases"}
    cases = list(latest.values())
    passed = f"{sum(cases)} of {len(cases)}" if cases else NOT_MEASURED
    return "\n".join(
        [
            "| | |",
            "|---|---|",
            line("card and versions", [card.group() if card else NOT_MEASURED]),
            line("solutions and precisions that pass every hidden case", [passed]),
            line("spread of speed, graded five times", ["; ".join(spreads) or NOT_MEASURED]),
        ]
    )


def sources(build: Path) -> str:
    """The files, when they were written, and whether the code has changed since."""
    changed = int(git("log", "-1", "--format=%ct", "--", *CODE) or 0)
    lines = ["| files | written | |", "|---|---|---|"]
    for pattern in ("mutants/*.csv", "suites/*.xml", "gpu/check.txt"):
        times = [file.stat().st_mtime for file in build.glob(pattern)]
        when = f"{datetime.fromtimestamp(min(times), UTC):%Y-%m-%d %H:%M} UTC" if times else "-"
        old = "before the last change to the code" if times and min(times) < changed else ""
        lines.append(line(f"`build/{pattern}` ({len(times)})", [when, old]))
    return "\n".join(lines)


def line(name: str, cells: Sequence[str]) -> str:
    return f"| {' | '.join([name, *cells])} |"


def commit() -> str:
    """The commit, and whether the working tree is another."""
    changed = git("status", "--porcelain", "--untracked-files=no", "--", *CODE)
    return git("rev-parse", "--short", "HEAD") + (" with changes" if changed else "")


def git(*words: str) -> str:
    """What git says here; "" where it says nothing or is missing."""
    try:
        asked = subprocess.run(("git", *words), cwd=ROOT, capture_output=True, text=True)
    except OSError:
        return ""
    return asked.stdout.strip()


if __name__ == "__main__":
    main()
