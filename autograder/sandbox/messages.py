"""Lines between the grader and a template: every wait has a limit, and who speaks is known."""

from __future__ import annotations

import json
import os
import select
import subprocess
import time
from typing import Any, Literal

from autograder.sandbox.exchange import BadAnswer, json_object

LONGEST = 1 << 20  # bytes of one message; the template hands on no longer one
SPEAKERS: dict[bytes, Literal["template", "child"]] = {b"T": "template", b"C": "child"}
GONE = "the sandbox has ended"


class Line:
    """Both pipes of a template's process. Student code can send nothing in the template's name:
    the template itself marks every line with who said it.
    """

    def __init__(self, process: subprocess.Popen) -> None:
        assert process.stdin is not None and process.stdout is not None
        self._to, self._from = process.stdin.fileno(), process.stdout.fileno()
        self._rest = b""
        os.set_blocking(self._to, False)

    def say(self, order: dict[str, Any], seconds: float) -> None:
        """Send one message. Raises TimeoutError, EOFError where nobody is there to read it."""
        data, deadline = json.dumps(order).encode() + b"\n", time.monotonic() + seconds
        while data:
            _wait(self._to, select.POLLOUT, deadline)
            try:
                data = data[os.write(self._to, data) :]
            except BlockingIOError:
                continue
            except OSError:
                raise EOFError(GONE) from None

    def hear(self, deadline: float) -> tuple[Literal["template", "child"], bytes]:
        """Who says the next line, and the line, which may be anything.

        `deadline` is a value of `time.monotonic()`. Raises TimeoutError, EOFError at the end.
        """
        while b"\n" not in self._rest:
            _wait(self._from, select.POLLIN, deadline)
            data = os.read(self._from, 1 << 16)
            if not data or len(self._rest) > 2 * LONGEST:
                raise EOFError(GONE)
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        if line[:1] not in SPEAKERS:
            raise EOFError("the sandbox says something that no template says")
        return SPEAKERS[line[:1]], line[1:]

    def hear_template(self, word: str, seconds: float) -> dict[str, Any]:
        """The template's next message with `word` in it; what else is said meanwhile is dropped.

        Raises TimeoutError, EOFError.
        """
        deadline = time.monotonic() + seconds
        while True:
            speaker, line = self.hear(deadline)
            if speaker == "template" and word in (message := template_message(line)):
                return message


def template_message(line: bytes) -> dict[str, Any]:
    """What the template says. Raises EOFError where it is no message: it is not itself any more."""
    try:
        return json_object(line)
    except BadAnswer as error:
        raise EOFError(str(error)) from None


def _wait(fd: int, event: int, deadline: float) -> None:
    """Until something can be read or written. Raises TimeoutError."""
    poll = select.poll()
    poll.register(fd, event)
    if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
        raise TimeoutError("no answer in time")
