"""Which notebooks give away the answers to earlier ones, and so have to be handed out later."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from .cells import BuildError
from .gate import read_secrets
from .sources import Source

MUCH = 0.4  # of an answer's lines: with so many of them it is given away


@dataclass(frozen=True)
class GivenAway:
    """A notebook's given code holds so many of the `lines` of an earlier problem's answer."""

    later: str
    earlier: str
    found: int
    lines: int

    def __str__(self) -> str:
        return (
            f"{self.later} holds {self.found} of the {self.lines} lines of {self.earlier}'s answer"
        )


def given_away(sources: Sequence[Source], order: Sequence[str]) -> list[GivenAway]:
    """What each notebook tells of problems that come before it in `order`."""
    secrets = {source.problem: read_secrets(source) for source in sources}
    known = [problem for problem in order if problem in secrets]
    found = []
    for place, later in enumerate(known):
        for earlier in known[:place]:
            hidden = secrets[earlier].hidden
            count = sum(line in secrets[later].given for line in hidden)
            if hidden and count >= MUCH * len(hidden):
                found.append(GivenAway(later, earlier, count, len(hidden)))
    return found


def refuse_early(
    found: Sequence[GivenAway], only: Collection[str], before: Collection[str]
) -> None:
    """Raise BuildError where `only` would hand out an answer together with its question or before
    it; `before` are the problems that are out already.
    """
    early = [one for one in found if one.later in only and one.earlier not in before]
    if early:
        listed = "\n".join(f"  {one}." for one in early)
        waiting = " ".join(dict.fromkeys(one.later for one in early))
        raise BuildError(
            "Students would see answers to what they have yet to do; nothing was released.\n"
            f"{listed}\nLeave out {waiting} now, and release it when the earlier one is over."
        )
