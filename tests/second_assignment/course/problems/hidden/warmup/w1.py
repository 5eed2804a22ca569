"""w1: what counts in scaled rows."""

from autograder.selfcheck.problems.warmup import w1

from autograder.registry import GradedProblem, make_graded

CASES = (
    make_graded(6, "rows of a length of seventeen", rows=5, cols=17),
    make_graded(4, "more rows than columns here", rows=40, cols=3),
)
PROBLEM = GradedProblem(w1.PROBLEM, CASES)
