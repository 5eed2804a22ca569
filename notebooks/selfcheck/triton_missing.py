"""Triton where there is none: Colab's CPU runtimes, fresh environments, macOS and Windows."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import metadata

from .replaced import put_in_place
from .session import given_cells, notebook_shell
from .triton_rules import any_numpy

# PyTorch's wheels without CUDA do not say which Triton fits.
FITTING = {
    "2.6": "3.2.0",
    "2.7": "3.3.1",
    "2.8": "3.4.0",
    "2.9": "3.5.1",
    "2.10": "3.6.0",
    "2.11": "3.6.0",
    "2.13": "3.7.1",
}
NOT_MADE_FOR = {"darwin": "macOS", "win32": "Windows", "cygwin": "Windows"}
COLAB = "Open this notebook in Google Colab, with the badge at its top (a GPU is not needed)"


class NoTriton(RuntimeError):
    """Triton is missing and stays so; the message is one sentence for the student."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows: the sentence, without a traceback."""
        return [str(self)]


def needs_triton() -> bool:
    """Whether the notebook's given code imports Triton; taken for granted in the author's copy."""
    cells = given_cells()
    return cells is None or any("import triton" in cell for cell in cells)


def import_triton(
    install: Callable[[str], str] | None = None, platform: str = sys.platform
) -> None:
    """Import Triton; where it is missing on Linux and this is a notebook, install what fits.

    `install(requirement)` returns "" or why it failed. Raises NoTriton with what to do.
    """
    try:
        importlib.import_module("triton.language")
        put_in_place(any_numpy())
        return
    except ImportError:
        pass
    if platform in NOT_MADE_FOR:
        wsl = ", or run Jupyter inside WSL" if NOT_MADE_FOR[platform] == "Windows" else ""
        raise NoTriton(
            f"This problem needs Triton, and there is none for {NOT_MADE_FOR[platform]}. "
            f"{COLAB}{wsl}."
        )
    wanted = requirement()
    if install is None and notebook_shell() is None:
        raise NoTriton(
            f"Triton is missing. Run `python -m pip install {wanted}`, then start again."
        )
    print(f"Triton is missing here. Installing {wanted} (about 190 MB, once per runtime) ", end="")
    why = (install or pip_install)(wanted)
    importlib.invalidate_caches()
    try:
        importlib.import_module("triton.language")
    except ImportError as error:
        print("failed.")
        raise NoTriton(
            f"Triton is missing and could not be installed ({why or error}). Run this cell again "
            f"when there is a network, or run `pip install {wanted}` yourself and restart. "
            f"{COLAB} if neither helps."
        ) from None
    put_in_place(any_numpy())
    print("done.")


def requirement() -> str:
    """The Triton that fits the installed PyTorch, as pip takes it: "triton==3.6.0"."""
    for line in metadata.requires("torch") or ():
        if named := re.match(r"triton\s*\(?(==[\w.]+)", line):
            return f"triton{named[1]}"
    release = ".".join(metadata.version("torch").split(".")[:2])
    return f"triton=={FITTING[release]}" if release in FITTING else "triton"


def pip_install(wanted: str) -> str:
    """Install it beside this Python, a dot every two seconds; "" or pip's last line."""
    command = [sys.executable, "-m", "pip", "install", "--no-input", "--progress-bar=off", wanted]
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said)
        while process.poll() is None:
            print(".", end="", flush=True)
            time.sleep(2)
        said.seek(0)
        lines = [line.strip() for line in said if line.strip()]
    print(end=" ")
    return "" if process.returncode == 0 else (lines or ["pip failed"])[-1][:200]
