"""What students send cannot bring a reader down: known crashes, seeds, and changes to them.

`make fuzz` looks for more; what it finds lies under fuzz/crashes and is tried here ever after.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from samples import turn

from fuzz.mutate import changed
from fuzz.targets import TARGETS

FOLDER = Path(__file__).parent
CHANGES, NOW = 60, 6  # per seed: all of them, and how many of them a turn tries
CRASHES = [p for p in sorted((FOLDER / "crashes").glob("*/*")) if p.parent.name in TARGETS]


@pytest.mark.parametrize("path", CRASHES, ids=lambda path: f"{path.parent.name} {path.name[:14]}")
def test_what_crashed_once_is_read_or_refused(path: Path) -> None:
    """Does no input that was ever found to crash a reader do so again?"""
    TARGETS[path.parent.name](path.read_bytes())


@pytest.mark.parametrize("count", [NOW, pytest.param(CHANGES, marks=pytest.mark.slow)])
@pytest.mark.parametrize("target", TARGETS)
def test_changed_seeds_are_read_or_refused(target: str, count: int) -> None:
    """Do the seeds, and many small changes to them, raise nothing but a refusal?"""
    seeds = sorted((FOLDER / "corpus" / target).iterdir())
    assert sum(bool(path.suffix) for path in seeds) >= 2
    for path in seeds:
        data = path.read_bytes()
        TARGETS[target](data)
        # Ours have an ending; the others were found by fuzzing and are tried as they are.
        for number in range(count if path.suffix else 0):
            seed = (turn() * count + number) % CHANGES
            made = changed(data, seed)
            try:
                TARGETS[target](made)
            except BaseException as error:
                error.add_note(f"{path.name} with the change of seed {seed}: {made[:300]!r}")
                raise
