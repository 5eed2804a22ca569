"""w1 of another assignment: what counts in centred rows."""

from autograder.selfcheck.problems.later import w1

from autograder.registry import GradedProblem, make_graded

CASES = (make_graded(1, "sixty rows that are centred", rows=60, cols=9),)
PROBLEM = GradedProblem(w1.PROBLEM, CASES)
