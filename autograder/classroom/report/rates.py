"""Counts over a class: totals, how each problem and case went, what went wrong most often."""

from __future__ import annotations

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from autograder.classroom.report.code import Excerpt, excerpt
from autograder.classroom.report.data import ClassData, wrong_cases
from autograder.grading.verdict import CauseRecord, Verdict

BINS = 10


@dataclass(frozen=True)
class Spread:
    """How totals are spread: `bins` are (from, to, students), in points."""

    bins: list[tuple[float, float, int]]
    count: int
    median: float
    quartiles: tuple[float, float]
    full: float


@dataclass(frozen=True)
class CaseRate:
    """How often a case passed, and by what it did not: (status, students), commonest first."""

    name: str
    public: bool
    points: float
    passed: int
    count: int
    failures: list[tuple[str, int]]

    @property
    def share(self) -> float:
        return 100 * self.passed / self.count


@dataclass(frozen=True)
class ProblemRate:
    """How a problem went: who handed it in, the mean of their scores, how many got all points that
    this run could give, its cases.
    """

    id: str
    handed_in: int
    mean: float | None
    full: float
    passed: int
    outcomes: list[tuple[str, int]]
    cases: list[CaseRate]


@dataclass(frozen=True)
class CauseCount:
    """A mistake that was found, how many students made it, and one of them, without a name."""

    problem: str
    region: str
    step: int
    sentence: str
    example: Excerpt
    students: int


@dataclass(frozen=True)
class Cluster:
    """Wrong answers that nothing explains, and that fail alike."""

    problem: str
    students: list[str]
    cases: list[str]
    says: str


def spread(data: ClassData) -> Spread | None:
    """How the totals are spread, over those who have any."""
    totals = sorted(total for total in data.totals.values() if total is not None)
    if not totals:
        return None
    full = float(data.assignment.full_mark)
    width = max(1, math.ceil(max(full, totals[-1]) / BINS / 5) * 5)
    edges = [float(width * i) for i in range(BINS + 1)]
    places = Counter(max(0, min(BINS - 1, int(total / width))) for total in totals)
    bins = [(edges[i], edges[i + 1], places[i]) for i in range(BINS)]
    if len(totals) > 1:
        low, middle, high = statistics.quantiles(totals, n=4, method="inclusive")
    else:
        low = middle = high = totals[0]
    return Spread(bins, len(totals), middle, (low, high), full)


def problem_rate(data: ClassData, problem: str) -> ProblemRate:
    """How a problem went."""
    verdicts = [verdict for _, verdict in data.of(problem)]
    scores = [verdict.score for verdict in verdicts if verdict.score is not None]
    return ProblemRate(
        problem,
        len(verdicts),
        statistics.mean(scores) if scores else None,
        data.assignment.points[problem],
        sum(verdict.summary == "passed" for verdict in verdicts),
        Counter(verdict.summary for verdict in verdicts).most_common(),
        _case_rates(verdicts),
    )


def _case_rates(verdicts: Sequence[Verdict]) -> list[CaseRate]:
    """Every case's rate, over those of whom it was asked; a case of a CPU and one of a GPU stand
    side by side where they have different names.
    """
    by_name = defaultdict(list)
    for verdict in verdicts:
        for case in verdict.cases:
            if case.status != "not run":
                by_name[case.name].append(case)
    return [
        CaseRate(
            name,
            cases[0].public,
            cases[0].points,
            sum(case.status == "passed" for case in cases),
            len(cases),
            Counter(str(case.status) for case in cases if case.status != "passed").most_common(),
        )
        for name, cases in by_name.items()
    ]


def causes(data: ClassData) -> list[CauseCount]:
    """The mistakes that were found, commonest first."""
    found: dict[tuple[str, str, str], list[tuple[CauseRecord, Verdict]]] = defaultdict(list)
    for (_, problem), verdict in data.verdicts.items():
        for cause in verdict.diagnosis.causes:
            found[problem, cause.region, cause.kind].append((cause, verdict))
    counted = [
        CauseCount(problem, region, *_shown(pairs), len(pairs))
        for (problem, region, _), pairs in found.items()
    ]
    return sorted(counted, key=lambda one: (-one.students, one.problem))


def _shown(pairs: list[tuple[CauseRecord, Verdict]]) -> tuple[int, str, Excerpt]:
    """Step, sentence and code of the shortest region of those that have one mistake."""

    def text(pair: tuple[CauseRecord, Verdict]) -> str:
        cause, verdict = pair
        return verdict.handed_in.work.get(cause.region, "") if verdict.handed_in else ""

    pair = min(pairs, key=lambda one: (not text(one), len(text(one))))
    return pair[0].step, pair[0].sentence, excerpt(text(pair), pair[0].line)


def clusters(data: ClassData) -> list[Cluster]:
    """Wrong answers without a known cause, by which cases fail, how, and how far they are off."""
    found: dict[tuple, list[tuple[str, Verdict]]] = defaultdict(list)
    for (student, problem), verdict in data.verdicts.items():
        wrong = wrong_cases(verdict)
        if any(case.status == "wrong answer" for case in wrong) and not verdict.diagnosis.causes:
            key = tuple((c.name, c.status, _magnitude(c.worst)) for c in wrong)
            found[problem, key].append((student, verdict))
    made = [
        Cluster(
            problem,
            [student for student, _ in some],
            _by_outcome(key),
            wrong_cases(some[0][1])[0].detail or " ".join(some[0][1].diagnosis.facts),
        )
        for (problem, key), some in found.items()
    ]
    return sorted(made, key=lambda one: (-len(one.students), one.problem))


def _by_outcome(key: Iterable[tuple[str, str, str]]) -> list[str]:
    """Cases with one outcome in one line."""
    names: dict[str, list[str]] = defaultdict(list)
    for name, status, size in key:
        names[status + size].append(name)
    return [f"{how}: {', '.join(some)}" for how, some in names.items()]


def _magnitude(worst: float | None) -> str:
    """How far off, as a power of ten: inputs differ between students, so no more is equal."""
    if worst is None or not math.isfinite(worst) or worst <= 0:
        return ""
    return f", off by about 1e{round(math.log10(worst)):d}"
