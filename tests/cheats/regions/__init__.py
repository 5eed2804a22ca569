"""Cheats as the texts of regions: what a student could write between the markers.

`refused` says whether the grammar refuses it. The others are harmless when they run: they earn no
more than an unfilled region or a wrong answer does.
"""

from .endless import ENDLESS
from .form import RegionCheat as RegionCheat
from .memory import RACES, STRAY
from .pretended import FORGED, TABLES
from .refused import ATTRIBUTES, NAMES, STATEMENTS, TEXTS

REGION_CHEATS = [
    *(*TABLES, *STATEMENTS, *NAMES, *ATTRIBUTES, *TEXTS, *STRAY, *ENDLESS, *FORGED),
    *RACES,
]
