"""The student half: what a student may see and run. Each notebook carries what its problem needs.

`check("w1", entry_point)` runs the public cases and `hint()` says more of what it found; `setup()`
chooses the device; `look("w1")` shows what the regions do; `predict` and `outcome` keep a guess
until it is known; `submit("w1", …)` writes the file to hand in. The hidden half imports the other
modules by their names.
"""

from .check import check
from .device import setup
from .hints import hint
from .look import look
from .packed import source, sources
from .predictions import outcome, predict
from .submit import submit

__all__ = ["check", "hint", "look", "outcome", "predict", "setup", "source", "sources", "submit"]
