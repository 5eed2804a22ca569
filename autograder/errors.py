"""The one kind of error an instructor is meant to read."""


class CourseError(Exception):
    """Something in the course's files must be put right; the message names the file and the cure.

    The command line prints the message alone; any other exception is a bug and keeps its traceback.
    """
