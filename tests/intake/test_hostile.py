"""Files that are made to hurt: each is answered in seconds, and the next one as ever."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import threading
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from samples import sampled

from autograder.errors import NotGradable
from autograder.intake.extract import Extracted, extract, peek

from .hostile import HEAVY, SMALL
from .notebooks import found_in, frame, solved, work, written

SECONDS = 30  # on a busy machine; the child's own limit is 20


def answered(data: bytes) -> Extracted | NotGradable:
    """What is said of a file; anything else but an answer fails the test."""
    begun = time.monotonic()
    with contextlib.suppress(NotGradable):
        peek(data)
    glanced = time.monotonic()
    try:
        answer = found_in(data, "p3")
    except NotGradable as reason:
        assert len(str(reason).split(". ")) > 1, "no word on what to do"
        answer = reason
    assert max(glanced - begun, time.monotonic() - glanced) < SECONDS
    return answer


def unharmed() -> bool:
    return found_in(written(solved("p3")), "p3").work == work("p3")


@pytest.mark.parametrize("name", sampled(SMALL, len(SMALL) // 4))
def test_small_files(name: str):
    """Is each answered in time, the parent's memory untouched, and the next file read as ever?"""
    data = SMALL[name]()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    answered(data)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kB
    assert unharmed()


@pytest.mark.trust
@pytest.mark.parametrize("name", HEAVY)
def test_heavy_files(name: str):
    """The same for tens of megabytes, packed or not."""
    answered(HEAVY[name]())
    assert unharmed()


def test_what_is_no_file(tmp_path: Path):
    """Are a pipe, a link, a folder, a name that cannot be and a missing file refused at once?"""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/etc/hostname")
    (tmp_path / "folder").mkdir()
    for name in ("pipe", "link", "folder", "missing", "x" * 300, "a\0b"):
        with pytest.raises(NotGradable):
            extract(tmp_path / name, frame("p3"))


def test_many_at_once():
    """Do threads that ask at the same time each get their own answer?"""
    data = written(solved("p3"))
    answers: list[bool] = []

    def one() -> None:
        answers.append(found_in(data, "p3").work == work("p3"))

    threads = [threading.Thread(target=one) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [True] * 16


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.sampled_from(
        ["code", "markdown", "# --- STUDENT IMPLEMENTATION STARTS HERE (p3.1) ---\nx = 1",
         "# --- STUDENT IMPLEMENTATION ENDS HERE (p3.1) ---", "<<<<<<< a\n=======\n"]
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["cells", "source", "cell_type", "metadata", "worksheets", "input"]),
        inner, max_size=4,
    ),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=400) | st.text(max_size=200).map(lambda t: t.encode("utf-8", "ignore")))
def test_random_bytes(data: bytes):
    """Does nothing but NotGradable come of bytes without sense?"""
    answered(data)


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(JSON)
def test_random_json(value):
    """Nor of JSON that looks a little like a notebook?"""
    answered(written({"cells": []}).replace(b"[]", json.dumps(value).encode()))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 10**6), st.integers(0, 60), st.binary(max_size=8))
def test_a_notebook_with_a_hole(at: int, size: int, patch: bytes):
    """Nor of a notebook in which some bytes were overwritten?"""
    data = written(solved("p3"))
    at %= len(data)
    answered(data[:at] + patch + data[at + size :])
