"""Why answers are wrong: a submission watched in its sandbox, and read out here.

The child runs the text and hands back plain numbers. What they mean is made out in this process.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from autograder.grading.cases import Clock
from autograder.grading.verdict import CaseVerdict
from autograder.sandbox.exchange import BadAnswer
from autograder.sandbox.runner import Child, Stopped, new_token
from autograder.selfcheck.diagnosis import WATCHED, Diagnosis, diagnose
from autograder.selfcheck.problem import Problem
from autograder.selfcheck.report import Row
from autograder.selfcheck.trace import MOST, OUTPUTS, unpacked
from autograder.selfcheck.witness import Run


def explained(
    problem: Problem, child: Child, cases: Sequence[CaseVerdict], clock: Clock
) -> Diagnosis:
    """The causes of the cases that failed; a sandbox that does not answer leaves the facts."""
    rows = [Row(case.name, case.status, detail=case.detail) for case in cases]
    watch = problem.witnesses is not None and any(row.status in WATCHED for row in rows)
    runs = watched(problem, child, clock) if watch else []
    try:
        return diagnose(problem, child.program, rows, runs)
    except Exception:  # numbers that no honest run gives
        return diagnose(problem, child.program, rows, [])


def watched(problem: Problem, child: Child, clock: Clock) -> list[Run]:
    """What was seen of each scene, up to the first that got no answer."""
    runs = []
    names = {region: list(some) for region, some in problem.witnesses.names.items()}
    for scene in problem.witnesses.scenes:
        inputs, token = scene.make(scene.params), new_token()
        task = problem.task(scene.params, inputs, "cpu")
        order = {"do": "watch", "token": token, "task": task, "names": names}
        try:
            status = clock.ask(child, order, inputs)
            count = status.get("count")
            if status.get("status") != "watched" or type(count) is not int:
                break
            form = {"numbers": (torch.float64, (min(max(count, 0), MOST),))}
            numbers = child.fetch(token, form)["numbers"]
            seen = unpacked(status.get("index"), numbers, {**names, OUTPUTS: problem.call.names})
        except (Stopped, BadAnswer, ValueError):
            break
        runs.append(Run(scene, inputs, seen))
    return runs
