"""The public side of each problem: one module each, with a PROBLEM in it."""
