"""One submission of the trust suites: what it does, and what the grader must make of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class TrustCase:
    """A submission that is no ordinary one, and its expected outcome.

    `make` gets the student's folder, which holds one notebook of `problem`: for a cheat the
    hand-out (worth nothing as it is), for a damaged notebook the solved one (worth full marks). It
    changes what lies there as the cheat or the accident would.

    `share` is the part of an honest solution's score that the submission must get, on the same
    machine and in the same batch; None where it must come back as `status` "not gradable".
    """

    name: str
    family: str
    what: str  # the method, or what happened to the notebook, in a sentence
    gain: str  # what it would gain, or what would be lost
    problem: str
    make: Callable[[Path], None]
    share: float | None = 0.0
    says: str = ""  # a phrase that the reason, the notes or the repairs must hold
    # The verdict's summary where the code really runs: "a", or "a or b" where another device has
    # other cases and the second shows first; "": any.
    outcome: str = ""
    refused: bool = False  # whether the source policy names it, so that it is not run at all
    unstopped_at: tuple[str, ...] = ()  # isolation levels that do not stop it; it is not run there
    harm: Callable[[Path], str] | None = None  # what it left behind, given the student's folder

    @property
    def id(self) -> str:
        """A name that is unique among all cases and fit for a folder."""
        words = f"{self.family} {self.name}".lower()
        return "-".join(re.findall(r"[a-z0-9]+", words))

    @property
    def status(self) -> Literal["graded", "not gradable"]:
        """The status the verdict must have."""
        return "not gradable" if self.share is None else "graded"


def notebook_in(folder: Path) -> Path:
    """The one notebook that lies in a student's folder."""
    (found,) = folder.glob("*.ipynb")
    return found
