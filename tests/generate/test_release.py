"""The whole way: solutions/ to release/ to notebooks/, reproducible, gated, plain about errors."""

import json
import shutil
from datetime import UTC, datetime

import nbformat
import pytest
from nbgrader.api import Gradebook
from tiny_course import (
    PYTHON_REGION,
    REPOSITORY,
    code,
    files_of,
    make_course,
    tiny_notebook,
)
from typer.testing import CliRunner

from autograder.cli import app
from autograder.course import PLACEHOLDER, Course
from autograder.errors import CourseError
from autograder.generate.cells import BuildError
from autograder.generate.publish import add_colab, publish
from autograder.generate.release import build_release, rehearse
from autograder.generate.sources import read_sources

pytestmark = pytest.mark.xdist_group("release")  # one process builds the course for all
HIDDEN = {"a planted hidden case": "tiny/t1"}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A tiny course, released once; tests that change it take a copy."""
    root = make_course(tmp_path_factory.mktemp("course"))
    build_release(root, words=HIDDEN)
    return root


def copy_of(course, tmp_path):
    return shutil.copytree(course, tmp_path / "course")


def built_files(root):
    return files_of(root / "release", root / "notebooks")


@pytest.mark.slow
def test_twice_gives_the_same_bytes(built, tmp_path):
    """Is a build deterministic?"""
    root = copy_of(built, tmp_path)
    build_release(root, words=HIDDEN)
    assert built_files(root) == built_files(built)


def test_what_is_built_is_a_complete_handout(built):
    """Are all files there, with badge, points and the metadata that Colab reads?"""
    first = built_files(built)
    modules = {name for name in first if name.startswith("notebooks/selfcheck/")}
    names = ("check", "problems/tiny/t1", "problems/tiny/t3")
    assert {f"notebooks/selfcheck/{name}.py" for name in names} <= modules
    assert sorted(first.keys() - modules) == [
        "notebooks/AGENTS.md",
        "notebooks/README.md",
        "notebooks/t1_tiny.ipynb",
        "notebooks/t3_tiny.ipynb",
        "release/tiny/t1_tiny.ipynb",
        "release/tiny/t3_tiny.ipynb",
    ]
    public = json.loads(first["notebooks/t3_tiny.ipynb"])
    assert public["metadata"]["accelerator"] == "GPU"
    assert public["metadata"]["colab"] == {"gpuType": "T4", "provenance": []}
    url = Course.load(built).colab_url("t3_tiny.ipynb")
    assert url in "".join(public["cells"][0]["source"])
    assert url in first["notebooks/README.md"].decode()
    assert public["cells"][3]["metadata"]["nbgrader"]["points"] == 20


def test_the_preprocessors_and_the_rehearsal_agree(built):
    """Is what the check before the build makes what nbgrader releases?"""
    assignment = Course.load(built).assignment()
    for source in read_sources(assignment.solutions_dir):
        rehearsed = rehearse(source, assignment)
        released = nbformat.read(built / f"release/tiny/{source.path.name}", as_version=4)
        assert [c.source for c in rehearsed.cells] == [c.source for c in released.cells]
        assert [c.id for c in rehearsed.cells] == [c.id for c in source.nb.cells]


@pytest.mark.slow
def test_outputs_and_editors_metadata_are_dropped(built, tmp_path):
    """Do outputs, widgets and Colab's traces of the author's session stay at home?"""
    root = copy_of(built, tmp_path)
    path = root / "solutions/tiny/t3_tiny.ipynb"
    clean = nbformat.read(path, as_version=4)
    before = built_files(root)
    clean.metadata.update(
        widgets={"a": 1}, vscode={}, language_info={"name": "python", "version": "3"}
    )
    clean.cells[2].metadata.update(executionInfo={"user": "me"}, outputId="x", vscode={})
    clean.cells[2].execution_count = 7
    clean.cells[2].outputs = [nbformat.v4.new_output("stream", text="4242\n")]
    nbformat.write(clean, path)
    build_release(root, words=HIDDEN)
    assert built_files(root) == before


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Object of type:sqlalchemy.exc.SAWarning")
def test_submissions_in_the_gradebook_do_not_stop_a_rebuild(built, tmp_path):
    """May text change after submission, and is adding a cell refused with what to do?"""
    root = copy_of(built, tmp_path)
    before = built_files(root)
    with Gradebook(Course.load(root).database_url, "tiny-course") as gradebook:
        gradebook.add_student("ada")
        gradebook.add_submission("tiny", "ada", timestamp=datetime.now(UTC).replace(tzinfo=None))
    build_release(root, words=HIDDEN)
    assert built_files(root) == before
    nb = tiny_notebook()
    more = PYTHON_REGION.replace("t3.1", "t3.2").replace("answer", "more")
    nb.cells.insert(3, code(more, "more"))
    nbformat.write(nb, root / "solutions/tiny/t3_tiny.ipynb")
    with pytest.raises(BuildError, match="move the gradebook away"):
        build_release(root, words=HIDDEN)
    assert built_files(root) == before


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Object of type:sqlalchemy.exc.SAWarning")
def test_a_dropped_problem_is_not_handed_out(built, tmp_path):
    """With 0 points, also after work was handed in: is it out of notebooks/, and its maximum 0?"""
    root = copy_of(built, tmp_path)
    toml = root / "course.toml"
    toml.write_text(toml.read_text().replace("t1 = 10", "t1 = 0"))
    with Gradebook(Course.load(root).database_url, "tiny-course") as gradebook:
        gradebook.add_student("ada")
        gradebook.add_submission("tiny", "ada", timestamp=datetime.now(UTC).replace(tzinfo=None))
    done = build_release(root, words=HIDDEN)
    assert [path.name for path in done.notebooks] == ["t3_tiny.ipynb"]
    assert {path.name for path in (root / "notebooks").glob("*.ipynb")} == {"t3_tiny.ipynb"}
    with Gradebook(Course.load(root).database_url, "tiny-course") as gradebook:
        assert gradebook.find_assignment("tiny").max_score == 20


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Object of type:sqlalchemy.exc.SAWarning")
def test_a_notebook_may_be_renamed(built, tmp_path):
    """nbgrader warns that the gradebook forgets the old name: does the build go through?"""
    root = copy_of(built, tmp_path)
    notebook = root / "solutions" / "tiny" / "t3_tiny.ipynb"
    notebook.rename(notebook.with_name("t3_renamed.ipynb"))
    done = build_release(root, words=HIDDEN)
    assert [path.name for path in done.notebooks] == ["t1_tiny.ipynb", "t3_renamed.ipynb"]


@pytest.mark.slow
def test_a_config_that_fails_stops_the_build(tmp_path):
    """nbgrader drops a config that raises and goes on: do we stop?"""
    root = make_course(tmp_path)
    config = root / "nbgrader_config.py"
    config.write_text(config.read_text() + "\nraise RuntimeError('broken')\n")
    with pytest.raises(BuildError, match=r"nbgrader_config\.py fails") as refused:
        build_release(root, words=HIDDEN)
    assert "RuntimeError: broken" in str(refused.value)
    assert "INFO" not in str(refused.value) and len(str(refused.value).splitlines()) < 8
    config.write_text(
        f"{(REPOSITORY / 'nbgrader_config.py').read_text()}\n"
        "get_config().LockCells.lock_everything = True\n"
    )
    with pytest.raises(BuildError, match="lock_everything"):
        build_release(root, words=HIDDEN)
    assert built_files(root) == {}


@pytest.mark.parametrize("name", ["data.csv", "helper.py", "notes.md", "figures/", "q1_x.ipynb"])
def test_anything_beside_the_notebooks_is_refused_by_name(tmp_path, name):
    """Is a file refused that nbgrader would hand out with the notebooks?"""
    root = make_course(tmp_path)
    path = root / "solutions/tiny" / name
    path.mkdir() if name.endswith("/") else path.write_text("")
    with pytest.raises(BuildError, match=name.rstrip("/")):
        build_release(root, words=HIDDEN)


def drop_id(raw):
    del raw["cells"][2]["id"]


def repeat_id(raw):
    raw["cells"][2]["id"] = raw["cells"][1]["id"]


def old_format(raw):
    raw["nbformat_minor"] = 4


def no_title(raw):
    raw["cells"][0]["source"] = "Words only."


@pytest.mark.parametrize("damage", [drop_id, repeat_id, old_format, no_title])
def test_a_notebook_that_cannot_be_rebuilt_is_refused(tmp_path, damage):
    """Are cells without stable ids, or a missing title, named before anything is built?"""
    root = make_course(tmp_path)
    path = root / "solutions/tiny/t3_tiny.ipynb"
    raw = json.loads(path.read_text())
    damage(raw)
    path.write_text(json.dumps(raw))
    with pytest.raises(BuildError, match=r"solutions/tiny/t3_tiny\.ipynb"):
        build_release(root, words=HIDDEN)


def test_two_notebooks_of_one_problem_are_refused(tmp_path):
    """Is a copy left beside the original noticed?"""
    root = make_course(tmp_path)
    shutil.copy(root / "solutions/tiny/t3_tiny.ipynb", root / "solutions/tiny/t3_other.ipynb")
    with pytest.raises(BuildError, match="is t3 too"):
        build_release(root, words=HIDDEN)


def test_the_command_line_is_plain(tmp_path):
    """Is an expected error one message and exit code 1, never a traceback?"""
    result = CliRunner().invoke(app, ["release", "--root", str(tmp_path)])
    assert result.exit_code == 1
    assert "course.toml: not found" in result.output
    assert "Traceback" not in result.output
    with pytest.raises(CourseError):
        build_release(tmp_path)


@pytest.mark.parametrize(
    ("ai", "note", "rule"),
    [
        ("allowed", "You may use AI assistants", "You may help with that code"),
        ("tutor", "welcome as tutors", "Do not write or complete the code"),
        ("off", "work without AI assistants", "Do not help with it"),
    ],
)
def test_what_course_toml_says_of_ai_reaches_students_and_assistants(ai, note, rule, tmp_path):
    """Do notebooks, README and AGENTS.md agree, and is Colab's assistant hidden where it is off?"""
    root = make_course(tmp_path)
    text = (root / "course.toml").read_text()
    (root / "course.toml").write_text(text.replace("public_", f'ai = "{ai}"\npublic_', 1))
    course = Course.load(root)
    nb = tiny_notebook()
    add_colab(nb, "t3_tiny.ipynb", course)
    assert note in nb.cells[0].source and "Save a copy in Drive" in nb.cells[0].source
    assert nb.metadata["colab"].get("generative_ai_disabled", False) == (ai == "off")
    publish([(course.assignment(), tmp_path / "nothing")], tmp_path / "out")
    assert note in (tmp_path / "out/README.md").read_text()
    assert rule in (tmp_path / "out/AGENTS.md").read_text()


def test_a_made_up_repository_stops_the_release(tmp_path):
    """Does a badge that leads nowhere stop the build, with what to do, unless that is allowed?"""
    root = make_course(tmp_path)
    text = (root / "course.toml").read_text()
    (root / "course.toml").write_text(text.replace("someone/tiny", PLACEHOLDER))
    done = CliRunner().invoke(app, ["release", "--root", str(root)])
    assert done.exit_code == 1 and "public_repository" in done.output
    assert not (root / "notebooks").exists()
    shutil.rmtree(root / "solutions")  # the next thing that stops it: the repository is accepted
    done = CliRunner().invoke(app, ["release", "--root", str(root), "--allow-placeholder"])
    assert done.exit_code == 1 and "no such folder" in done.output
