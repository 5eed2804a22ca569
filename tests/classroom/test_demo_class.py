"""The demo's class: does it follow the solutions, and do its expectations add up?"""

from __future__ import annotations

import tomllib
from pathlib import Path

import nbformat
import pytest
from solved import ASSIGNMENT

from autograder import registry
from autograder.classroom.demo import where_to_look
from autograder.classroom.demo_course import settings
from autograder.classroom.demo_edit import build, swap, write_notebook
from autograder.classroom.demo_expect import SIGNS, Found, differences
from autograder.classroom.demo_model import Expected, Student, Work, demo_class
from autograder.errors import CourseError
from autograder.grading.verdict import TOGETHER, CaseVerdict, Verdict
from autograder.problems.flash_attention.demo import CLASS, PROBLEMS

WORKS = [
    pytest.param(problem, work, id=f"{student.name} {problem}")
    for student in CLASS
    for problem, work in student.work.items()
]
OUTCOMES = [
    pytest.param(problem, expected, id=f"{student.name} {problem}{where}")
    for student in CLASS
    for problem, work in student.work.items()
    for where, expected in (("", work.expected), (" on a GPU", work.on_gpu))
    if expected is not None
]


def test_everybody_has_a_name_of_their_own() -> None:
    """Does no submission overwrite another?"""
    assert len({student.name for student in CLASS}) == len(CLASS)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_every_problem_is_handed_in_in_every_state(problem: str) -> None:
    """Is each problem of the registry there solved, not begun, and done in another way?"""
    found = {student.work[problem].expected.summary for student in CLASS if problem in student.work}
    assert {"passed", "not implemented"} < found


def test_every_outcome_is_shown_once() -> None:
    """Does the class show everything that grading can say, but for a crash?"""
    found = {work.expected.summary for student in CLASS for work in student.work.values()}
    assert found == SIGNS.keys() - {"crashed"}


@pytest.mark.parametrize(("problem", "work"), WORKS)
def test_submission_is_built_from_the_current_course(
    problem: str, work: Work, tmp_path: Path
) -> None:
    """Is each one a notebook that can be read, and other than a perfect one if it has steps?"""
    nb = build(ASSIGNMENT, problem, work.steps)
    path = tmp_path / "nb.ipynb"
    write_notebook(nb, path)
    assert nbformat.read(path, as_version=4).cells
    assert (nb == build(ASSIGNMENT, problem, ())) == (work.steps == ())


@pytest.mark.parametrize(("problem", "expected"), OUTCOMES)
def test_expected_cases_exist(problem: str, expected: Expected) -> None:
    """Are the stated cases the problem's, and does a right answer lose none?"""
    graded = registry.load(problem)
    names = {case.case.name for case in graded.cases}
    assert {*(expected.lost or ()), *expected.kept, *expected.chance} <= names
    passing = expected.passing(graded)
    if expected.summary == "passed":
        assert passing == names


def test_a_substitution_that_finds_nothing_names_the_file() -> None:
    """What is an instructor told who has rewritten a solution?"""
    with pytest.raises(CourseError, match=r"p3_flash_attention_forward\.ipynb.*found 0 times"):
        build(ASSIGNMENT, "p3", (swap("no such line", "x"),))


def test_demo_never_touches_the_course_s_gradebook() -> None:
    """Is the demo's gradebook its own, even where the course's is on a server?"""
    course = ASSIGNMENT.course
    section = course.course.model_copy(update={"database": "postgresql://grades"})
    text = settings(
        course.model_copy(update={"course": section}).assignment("flash_attention"), gpu=False
    )
    assert "postgresql" not in text and "sqlite:///gradebook.db" in text


def test_the_class_can_hand_in_a_few_problems_alone() -> None:
    """With `--only`: the same works with the same expectations, and nobody without any?"""
    few = ASSIGNMENT.narrowed(["p1", "p8"])
    table = tomllib.loads(settings(few, gpu=False))["assignments"][few.name]["points"]
    assert table == few.points and table.keys() == {"p1", "p8"}
    found = {student.name: student.work for student in demo_class(few)}
    whole = {student.name: student.work for student in CLASS}
    assert found == {
        name: {problem: work[problem] for problem in work if problem in few.points}
        for name, work in whole.items()
        if work.keys() & few.points.keys()
    }
    assert len(demo_class(ASSIGNMENT.narrowed(["p8"]))) < len(CLASS)


def test_there_is_a_page_to_look_at_where_nobody_made_a_mistake() -> None:
    """Is one named although none tells of a mistake?"""
    perfect = tuple(one for one in demo_class(ASSIGNMENT) if one.name == "ada-perfect")
    assert "ada-perfect" in where_to_look(ASSIGNMENT, perfect)


def perfect_verdict(score: float = 180.0) -> Verdict:
    """p1 with every case passed, on a CPU."""
    cases = [
        CaseVerdict(name=c.case.name, status="passed", points=c.points, earned=c.points)
        for c in registry.load("p1").cases
    ]
    together = registry.load("p1").together
    cases.append(CaseVerdict(name=TOGETHER, status="passed", points=together, earned=together))
    return Verdict(
        assignment=ASSIGNMENT.name,
        problem="p1",
        key="",
        score=score,
        max_score=200,
        provisional=True,
        cases=cases,
    )


def ada(verdict: Verdict | None, booked: str, tmp_path: Path) -> list[str]:
    """The differences found for a perfect student's p1."""
    page = tmp_path / "p1.html"
    page.touch()
    student = Student("ada", "p1 alone", {"p1": CLASS[0].work["p1"]})
    found = {"p1": Found(verdict, booked, "provisional", page)}
    return differences(ASSIGNMENT, student, found, gpu=False)


def test_the_expected_outcome_has_no_differences(tmp_path: Path) -> None:
    """Is what is right called right?"""
    assert ada(perfect_verdict(), "180.0", tmp_path) == []


def test_every_kind_of_difference_is_told(tmp_path: Path) -> None:
    """Would the demo notice a wrong score, a lost case, a wrong booking, a missing verdict?"""
    lost = perfect_verdict(170)
    lost.cases[0] = lost.cases[0].model_copy(update={"status": "wrong answer", "earned": 0})
    assert "did not pass N=128" in " ".join(ada(lost, "170.0", tmp_path))
    assert "expected 180" in " ".join(ada(perfect_verdict(200), "200.0", tmp_path))
    assert "booked nothing" in " ".join(ada(perfect_verdict(), "", tmp_path))
    assert "no verdict" in " ".join(ada(None, "", tmp_path))
