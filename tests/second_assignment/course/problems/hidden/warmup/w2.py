"""w2: what counts in scaled rows in Triton."""

from dataclasses import replace

from autograder.problems.warmup import w1
from autograder.selfcheck.problems.warmup import w2

PROBLEM = replace(w1.PROBLEM, public=w2.PROBLEM)
