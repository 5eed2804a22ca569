"""One diagnosis for all failing cases: what was seen, told once, with the step at fault."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from .picture import Picture, drawn, weight_tables
from .problem import Problem
from .program import Program
from .report import Row
from .trace import load_watched, observe
from .translations import STRAY, translated
from .witness import Finding, Reason, Run, Witnesses

MOST_CAUSES = 2
AFTER_ALL = (1 << 30, 0)  # where the given code stands, as a place among the regions
PLAINLY = 0.02  # a difference of weights that can be seen
WATCHED = ("wrong answer", "error", "crashed")  # statuses whose cause a run may show
STEP = re.compile(r"^\s*#\s*Step\s+(\d{1,3})\b", re.IGNORECASE)


@dataclass(frozen=True)
class Cause:
    """One mistake, as a student is told of it.

    `kind` is its stable id, "" where only facts are known; `step` and `line` (in the region, from
    1) are 0 where unknown. `stages` are three hints, each saying more than the one before and none
    of them the code.
    """

    kind: str
    region: str
    step: int
    line: int
    sentence: str
    stages: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """ "w1.1, step 3 (line 9)"."""
        step = f", step {self.step}" if self.step else ""
        line = f" (line {self.line})" if self.line else ""
        return f"{self.region}{step}{line}"


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong: at most two causes; without any, the facts that there are. And the weights of
    one head, where they are known.
    """

    causes: tuple[Cause, ...] = ()
    facts: tuple[str, ...] = ()
    picture: Picture | None = None

    @property
    def places(self) -> list[tuple[str, str]]:
        """What is told apart from check to check: kinds and regions."""
        return [(cause.kind, cause.region) for cause in self.causes]

    def lines(self, stage: int = 1) -> list[str]:
        """What a student reads, with the first `stage` hints of each cause."""
        told = []
        for cause in self.causes:
            seen = "" if cause.kind else "No known pattern, but this was seen. "
            told += [f"{cause.place}: {seen}{cause.sentence}", *cause.stages[:stage]]
        return told or list(self.facts)


def play(problem: Problem, program: Program) -> list[Run]:
    """Every scene of the problem, played here. Raises what loading the program raises."""
    module = load_watched(program)
    runs = []
    for scene in problem.witnesses.scenes:
        inputs = scene.make(scene.params)
        task = problem.task(scene.params, inputs, "cpu")
        seen = observe(program, module, task, inputs, problem.witnesses.names)
        runs.append(Run(scene, inputs, seen))
        if seen.fault and seen.fault.status in ("not implemented", "out of memory", "crashed"):
            break
    return runs


def diagnose(
    problem: Problem, program: Program, rows: Sequence[Row], runs: Sequence[Run]
) -> Diagnosis:
    """The causes of the rows that failed, as far as runs and errors show them."""
    failed = [row for row in rows if row.status in (*WATCHED, "does not compile")]
    if not failed:
        return Diagnosis()
    errors = translated_causes(failed, program)
    findings = problem.witnesses.read(runs) if problem.witnesses and runs else []
    seen = merged([cause_of(one, problem.witnesses, program) for one in findings])
    named = [cause for cause in seen if cause.kind]
    # A stray access may be the consequence of something that was seen; another error stands alone.
    causes = named + [one for one in errors if one.kind != STRAY]
    causes = causes or before(seen, errors, program) + errors or seen
    facts = () if causes else (unknown(failed, rows),)
    return Diagnosis(tuple(causes[:MOST_CAUSES]), facts, weights_of(problem, runs))


def before(seen: Sequence[Cause], errors: Sequence[Cause], program: Program) -> list[Cause]:
    """What was seen in regions before those of the errors: an error may be its consequence."""
    places = [program.spans.get(one.region, AFTER_ALL) for one in errors]
    return [
        one for one in seen if places and program.spans.get(one.region, AFTER_ALL) < min(places)
    ]


def weights_of(problem: Problem, runs: Sequence[Run]) -> Picture | None:
    """The first scene's weights that are plainly wrong, of the head where they are furthest off."""
    name = problem.witnesses.weights if problem.witnesses else ""
    for run in runs:
        yours, keys = run.observed.outputs.get(name), run.inputs["k"].shape[-2] if name else 0
        if yours is None:
            continue
        right = problem.reference(run.inputs, run.scene.params)[name][..., :keys].flatten(0, 1)
        yours = yours[..., :keys].double().flatten(0, 1)
        off = torch.nan_to_num((yours - right).abs(), nan=1.0).flatten(1).amax(1)
        head = int(off.argmax())
        if float(off[head]) > PLAINLY:
            return weight_tables(yours[head], right[head], run.scene.name)
    return None


