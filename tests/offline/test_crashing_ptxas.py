"""An assembler that crashes on a right kernel costs nobody points."""

from __future__ import annotations

from pathlib import Path

import pytest
from triton import knobs

from tests.offline.test_offline import run

pytestmark = pytest.mark.xdist_group("offline")
CRASHING = """\
#!/bin/sh
case "$*" in {spared}) exec {ptxas} "$@" ;; esac
kill -SEGV $$
"""


def failures(folder: Path, spared: str) -> list[dict]:
    """Of p2's solution, with a ptxas that crashes unless its options hold `spared`."""
    ptxas = folder / "ptxas"
    ptxas.write_text(CRASHING.format(spared=f"*--version*|{spared}", ptxas=knobs.nvidia.ptxas.path))
    ptxas.chmod(0o755)
    env = {"TRITON_PTXAS_PATH": str(ptxas), "TRITON_CACHE_DIR": str(folder)}
    return run("tests.offline.tell", "whole", "p2", **env)["p2"]["failures"]


def test_one_that_crashes_while_it_optimises_is_asked_again(tmp_path: Path):
    assert not failures(tmp_path, "*--opt-level\\ 0*")


def test_one_that_always_crashes_is_told(tmp_path: Path):
    found = failures(tmp_path, "nothing")
    assert [one["message"][:26] for one in found] == ["ptxas, the GPU's assembler"]
    assert "/" not in found[0]["message"]
