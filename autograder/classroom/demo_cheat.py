"""A cell that attacks the grader: what it tries must come to nothing, since it is never run."""

CHEAT = """\
import sys

import torch

# Whatever compares answers: everything is equal from now on.
torch.allclose = torch.equal = torch.isclose = lambda *args, **kwargs: True
torch.testing.assert_close = lambda *args, **kwargs: None


# The self-check: full marks, whatever the question.
def check(*args, **kwargs):
    print("200.0")
    return 200.0


sys.modules["selfcheck"].check = check


# nbgrader reads a score from what the check cell prints: make every cell print one.
get_ipython().events.register("post_run_cell", lambda result: print("200.0"))
200.0
"""
