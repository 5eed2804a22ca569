"""The student half: what a student may see and run. Each notebook carries what its problem needs.

`check("w1", entry_point)` runs the public cases; `setup()` chooses the device; `submit("w1", …)`
writes the file to hand in. The hidden half imports the other modules by their names.
"""

from .check import check
from .device import setup
from .packed import source, sources
from .submit import submit

__all__ = ["check", "setup", "source", "sources", "submit"]
