"""Everything that is wrong with a course's assignments, at once, without running a kernel."""

from __future__ import annotations

import re
import tempfile
import traceback
from collections.abc import Callable, Collection, Iterator
from importlib import import_module
from pathlib import Path

import nbformat

from ..course import FILE, Assignment, Course
from ..errors import CourseError
from ..frames import notebook_frame, solution_work
from ..generate.gate import HIDDEN_CASE, Leak, find_leaks
from ..generate.publish import publish
from ..generate.release import rehearse
from ..generate.sources import Source, gather
from ..problem_folders import HIDDEN, PACKAGES, PUBLIC, problem_files
from ..registry import GradedProblem, hidden_words, load
from ..selfcheck.compare import RULES
from ..selfcheck.device import Mode, current_mode
from ..selfcheck.grammar import refusals
from ..selfcheck.judge import draw_inputs
from ..selfcheck.memory import place_all
from ..selfcheck.problem import Case, Problem, Tensors

COARSE = 0.05  # more than any precision costs a right answer, of the whole output's size


def faults(
    root: Path,
    name: str | None = None,
    only: Collection[str] = (),
    started: Callable[[str], None] = lambda what: None,
) -> list[str]:
    """What is wrong, a sentence each, with file and line; [] if the release would go through.

    `name` is an assignment's; without one all are looked at. `only` names some of its problems.
    `started` is told what comes next.
    """
    try:
        course = Course.load(root)
    except CourseError as error:
        return [with_line(line, root / FILE) for line in str(error).split("\n")]
    found: list[str] = []
    whole: list[tuple[Assignment, list[Source]]] = []
    for assignment in (one.narrowed(only) for one in course.chosen(name)):
        sources, odd = gather(assignment.solutions_dir, only)
        found += odd
        found += _unmatched(assignment, sources)
        sound = [s for s in sources if s.problem in assignment.points]
        whole.append((assignment, []))
        for source in sound:
            started(f"{source.name}: its modules, its notebook, its small cases")
            wrong = list(_of_problem(assignment, source))
            found += wrong
            whole[-1][1].extend([] if wrong else [source])
    started("the hand-out as a whole: does it give anything away?")
    return found + _leaks([pair for pair in whole if pair[1]])


def with_line(fault: str, path: Path) -> str:
    """A fault of course.toml with the line where its key stands, where that is plain."""
    key = re.search(r"`([\w.]+)`", fault)
    if key is None or not path.is_file():
        return fault
    *tables, last = key[1].split(".")
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    start = next((i for i, line in enumerate(lines) if line.strip() == f"[{'.'.join(tables)}]"), 0)
    for number, line in enumerate(lines[start:], start + 1):
        if re.match(rf"\s*(\[.*\b)?{re.escape(last)}\b", line):
            return fault.replace(f"{path}:", f"{path}:{number}:", 1)
    return fault


def _unmatched(assignment: Assignment, sources: list[Source]) -> Iterator[str]:
    """Problems without a notebook or a module, and notebooks without points."""
    name, there = assignment.name, {source.problem for source in sources}
    for problem in assignment.problem_ids:
        if problem not in there:
            yield (
                f"{FILE}: [assignments.{name}.points] has {problem}, but there is no notebook "
                f"solutions/{name}/{problem}_….ipynb. Write it (`autograder new-problem`), or "
                "delete the line."
            )
    for problem in assignment.bonus:
        if problem not in assignment.points:
            yield f"{FILE}: [assignments.{name}]: bonus names {problem}, which has no points."
    for source in sources:
        if source.problem not in assignment.booked_points:
            yield (
                f"{source.file}: no points are set for {source.problem}. Add a line under "
                f"[assignments.{name}.points] in {FILE}."
            )


def _of_problem(assignment: Assignment, source: Source) -> Iterator[str]:
    """What is wrong with one problem: its modules, its notebook, its solution."""
    modules = list(_broken_modules(source.name))
    yield from modules
    try:
        rehearse(source, assignment)
    except CourseError as error:
        yield str(error)
        return
    frame = notebook_frame(source.problem, source.nb.cells)
    work = solution_work(assignment, source.problem)
    for refusal in refusals(frame, work):
        yield f"{source.file}: the solution is not what students may write: {refusal.sentence}"
    if modules:
        return
    graded = load(source.name)
    if not re.search(rf"\b{re.escape(graded.public.entry)}\b", frame.source):
        yield (
            f"{_file(PUBLIC, source.name)}: entry is {graded.public.entry!r}, which the given code "
            f"of {source.file} does not define. Correct one of them."
        )
    yield from _odd_tables(graded, source.name)
    yield from _odd_answers(graded, source.name)


def _broken_modules(name: str) -> Iterator[str]:
    """What keeps a problem's two modules from being read, with the line."""
    for side, package in PACKAGES.items():
        path = problem_files(side).get(f"{name}.py")
        if path is None:
            yield f"{name}: its {side} module is missing. `autograder new-problem` writes one."
            return
        try:
            module = import_module(f"{package.__name__}.{name.replace('/', '.')}")
        except Exception as error:
            yield f"{_line_in(path, error)}: {type(error).__name__}: {error}. Correct it."
            return
        wanted = Problem if side == PUBLIC else GradedProblem
        made = getattr(module, "PROBLEM", None)
        if not isinstance(made, wanted):
            yield f"{path}: it has no `PROBLEM = {wanted.__name__}(…)`. Add it."
            return
        if made.id != path.stem:
            yield f'{path}: PROBLEM is called {made.id!r}. Write id="{path.stem}".'


