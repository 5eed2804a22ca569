"""Write the class report: gather, count, fill the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from autograder.classroom.report.data import ClassData, gather
from autograder.classroom.report.rates import causes, clusters, problem_rate, spread
from autograder.classroom.report.similar import LISTED, Pair, similar_pairs
from autograder.classroom.report.speed import places
from autograder.course import Assignment
from autograder.errors import CourseError
from autograder.files import write_whole
from autograder.frames import released_frame, solution_work

TEMPLATE = "page.html.j2"


def write_report(assignment: Assignment, target: Path) -> ClassData:
    """Write the page of an assignment's class. Raises CourseError where there are no verdicts."""
    data = gather(assignment)
    write_whole(target, page(data).encode("utf-8"))
    return data


def page(data: ClassData) -> str:
    """The page as HTML; every word in it is escaped."""
    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    environment.filters["points"] = lambda value: "–" if value is None else f"{value:.4g}"
    assignment = data.assignment
    pairs = sorted(all_pairs(data), key=lambda pair: pair.near_solution - pair.alike)
    return environment.get_template(TEMPLATE).render(
        data=data,
        course=assignment.course.name,
        assignment=assignment,
        made=f"{datetime.now():%Y-%m-%d %H:%M}",
        spread=spread(data),
        problems=[problem_rate(data, problem) for problem in assignment.problem_ids],
        causes=causes(data),
        clusters=clusters(data),
        speed={p: found for p in assignment.problem_ids if (found := places(data, p))},
        to_look_at=list(for_a_human(data)),
        same_work=same_work(data),
        pairs=pairs[:LISTED],
        more_pairs=max(0, len(pairs) - LISTED),
        machines=Counter(v.machine for v in data.verdicts.values() if v.machine).most_common(),
        isolation=Counter(v.isolation for v in data.verdicts.values() if v.isolation),
    )


def for_a_human(data: ClassData) -> Iterator[tuple[str, str, str]]:
    """Who needs somebody to look: (student, problem, why)."""
    for student, problem in data.open:
        yield student, problem, "handed in, and not graded yet. Run `autograder run`."
    for (student, problem), verdict in data.verdicts.items():
        if verdict.status != "graded":
            yield student, problem, verdict.reason
        for repair in verdict.repairs:
            yield student, problem, f"mended: {repair}"


def same_work(data: ClassData) -> list[tuple[str, list[str], bool]]:
    """Students whose regions are equal to the letter, by problem, and whether that is the course's
    own solution; not those whose regions are as handed out.
    """
    groups: dict[tuple[str, str], list[str]] = {}
    for (student, problem), verdict in data.verdicts.items():
        tried = any(case.status != "not implemented" for case in verdict.cases)
        if tried and verdict.handed_in and verdict.handed_in.work:
            groups.setdefault((problem, _joined(verdict.handed_in.work)), []).append(student)
    ours = {p: _joined(_solution(data.assignment, p)) for p, _ in groups}
    return [
        (problem, students, text == ours[problem])
        for (problem, text), students in sorted(groups.items())
        if len(students) > 1 or text == ours[problem]
    ]


def _joined(work: Mapping[str, str]) -> str:
    return "\0".join(text for _, text in sorted(work.items()))


def _solution(assignment: Assignment, problem: str) -> dict[str, str]:
    """The solution's regions; none where its notebook is not here."""
    try:
        return solution_work(assignment, problem)
    except CourseError:
        return {}


def all_pairs(data: ClassData) -> Iterator[Pair]:
    """The similar regions of every problem."""
    for problem in data.assignment.problem_ids:
        try:
            given = released_frame(data.assignment, problem).regions
        except CourseError:
            continue  # its released notebook is not here; what was given cannot be told
        solution = _solution(data.assignment, problem)
        for region, place in given.items():
            texts = {
                student: verdict.handed_in.work[region]
                for student, verdict in data.of(problem)
                if verdict.handed_in and region in verdict.handed_in.work
            }
            yield from similar_pairs(problem, region, texts, place.stub, solution.get(region, ""))
