"""What diagnosis and `look` say of a course's own problem, in a process that interprets kernels."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

Change = tuple[str, str]
TESTS = Path(__file__).resolve().parents[1]


def looked_at(course: Path, name: str, *changes: Change) -> list[dict]:
    """For each change of the problem's solution: the steps that `look` shows, its error, whether
    a value differs in them, and where the first mistake is named.
    """
    paths = [str(TESTS / "support"), str(TESTS), str(TESTS.parent)]
    environment = {**os.environ, "TRITON_INTERPRET": "1", "PYTHONPATH": os.pathsep.join(paths)}
    done = subprocess.run(
        [sys.executable, __file__, str(course), name],
        input=json.dumps(changes),
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def main() -> None:
    import nbformat

    import autograder.selfcheck
    from autograder.course import Course
    from autograder.frames import notebook_frame, solution_work
    from autograder.selfcheck.device import current_mode
    from autograder.selfcheck.diagnosis import cause_of, play
    from autograder.selfcheck.look import collect
    from autograder.selfcheck.problem import find_problem

    autograder.selfcheck.setup = current_mode
    sys.modules["selfcheck"] = autograder.selfcheck
    root, name = Path(sys.argv[1]), sys.argv[2]
    assignment, _, short = name.partition("/")
    course, problem = Course.load(root).assignment(assignment), find_problem(name)
    notebook = next((root / "solutions" / assignment).glob(f"{short}_*"))
    frame = notebook_frame(short, nbformat.read(notebook, as_version=4).cells)
    work, told = solution_work(course, short), []
    with contextlib.redirect_stdout(sys.stderr):
        for change in json.load(sys.stdin):
            program = frame.program({r: text.replace(*change) for r, text in work.items()})
            steps, fault = collect(problem, program, None)
            found = problem.witnesses.read(play(problem, program))
            place = cause_of(found[0], problem.witnesses, program).place if found else ""
            differs = any(row[3] == "differs" for step in steps for row in step["rows"])
            one = {"steps": len(steps), "fault": fault, "differs": differs, "place": place}
            told.append(one)
    print(json.dumps(told))


if __name__ == "__main__":
    main()
