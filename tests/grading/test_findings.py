"""What was found once: whose word counts, what a change of points runs, what travels."""

from __future__ import annotations

import shutil
import zipfile
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from courses import hand_in
from solved import notebook, solved
from trust.graders import linked_course

from autograder.classroom.run import KEPT, submissions
from autograder.classroom.running import Run
from autograder.classroom.travel import export_findings, import_findings, pack_work
from autograder.course import Assignment, Course
from autograder.errors import CourseError
from autograder.frames import released_frame
from autograder.grading.book import Book, take
from autograder.grading.finding import Finding, better_first, load_finding, save_finding
from autograder.grading.grade import make_order
from autograder.grading.keys import problem_version
from autograder.grading.score import scored
from autograder.grading.verdict import TOGETHER, CaseVerdict, Verdict
from autograder.intake.extract import Extracted
from autograder.registry import APART, load
from autograder.selfcheck.regions import work_hash

WORK = solved("p2")
H100, T4, CPU = "nvidia-h100", "tesla-t4", "cpu"


@pytest.fixture
def course(tmp_path) -> Assignment:
    return course_in(tmp_path / "course")


def course_in(root: Path) -> Assignment:
    root.mkdir()
    return linked_course(root, "p1", "p2")


def finding(
    course: Assignment, device: str = CPU, ratio: float | None = None, made: str = "2026", wrong=()
) -> Finding:
    """What a run of the solved p2 might have shown on a device."""
    order, problem = make_order(course, "p2", WORK), load("p2")
    gpu = device != CPU
    names = [graded.on(gpu).name for graded in problem.cases]
    cases = [
        CaseVerdict(name=n, status="wrong answer" if at in wrong else "passed")
        for at, n in enumerate(names)
    ]
    speed = CaseVerdict(name=problem.speed.name, status="passed" if ratio else "not run")
    return Finding(
        assignment=course.name,
        problem="p2",
        work=order.work_hash,
        version=order.version(gpu),
        device=device,
        cases=cases,
        speed=speed.model_copy(update={"ratio": ratio}) if gpu else None,
        machine=device,
        made=made,
    )


def verdict(course: Assignment, *found: Finding) -> Verdict:
    return scored(course, "p2", Extracted(WORK), found)


def score(course: Assignment, *found: Finding) -> float:
    return verdict(course, *found).score


def test_points_are_reckoned_when_they_are_booked(course):
    """Is the same finding worth what course.toml says now?"""
    one = finding(course, wrong=[0])
    twice = replace(course, points={**course.points, "p2": 2 * course.points["p2"]})
    assert 0 < score(course, one) < course.points["p2"]
    assert score(twice, one) == pytest.approx(2 * score(course, one), rel=0.02)


def test_one_wrong_case_costs_the_points_for_all_together(course):
    """And does a case that tries rounding cost its own points alone?"""
    cases = load("p2", course.points["p2"]).cases
    rounding = [at for at, case in enumerate(cases) if case.rounding]
    lines = {line.name: line for line in verdict(course, finding(course, wrong=[0])).cases}
    assert lines[TOGETHER].status == "not run" and "every case right" in lines[TOGETHER].detail
    assert score(course, finding(course, wrong=[0])) <= APART * course.points["p2"]
    lost = score(course, finding(course)) - score(course, finding(course, wrong=rounding))
    assert lost == pytest.approx(sum(cases[at].points for at in rounding))


def test_changed_points_run_nothing(course):
    """After a change in course.toml, does a run write the verdict anew and ask no worker?"""
    hand_in(course, "ada", "p2", notebook("p2"))
    Book(course).keep(finding(course))
    before = ran(course)
    text = (course.root / "course.toml").read_text()
    (course.root / "course.toml").write_text(text.replace("p2 = 100", "p2 = 50"))
    after = ran(Course.load(course.root).assignment())
    assert before["ada"].happened == "found before"
    assert after["ada"].happened == "written again: points or rules have changed"
    assert after["ada"].verdict.score == pytest.approx(before["ada"].verdict.score / 2)
    assert ran(Course.load(course.root).assignment())["ada"].happened == KEPT


