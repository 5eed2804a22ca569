"""For all tests: `selfcheck` is what the notebooks' given code imports; here it chooses nothing."""

import os
import sys
from pathlib import Path

from support.samples import TURN, turn

import autograder.selfcheck
from autograder.selfcheck import check
from autograder.selfcheck.device import stand_in

# nbgrader calls alembic by name.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

given = stand_in()
given.__path__ = autograder.selfcheck.__path__  # the code inside a sandbox imports its modules so
given.check = check
sys.modules["selfcheck"] = given


def pytest_terminal_summary(terminalreporter, exitstatus) -> None:
    """After a failure, say how to try the same sample of the long families again."""
    if exitstatus:
        terminalreporter.write_line(f"{TURN}={turn()} tries this sample again.")
