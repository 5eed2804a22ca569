"""The student half: what a student may see and run. Each notebook carries what its problem needs.

`check("w1", entry_point)` runs the public cases; `setup()` chooses the device. The
hidden half imports the other modules by their names.
"""

from .check import check
from .device import setup
from .packed import source, sources

__all__ = ["check", "setup", "source", "sources"]
