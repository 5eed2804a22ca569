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
    course = Course.load(REPOSITORY)
    assert course.assignment_name == "flash_attention"
    assert (REPOSITORY / "solutions" / course.assignment_name).is_dir()


def test_defaults_and_helpers(tmp_path):
    """May sandbox and database be left out, and do places follow from the course's folder?"""
    course = load(tmp_path, COURSE_TOML)
    assert course.sandbox.isolation == "bubblewrap"
    assert course.slug == "tiny-course"
    assert course.database_url == f"sqlite:///{tmp_path.resolve()}/gradebook.db"
    assert course.problem_ids == ["p1", "p3"]
    assert course.colab_url("p3_x.ipynb").endswith("/someone/tiny/blob/main/notebooks/p3_x.ipynb")


def test_problems_are_in_numerical_order(tmp_path):
    """Does p10 come after p9?"""
    course = load(tmp_path, COURSE_TOML.replace("p1 = 10", "p10 = 1\np9 = 1"))
    assert course.problem_ids == ["p3", "p9", "p10"]


def test_a_database_server_is_kept_as_written(tmp_path):
    """Does a PostgreSQL address reach nbgrader unchanged?"""
    url = "postgresql://grader@db/course"
    course = load(
        tmp_path, COURSE_TOML.replace("[assignment]", f'database = "{url}"\n[assignment]')
    )
    assert course.database_url == url
    assert course.gradebook_file is None


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("[points]", "[sandbox]\npolicy = 1\n[points]", "sandbox.policy"),
        ('name = "tiny"', 'name = "tiny"\ndue = "now"', "assignment.due"),
        ("[course]", "colour = 1\n[course]", "colour"),
        ("[course]", "root = '/'\n[course]", "root"),
        ('name = "Tiny course"', "", "course.name"),
        ('name = "tiny"', 'name = "../tiny"', "assignment.name"),
        ('"someone/tiny"', '"https://github.com/someone/tiny"', "course.public_repository"),
        ("p1 = 10", "p1 = 0", "points.p1"),
        ("p1 = 10", "problem1 = 10", "points.problem1"),
        ("[points]", '[sandbox]\nisolation = "none"\n[points]', "sandbox.isolation"),
        ("[points]", "[sandbox]\ncase_seconds = -1\n[points]", "sandbox.case_seconds"),
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