def translated_causes(failed: Iterable[Row], program: Program) -> list[Cause]:
    """What the errors among the rows mean, each once."""
    found: dict[str, Cause] = {}
    for row in failed:
        known = translated(row.detail) if row.status != "wrong answer" else None
        if known is None:
            continue
        place = re.search(r"[Ll]ine (\d+) of (\w+\.\d+)", row.detail)
        region, line = (place[2], int(place[1])) if place else ("", 0)
        step = steps_of(program, region)[line - 1 : line] if line else []
        cause = Cause(known.kind, region, step[0] if step else 0, line, known.sentence)
        found.setdefault(known.kind, cause)
    return list(found.values())


def cause_of(finding: Finding, witnesses: Witnesses, program: Program) -> Cause:
    """A finding with its step, its line, and what to say of it."""
    reason = witnesses.reasons.get(finding.kind, OTHER)
    step = witnesses.steps.get(finding.region, {}).get(reason.role, 0)
    line, name = line_of(program, finding.region, step, finding.variables)
    step = step or (steps_of(program, finding.region)[line - 1] if line else 0)
    where = f"step {step} of {finding.region}" if step else f"region {finding.region}"
    look = f"Look at {where}" + (f", line {line}, where `{name}` is set." if line else ".")
    sentence = f"{reason.sentence} {finding.fact}".strip()
    stages = (reason.question, look, f"The aim of {where}: {reason.goal}")
    kind = "" if reason.vague else finding.kind
    return Cause(kind, finding.region, step, line, sentence, stages)


def merged(causes: Sequence[Cause]) -> list[Cause]:
    """The causes, those of one kind as one that names the other regions too."""
    found: dict[str, Cause] = {}
    for cause in causes:
        key = cause.kind or cause.sentence
        first = found.setdefault(key, cause)
        if first is not cause and cause.region not in first.sentence:
            more = f"{first.sentence} The same in {cause.region}."
            found[key] = replace(first, sentence=more)
    return list(found.values())


OTHER = Reason(
    "",
    "The values after this region are wrong.",
    "Which of its values do you expect, and which do you get?",
    "each variable holds what its comment says.",
    vague=True,
)


def line_of(program: Program, region: str, step: int, names: Sequence[str]) -> tuple[int, str]:
    """The line of the region (from 1) where one of the names is assigned, inside the step where its
    comment still stands, and that name; (0, "") if there is none.
    """
    lines, steps = text_of(program, region), steps_of(program, region)
    for inside in (True, False):
        for name in names:
            target = re.compile(
                rf"^\s*(?:[\w, ]+,\s*)?{re.escape(name)}\s*(?:,[\w, ]+)?[-+*/|&]?=[^=]"
            )
            for number, text in enumerate(lines, 1):
                if target.match(text) and (not inside or steps[number - 1] == step):
                    return number, name
    return 0, ""


def text_of(program: Program, region: str) -> list[str]:
    """The lines of a region; none where the program has no such region."""
    start, end = program.spans.get(region, (0, 1))
    return program.source.split("\n")[start : end - 1]


def steps_of(program: Program, region: str) -> list[int]:
    """For each line of a region the step under whose comment it stands; 0 before the first."""
    steps, now = [], 0
    for text in text_of(program, region):
        found = STEP.match(text)
        now = int(found[1]) if found else now
        steps.append(now)
    return steps


def unknown(failed: Sequence[Row], rows: Sequence[Row]) -> str:
    """What to say where no pattern is known."""
    names = [row.name for row in failed]
    passed = [row.name for row in rows if row.status == "passed"]
    told = f"No known pattern. Wrong: {listed(names)}."
    return f"{told} Right: {listed(passed)}." if passed else told


def listed(names: Sequence[str], most: int = 4) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return "; ".join(names[:most]) + more


def from_plain(said: dict[str, Any]) -> Diagnosis:
    """A diagnosis out of what `asdict` made of it."""
    causes = [Cause(**{**one, "stages": tuple(one["stages"])}) for one in said["causes"]]
    return Diagnosis(tuple(causes), tuple(said["facts"]), drawn(said.get("picture")))