def ran(course: Assignment) -> dict:
    """The outcomes of a run that has no workers to ask."""
    found = Run(course.course, CPU).outcomes(submissions(course), no_workers)
    return {one.submission.student: one for one in found}


def no_workers():
    raise AssertionError("something was to be run")


class OneFinding:
    """Workers that find the same for every order."""

    dashboard = ""

    def __init__(self, found: Finding) -> None:
        self.said, self.orders = {"finding": found.model_dump(mode="json")}, []

    def seats(self, gpu: bool = False) -> int:
        return 0 if gpu else 1

    def add(self, order, gpu: bool = False) -> None:
        self.orders.append(order)

    def ready(self):
        return iter(())

    def rest(self):
        while self.orders:
            yield self.orders.pop(), self.said


def test_a_verdict_that_cannot_be_written_costs_nobody_else_theirs(course):
    """Three hand in equal work, and something lies where the second one's verdict belongs."""
    for student in ("ada", "bob", "cleo"):
        hand_in(course, student, "p2", notebook("p2"))
    Book(course).path("bob", "p2").mkdir(parents=True)
    workers = OneFinding(finding(course))
    found = Run(course.course, CPU).outcomes(submissions(course), lambda: nullcontext(workers))
    by_name = {one.submission.student: one for one in found}
    assert set(by_name) == {"ada", "bob", "cleo"} and by_name["bob"].fault
    assert by_name["ada"].verdict.score == by_name["cleo"].verdict.score > 0


def test_speed_may_come_from_another_machine(course):
    """Right on a CPU, timed on a GPU: are both told, and is that full marks?"""
    cpu, gpu = finding(course), finding(course, H100, ratio=1.0)
    verdict = scored(course, "p2", Extracted(WORK), [cpu, gpu])
    assert verdict.score == course.points["p2"] and not verdict.provisional
    assert score(course, cpu) == course.points["p2"] - load("p2", 100).speed.points
    untimed = finding(course, T4)
    assert score(course, untimed, gpu) == course.points["p2"]


def test_the_better_evidence_counts(course):
    """Does a GPU's word count before a CPU's, then a known speed, then the older one?"""
    cpu, late = finding(course), finding(course, H100, ratio=2.0, made="2027")
    early, untimed = finding(course, T4, ratio=1.0, made="2026"), finding(course, "a", made="2020")
    ranked = better_first([cpu, untimed, late, early])
    assert ranked == [early, late, untimed, cpu]
    wrong = finding(course, H100, wrong=[0])
    assert score(course, cpu, wrong) < score(course, cpu)


def test_less_never_takes_the_place_of_more(course, tmp_path):
    """Is a timed finding kept when the same card brings one without a time?"""
    timed, untimed = finding(course, H100, ratio=1.1), finding(course, H100, made="2027")
    assert save_finding(tmp_path, timed)
    assert not save_finding(tmp_path, untimed)
    assert load_finding(tmp_path / timed.place).speed.ratio == 1.1
    assert save_finding(tmp_path, untimed, replace=True)


def test_folders_merge_by_copying(course):
    """Do the findings of two machines lie side by side, and does the course use both?"""
    here, there = course.root / "findings", course.root / "stick"
    save_finding(here, finding(course))
    save_finding(there, finding(course, H100, ratio=1.0))
    shutil.copytree(there, here, dirs_exist_ok=True)
    found = Book(course).found(Extracted(WORK), "p2")
    assert {one.device for one in found} == {CPU, H100}


def test_what_is_damaged_or_foreign_is_told_and_left(course, tmp_path):
    """Does an import take what is whole, and name the rest?"""
    save_finding(course.root / "findings", finding(course, H100, ratio=1.0))
    packed = tmp_path / "findings.zip"
    assert export_findings(course.course, packed) == 1
    other = course_in(tmp_path / "home")
    shutil.copytree(course.root / "findings", tmp_path / "more")
    path = next((tmp_path / "more").rglob("*.json"))
    path.with_name("renamed.json").write_bytes(path.read_bytes())
    path.write_bytes(path.read_bytes()[:-40])
    foreign = finding(course).model_copy(update={"problem": "p7"})
    save_finding(tmp_path / "more", foreign)
    told = import_findings(other.course, [packed, tmp_path / "more"])
    assert told.counts == {"new": 1}
    assert sorted(reason for _, reason in told.refused) == [
        "It is damaged, or no finding.",
        "It is damaged, or no finding.",
        "This course has no problem flash_attention/p7.",
    ]
    assert import_findings(other.course, [packed]).counts == {"known": 1}
    packed.write_bytes(packed.read_bytes()[:100])
    with pytest.raises(CourseError, match="whole zip file"):
        import_findings(other.course, [packed])


