"""The errors that somebody is meant to read: the instructor, or a student."""


class CourseError(Exception):
    """Something in the course's files must be put right; the message names the file and the cure.

    The command line prints the message alone; any other exception is a bug and keeps its traceback.
    """


class NotGradable(Exception):
    """Nothing in a submission can be graded; the message tells the student why and what helps."""
