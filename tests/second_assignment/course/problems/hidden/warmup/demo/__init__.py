"""The demo class of the warm-up."""

from autograder.classroom.demo_model import AS_IT_CAME, Student, all_right

CLASS = (
    Student("ann-all", "solves both", {"w1": all_right(), "w2": all_right()}),
    Student("ben-begun", "solves the first", {"w1": all_right(), "w2": AS_IT_CAME}),
)
