"""How much a process uses, also one that would not have it known."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from autograder.sandbox.usage import exact_memory, quick_memory

HOLD = """
import ctypes, threading, time
held = bytearray(200 << 20)
def stay():
    time.sleep(0.2)
    print("ready", flush=True)
    time.sleep(60)
threading.Thread(target=stay).start()
{then}
time.sleep(60)
"""
EXIT = 60 if platform.machine() == "x86_64" else 93  # the first thread alone; not exit_group
LEAVE = f"ctypes.CDLL(None).syscall({EXIT}, 0)"


@pytest.mark.parametrize("then", ["", LEAVE])
def test_a_process_is_measured_whichever_of_its_threads_is_left(then):
    code = HOLD.format(then=then)
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None and process.stdout.readline() == b"ready\n"
        assert 200 << 20 <= quick_memory(process.pid) < 300 << 20
        assert 190 << 20 <= exact_memory(process.pid) < 300 << 20
    finally:
        process.kill()
        process.wait()
    assert quick_memory(process.pid) == 0
