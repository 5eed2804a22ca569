"""Course kit for GPU-kernel programming: student notebooks, self-check and autograder."""

__version__ = "0.1.0"