def test_the_version_is_the_problem_and_not_the_points(course):
    """Do points, tiers and a speed case leave what was found valid, and a new size not?"""
    problem, frame = load("p2"), released_frame(course, "p2").source
    versions = problem_version(problem, frame, False), problem_version(problem, frame, True)
    dearer = problem.scaled(400)
    assert (problem_version(dearer, frame, False), problem_version(dearer, frame, True)) == versions
    assert problem_version(replace(problem, speed=None), frame, False) == versions[0]
    assert problem_version(replace(problem, speed=None), frame, True) != versions[1]
    first, *others = problem.cases
    larger = replace(first, case=replace(first.case, params={**first.case.params, "N": 77}))
    changed = replace(problem, cases=(larger, *others))
    assert problem_version(changed, frame, False) != versions[0]
    right = replace(problem.public, reference=lambda x, params: {"O": x["x"].double()})
    assert problem_version(replace(problem, public=right), frame, False) != versions[0]
    assert problem_version(problem, frame + "# more", False) != versions[0]


def test_two_assignments_draw_two_seeds(course):
    """Does a problem of the same id in another assignment get other inputs?"""
    order = make_order(course, "p2", WORK)
    assert len(set(order.seeds.values())) == len(order.seeds)
    other = replace(course, name="warmup")
    assert course.qualified("p2") != other.qualified("p2")


def test_packed_work_names_nobody(course, tmp_path):
    """Does the file that goes to a GPU hold each work once, the grader, and no student's name?"""
    for student in ("zaphod", "trillian"):
        hand_in(course, student, "p2", notebook("p2"))
    hand_in(course, "marvin", "p2", notebook("p2", {}))
    packed = tmp_path / "work.zip"
    assert pack_work(course.course, submissions(course), packed) == 1
    with zipfile.ZipFile(packed) as archive:
        names = archive.namelist()
        text = b"".join(archive.read(name) for name in names if name.startswith("orders/"))
    assert f"orders/flash_attention/p2/{work_hash(WORK)[:20]}.json" in names
    assert "autograder/grading/away.py" in names
    assert not any("nbgrader" in name or "classroom" in name for name in names)
    assert not any(name in text for name in (b"zaphod", b"trillian", b"marvin"))
    Book(course).keep(finding(course, H100, ratio=1.0))
    assert pack_work(course.course, submissions(course), packed) == 0


def test_a_file_is_read_again_only_if_it_changed(course, monkeypatch):
    """Is a notebook that was read once taken from its verdict?"""
    path = hand_in(course, "ada", "p2", notebook("p2"))
    Book(course).keep(finding(course))
    ran(course)
    monkeypatch.setattr("autograder.classroom.running.take", lambda *_: pytest.fail("read again"))
    assert ran(course)["ada"].happened == KEPT
    monkeypatch.undo()
    path.write_text(path.read_text() + "\n")
    assert ran(course)["ada"].verdict.work == work_hash(take(course, path, "p2").work)


def test_a_damaged_verdict_costs_no_run(course):
    """Is a verdict file that was damaged written again from what was found?"""
    hand_in(course, "ada", "p2", notebook("p2"))
    book = Book(course)
    book.keep(finding(course))
    first = ran(course)["ada"].verdict
    book.path("ada", "p2").write_bytes(b"\0")
    again = ran(course)["ada"]
    assert again.happened == "written again: the verdict file was damaged"
    assert again.verdict == first


def test_a_finding_has_no_path_out(tmp_path, course):
    """Is a finding whose names lead elsewhere taken for none?"""
    bad = finding(course).model_copy(update={"problem": "../../etc"})
    path = tmp_path / Path(bad.place).name
    path.write_text(bad.model_dump_json())
    assert load_finding(path) is None
