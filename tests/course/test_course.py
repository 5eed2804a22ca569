"""course.toml: what is accepted, what is refused, and how the refusal reads."""

import pytest
from tiny_course import COURSE_TOML, REPOSITORY

from autograder.course import Course
from autograder.errors import CourseError


def load(tmp_path, text):
    (tmp_path / "course.toml").write_text(text)
    return Course.load(tmp_path)


def test_the_committed_course_loads():
    """Is the kit's own course.toml valid as it is committed?"""
    assignment = Course.load(REPOSITORY).assignment("flash_attention")
    assert assignment.name == "flash_attention"
    assert assignment.solutions_dir.is_dir()


def test_defaults_and_helpers(tmp_path):
    """May sandbox and database be left out, and do places follow from the course's folder?"""
    course = load(tmp_path, COURSE_TOML)
    assert course.sandbox.isolation == "bubblewrap"
    assert course.slug == "tiny-course"
    assert course.database_url == f"sqlite:///{tmp_path.resolve()}/gradebook.db"
    assert course.assignment().problem_ids == ["t1", "t3"]
    assert course.colab_url("t3_x.ipynb").endswith("/someone/tiny/blob/main/notebooks/t3_x.ipynb")


def test_problems_stand_in_the_order_of_the_file(tmp_path):
    """Are ids free, and does the author decide which problem comes first?"""
    text = COURSE_TOML.replace("t1 = 10", "softmax = 1\nw10 = 2\nw9 = 3")
    assignment = load(tmp_path, text).assignment("tiny")
    assert assignment.problem_ids == ["softmax", "w10", "w9", "t3"]


def test_a_course_holds_several_assignments(tmp_path):
    """May two use the same id, and must one be named where it matters which?"""
    more = '\n[assignments.late]\nbonus = ["t1"]\n[assignments.late.points]\nt1 = 7\nt2 = 5\n'
    course = load(tmp_path, COURSE_TOML + more)
    assert [one.name for one in course.chosen()] == ["tiny", "late"]
    assert course.assignment("late").points["t1"] == 7
    assert [one.full_mark for one in course.assignments] == [30, 5]
    with pytest.raises(CourseError, match="which assignment is meant: tiny, late"):
        course.assignment()
    with pytest.raises(CourseError, match="no assignment 'early', only tiny, late"):
        course.chosen("early")


def test_a_database_server_is_kept_as_written(tmp_path):
    """Does a PostgreSQL address reach nbgrader unchanged?"""
    url = "postgresql://grader@db/course"
    course = load(
        tmp_path, COURSE_TOML.replace("[assignments", f'database = "{url}"\n[assignments')
    )
    assert course.database_url == url
    assert course.gradebook_file is None


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("[course]", "[sandbox]\npolicy = 1\n[course]", "sandbox.policy"),
        (
            "[assignments.tiny.",
            "[assignments.tiny]\ndue = 1\n[assignments.tiny.",
            "assignments.tiny.due",
        ),
        ("[assignments.tiny.", "[assignments.'../tiny'.", "assignments.../tiny"),
        ("[course]", "colour = 1\n[course]", "colour"),
        ("[course]", "root = '/'\n[course]", "root"),
        ('name = "Tiny course"', "", "course.name"),
        ('"someone/tiny"', '"https://github.com/someone/tiny"', "course.public_repository"),
        ("t1 = 10", "t1 = -1", "assignments.tiny.points.t1"),
        ("t1 = 10", "problem_1 = 10", "assignments.tiny.points.problem_1"),
        ("[course]", '[sandbox]\nisolation = "none"\n[course]', "sandbox.isolation"),
        ("[course]", "[sandbox]\ncase_seconds = -1\n[course]", "sandbox.case_seconds"),
    ],
)
def test_errors_name_the_file_and_the_key(tmp_path, old, new, key):
    """Is a wrong or unknown key refused, by file and key?"""
    assert old in COURSE_TOML
    with pytest.raises(CourseError) as refused:
        load(tmp_path, COURSE_TOML.replace(old, new, 1))
    assert str(tmp_path / "course.toml") in str(refused.value)
    assert f"`{key}`" in str(refused.value)


def test_broken_toml_and_a_missing_file_are_explained(tmp_path):
    """Does neither a slip of the pen nor a wrong folder end in a traceback?"""
    with pytest.raises(CourseError, match=r"course\.toml: not found"):
        Course.load(tmp_path)
    with pytest.raises(CourseError, match="not readable as TOML"):
        load(tmp_path, "[course\n")
