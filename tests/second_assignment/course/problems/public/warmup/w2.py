"""w2: scaled rows in Triton, a program per row. The public side."""

from __future__ import annotations

from dataclasses import replace

from . import w1

PROBLEM = replace(w1.PROBLEM, id="w2", title="Scaled rows in Triton", uses_triton=True)