def _line_in(path: Path, error: Exception) -> str:
    """The last line of a file that an error went through."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return f"{path}:{error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(path)]
    return f"{path}:{lines[-1]}" if lines else str(path)


def _odd_tables(graded: GradedProblem, name: str) -> Iterator[str]:
    """Cases that would be taken for one another, rules that there are not, no cases at all."""
    public = graded.public
    for side, cases in (
        (PUBLIC, public.cases),
        (PUBLIC, public.small_cases),
        (HIDDEN, [one.case for one in graded.cases]),
    ):
        names = [case.name for case in cases]
        for twice in sorted({n for n in names if names.count(n) > 1}):
            yield f"{_case_line(side, name, twice)}: two cases are called {twice!r}. Rename one."
        if not names:
            yield f"{_file(side, name)}: there is no case. Add one."
    for output in public.call.outputs:
        if output.rule not in RULES:
            known = ", ".join(RULES)
            yield f"{_file(PUBLIC, name)}: there is no rule {output.rule!r}, only {known}."


def _odd_answers(graded: GradedProblem, name: str) -> Iterator[str]:
    """Cases that cannot be drawn, and small ones in which a right answer would not pass."""
    problem = graded.public
    mode = current_mode(problem.uses_triton)
    for case in (one.on(gpu=False) for one in graded.cases):
        try:
            _drawn(problem, case, mode)
        except Exception as error:
            place = _case_line(HIDDEN, name, case.name)
            yield f"{place}: {case.name!r} cannot be made: {_said(error)}."
    for case in problem.small_cases:
        place = _case_line(PUBLIC, name, case.name)
        try:
            off = _yardstick_off(problem, case, mode)
        except Exception as error:
            yield f"{place}: {case.name!r} cannot be made: {_said(error)}."
            continue
        for output, share in off.items():
            if not share <= COARSE:
                yield (
                    f"{place}: {case.name!r}: yardstick and reference differ in {output} by "
                    f"{share:.2g} of its size. One of them is wrong."
                )


def _drawn(problem: Problem, case: Case, mode: Mode) -> Tensors:
    """A case's inputs, in their places. Raises what drawing them raises, and ValueError where the
    layout is of none of them: a table that several problems share may name more.
    """
    inputs = draw_inputs(problem, case, mode)
    layout = case.params.get("layout", "contiguous")
    if not isinstance(layout, str) and not set(layout) & set(inputs):
        raise ValueError(f"layout is of {', '.join(layout)}; the inputs are {', '.join(inputs)}")
    place_all(inputs, layout)
    return inputs


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".rstrip(".")


def _yardstick_off(problem: Problem, case: Case, mode: Mode) -> dict[str, float]:
    """How far a right answer of the inputs' precision is from the reference, for each output.
    Raises ValueError where one of the two lacks an output.
    """
    inputs = _drawn(problem, case, mode)
    reference = problem.reference(inputs, case.params)
    right = problem.yardstick(inputs, case.params, False)
    for output in problem.call.outputs:
        for who, found in (("reference", reference), ("yardstick", right)):
            # A logarithm of sums has a tolerance of its own, and needs no yardstick.
            free = who == "yardstick" and output.rule == "logsumexp"
            if output.name not in found and not free:
                raise ValueError(f"the {who} gives no {output.name}, only {', '.join(found)}")
    return {
        name: float((right[name].double() - exact).norm() / exact.norm().clamp_min(1e-12))
        for name, exact in reference.items()
        if name in right and right[name].shape == exact.shape
    }


def _file(side: str, name: str) -> Path:
    return problem_files(side)[f"{name}.py"]


def _case_line(side: str, name: str, case: str) -> str:
    """Where a module says a case's name: "….py:12"; the last place, where there are several."""
    path = _file(side, name)
    lines = path.read_text(encoding="utf-8").splitlines()
    found = [number for number, line in enumerate(lines, 1) if f'"{case}"' in line]
    return f"{path}:{found[-1]}" if found else str(path)


def _leaks(whole: list[tuple[Assignment, list[Source]]]) -> list[str]:
    """What students would see that is hidden, in the notebooks as they would be handed out."""
    if not whole:
        return []
    sources = [source for _, some in whole for source in some]
    with tempfile.TemporaryDirectory() as folder:
        staged = []
        for assignment, some in whole:
            place = Path(folder) / "release" / assignment.name
            place.mkdir(parents=True)
            staged.append((assignment, place))
            for source in some:
                nbformat.write(rehearse(source, assignment), place / source.path.name)
        target = Path(folder) / "notebooks"
        try:
            publish(staged, target)
        except CourseError as error:
            return [str(error)]
        files = {str(p.relative_to(folder)): p for p in target.rglob("*") if p.is_file()}
        words = hidden_words(*(source.name for source in sources))
        return [_told(leak) for leak in find_leaks(files, sources, words)]


def _told(leak: Leak) -> str:
    """A leak in a sentence; a hidden case's name with the place where it is given."""
    if not leak.kind.startswith(HIDDEN_CASE):
        return f"{leak}. Students would see it."
    owner = _case_line(HIDDEN, leak.kind.removeprefix(HIDDEN_CASE), leak.text)
    return f"{leak}. Students would see it. Rename the hidden case: {owner}."
