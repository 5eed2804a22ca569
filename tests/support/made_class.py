"""A class with verdicts that nobody had to run for: to look at what is made of verdicts.

`python tests/support/made_class.py FOLDER` writes one of forty, to be opened by hand.
"""

from __future__ import annotations

import random
import shutil
import sys
from pathlib import Path

from autograder.course import Assignment, Course
from autograder.frames import solution_work
from autograder.grading.verdict import (
    CaseVerdict,
    CauseRecord,
    DiagnosisRecord,
    HandedIn,
    Verdict,
    save_verdict,
    verdict_path,
)
from autograder.registry import load

ROOT = Path(__file__).resolve().parents[2]
NAME = "flash_attention"
TOML = """\
[course]
name = "GPU <kernels>"
public_repository = "some/where"
[assignments.flash_attention]
bonus = ["p6"]
[assignments.flash_attention.points]
p1 = 200
p3 = 200
p6 = 50
"""
KINDS = ("right", "cause", "unexplained", "not gradable", "fast", "unexplained", "copied", "copied")
CAUSES = {
    "p1": ("p1.1", 5, "The running sum is not rescaled when a new maximum comes."),
    "p3": ("p3.1", 4, "Keys beyond N are not masked: row 5 gives weight to 31 of them."),
    "p6": ("p6.1", 2, "The window begins one key too early."),
}
SPEED = (
    "0.420 ms; the course's solution takes 0.300 ms on this card: ratio 1.40. Half of 160 calls "
    "took 0.390 ms to 0.450 ms. Memory at its peak: 1.0 MB, the solution's 1.0 MB."
)


def made_course(root: Path, students: int = 8) -> Assignment:
    """A course at `root` with released notebooks, a roster and everybody's verdicts."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "course.toml").write_text(TOML, encoding="utf-8")
    for folder in ("release", "solutions"):
        shutil.copytree(ROOT / folder / NAME, root / folder / NAME)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    ids = [f"s{number:02d}" for number in range(students)]
    rows = [f"{s},Student <b>{s}</b>,nick-{s},{'yes' * (n % 2)}" for n, s in enumerate(ids)]
    text = "\n".join(["id,name,nickname,nickname_consent", *rows, "absent,Nobody,,"])
    (root / "roster.csv").write_text(text + "\n", encoding="utf-8")
    assignment = Course.load(root).assignment()
    draw = random.Random(7)
    for number, student in enumerate(ids):
        for problem in assignment.problem_ids[: 3 if number % 3 else 2]:
            made = made_verdict(assignment, problem, kind(number, problem, draw))
            save_verdict(verdict_path(root / "verdicts", NAME, student, problem), made)
    return assignment


def kind(number: int, problem: str, draw: random.Random) -> str:
    """What a student's work is: the first ones are one of each, in p3."""
    if problem == "p3" and number < len(KINDS):
        return KINDS[number]
    return draw.choices(KINDS[:5], (40, 25, 8, 1, 20))[0]


def made_verdict(assignment: Assignment, problem: str, kind: str) -> Verdict:
    """A verdict of that kind."""
    full = assignment.points[problem]
    base = {"assignment": assignment.name, "problem": problem, "max_score": full}
    base |= {"machine": "CPU, torch 2.13.0, triton 3.7.1", "isolation": "bubblewrap"}
    if kind == "not gradable":
        return Verdict(**base, status="not gradable", reason="The file holds no notebook.")
    work = solution_work(assignment, problem)
    region = next(iter(work))
    if kind in ("cause", "copied"):
        work[region] = own_way(work[region], kind)
    graded = load(assignment.qualified(problem), full)
    wrong = {"cause": 2, "unexplained": 1, "copied": 3}.get(kind, 0)
    cases = []
    for number, case in enumerate(graded.cases):
        failed = number >= len(graded.cases) - wrong
        cases.append(
            CaseVerdict(
                name=case.case.name,
                status="wrong answer" if failed else "passed",
                points=case.points,
                earned=0 if failed else case.points,
                public=case.public,
                worst=0.3 if failed else 1e-4,
                allowed=1e-3,
                detail="O: 12 % of rows wrong <script>alert(1)</script>" if failed else "",
            )
        )
    if graded.speed:
        cases.append(made_speed(graded.speed, kind, wrong))
    causes = ()
    if kind in ("cause", "copied") and problem in CAUSES:
        at, step, says = CAUSES[problem]
        causes = (CauseRecord(kind="k", region=at, step=step, line=6, sentence=says),)
    facts = ("Wrong in the last case alone.",) if kind == "unexplained" else ()
    return Verdict(
        **base,
        score=round(sum(case.earned for case in cases), 2),
        provisional=not wrong and kind != "fast",
        cases=cases,
        diagnosis=DiagnosisRecord(causes=causes, facts=facts),
        repairs=["One marker was missing; the region was found by its place."] * (kind == "copied"),
        handed_in=HandedIn(file="0" * 64, reader="1", work=work),
    )


def made_speed(speed, kind: str, wrong: int) -> CaseVerdict:
    """The timed case."""
    case = CaseVerdict(name=speed.name, status="not run", points=speed.points)
    if wrong or kind != "fast":
        return case
    earned = speed.earned(1.4)
    told = {
        "status": "passed" if earned else "too slow",
        "earned": earned,
        "ratio": 1.4,
        "ratio_range": (1.3, 1.5),
    }
    return case.model_copy(update={**told, "detail": SPEED})


def own_way(text: str, kind: str) -> str:
    """The solution said in another way: twice the same one for "copied"."""
    lines = text.split("\n")
    if kind == "copied":
        margin = lines[0][: len(lines[0]) - len(lines[0].lstrip())]
        extra = [f"{margin}helper_{n} = {n} + {n} * {n} - {n}  # mine, J. Doe" for n in range(12)]
        return "\n".join([*lines, *extra])
    return "\n".join(lines[:-1])


if __name__ == "__main__":
    from autograder.classroom.report.page import write_report

    folder = Path(sys.argv[1])
    write_report(made_course(folder, students=40), folder / "class-report.html")
