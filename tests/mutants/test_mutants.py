"""The mutants still apply, are taken by the grammar, and a sample of them is refused."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from subprocess import run

import pytest
from samples import sampled
from solved import frame, solved

from autograder.selfcheck.grammar import refusals

from .form import HALVES, DoesNotApply, Edit, Mutant, mutants, problem_ids
from .tables import Result, read_csv

ALL = [one for half in HALVES for problem in problem_ids() for one in mutants(half, problem)]
SOME = sampled(ALL, len(ALL) // 6)
SAMPLE = (
    ("p1", "l keeps its old scale"),
    ("p2", "the last column is masked away"),
    ("p5", "b is always 0"),
)


@pytest.mark.parametrize("mutant", SOME, ids=lambda mutant: mutant.id)
def test_a_mutant_applies_and_is_taken_by_the_grammar(mutant: Mutant):
    """Does each edit find its text, does the work differ from the solution, may it be run?"""
    solution = solved(mutant.problem)
    work = mutant.work(solution)
    assert work != solution
    assert refusals(frame(mutant.problem), work) == []


@pytest.mark.parametrize("mutant", SOME, ids=lambda mutant: mutant.id)
def test_the_step_at_fault_is_a_step_of_a_changed_region(mutant: Mutant):
    """Does the solution number such a step, in a region that this mutant changes?"""
    region, number = re.fullmatch(r"(p\d\.\d) step (\d)", mutant.step).groups()
    solution = solved(mutant.problem)
    assert f"# Step {number}:" in solution[region]
    assert mutant.work(solution)[region] != solution[region]


@pytest.mark.parametrize("half", HALVES)
def test_names_are_unique(half):
    """Can a report name every mutant of a half?"""
    names = [one.id for problem in problem_ids() for one in mutants(half, problem)]
    assert names and len(set(names)) == len(names)


def test_an_edit_that_lost_its_hold_is_loud():
    """Is a text that stands nowhere, or twice, an error?"""
    for old in ("not there", "acc"):
        mutant = Mutant("p1", "x", "", "", "p1.1 step 1", "", (Edit("p1.1", old, ""),))
        with pytest.raises(DoesNotApply, match="times"):
            mutant.work(solved("p1"))


@pytest.mark.parametrize(("problem_id", "name"), sampled(SAMPLE, 1))
def test_a_sample_is_refused(problem_id: str, name: str, tmp_path: Path):
    """Do a public case and a hidden case refuse it?"""
    (found,) = tried(tmp_path, problem_id, "tuned", name)
    assert found.id == f"{problem_id}: {name}"
    assert found.public and found.hidden and not found.trouble


@pytest.mark.parametrize("problem_id", sampled(["p1", "p2"], 1))
def test_right_answers_in_other_styles_are_accepted(problem_id: str, tmp_path: Path):
    """Do the solution and its variants pass every public and hidden case?"""
    found = tried(tmp_path, problem_id, "right")
    assert len(found) > 5
    assert [one for one in found if one.public or one.hidden or one.trouble] == []


def tried(folder: Path, problem_id: str, half: str, only: str = "") -> list[Result]:
    """What the report's own process, in which kernels are interpreted, says of some answers."""
    tests = Path(__file__).resolve().parents[1]
    command = [sys.executable, "-m", "mutants.report", problem_id, "--half", half, "--only", only]
    paths = os.pathsep.join(map(str, (tests, tests / "support")))
    run(
        [*command, "--to", str(folder)],
        cwd=tests.parent,
        env={**os.environ, "PYTHONPATH": paths},
        check=True,
        capture_output=True,
    )
    return read_csv(folder / f"{problem_id}-{half}.csv")
