"""A course as the authoring commands write it, to be looked at or spoilt."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from solved import ROOT

from autograder.authoring.new import Draft, new_assignment, new_problem

EMPTY = '[course]\nname = "New"\npublic_repository = "some/where"\n\n[assignments.old.points]\n'


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    """A course with an assignment of two problems, one of each kind, as the commands write them."""
    forget_modules()  # another test file's
    root = tmp_path_factory.mktemp("authored")
    (root / "course.toml").write_text(EMPTY + "# the first one\no1 = 5\n\n[sandbox]\n")
    shutil.copy(ROOT / "nbgrader_config.py", root)
    new_assignment(Draft(root, "fresh", "n1", "Scaled rows", "torch", 10))
    new_problem(Draft(root, "fresh", "n2", "The same in Triton", "triton", 20))
    return root


@pytest.fixture
def course(written: Path, tmp_path: Path) -> Iterator[Path]:
    """The same course, to be spoilt; afterwards it is as it was. A copy elsewhere would be a second
    place for the same problems.
    """
    before = shutil.copytree(written, tmp_path / "before")
    forget_modules()
    yield written
    shutil.rmtree(written)
    shutil.copytree(before, written)
    forget_modules()


def forget_modules() -> None:
    """The next import reads the files again."""
    for name in [name for name in sys.modules if ".problems.fresh" in name]:
        del sys.modules[name]


def spoil(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path} does not say {old!r}"
    path.write_text(text.replace(old, new), encoding="utf-8")
