"""Right regions in other styles than the solutions': all of them must get full marks.

`RIGHT` maps "problem: style" to regions; those that a style leaves out are the solution's.
"""

from .backward import P8, P9
from .first_steps import P1, P2
from .forward import P3, P4
from .windows import P5, P6, P7

RIGHT = {**P1, **P2, **P3, **P4, **P5, **P6, **P7, **P8, **P9}
