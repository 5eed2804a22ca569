"""Gradescope's own autograder: the zip it wants, and what runs in its container.

The container is root's and allows no user namespaces, so students' kernels run as another user
(level "uid"). It has no GPU: speed stays open there.
"""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

from autograder.classroom.grades import gradescope_results
from autograder.classroom.settle import settle
from autograder.course import FILE, PROBLEMS, Assignment
from autograder.errors import CourseError
from autograder.files import write_whole
from autograder.grading.book import Book, take
from autograder.grading.verdict import Verdict

STUDENT = "submission"
KIT = "kit"
PACKAGE = Path(__file__).resolve().parents[1]
SETUP = """\
#!/usr/bin/env bash
# Gradescope runs this once, to build the image.
set -euo pipefail
apt-get update
apt-get install -y --no-install-recommends python3.11 python3.11-venv gcc libc6-dev
python3.11 -m venv /autograder/venv
/autograder/venv/bin/pip install --no-cache-dir \\
    --extra-index-url https://download.pytorch.org/whl/cpu -r /autograder/source/requirements.txt
chmod -R o= /autograder/source
"""
RUN = """\
#!/usr/bin/env bash
# Gradescope runs this for every submission.
set -euo pipefail
cd /autograder/source/kit
AUTOGRADER_ISOLATION=uid /autograder/venv/bin/python -m autograder.cli gradescope-run \\
    /autograder/submission --to /autograder/results/results.json --assignment {assignment}
"""
UNGRADED = {"score": 0, "output": "No notebook of this assignment was found in what you handed in."}


def build_zip(assignment: Assignment, target: Path) -> list[str]:
    """Write the zip for "Configure Autograder"; the names in it. Raises CourseError where the
    course is not released, or this package is not installed, so that its needs are not known.
    """
    if not any(assignment.release_dir.glob("*.ipynb")):
        raise CourseError(f"{assignment.release_dir}: nothing released yet. Run `make release`.")
    texts = {
        "setup.sh": SETUP,
        "run_autograder": RUN.format(assignment=assignment.name),
        "requirements.txt": "\n".join(_requirements()) + "\n",
    }
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in texts.items():
            archive.writestr(name, text)
        for path, name in _files(assignment):
            archive.write(path, f"{KIT}/{name}")
        return archive.namelist()


def _files(assignment: Assignment) -> Iterator[tuple[Path, str]]:
    """What grading needs of the package and of the course, with the names in the zip."""
    for path in sorted(PACKAGE.rglob("*")):
        if path.suffix in (".py", ".j2"):
            yield path, f"{PACKAGE.name}/{path.relative_to(PACKAGE)}"
    root = assignment.root
    yield root / FILE, FILE
    for folder in (assignment.release_dir, assignment.solutions_dir, root / PROBLEMS):
        for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
            if path.suffix in (".py", ".ipynb"):
                yield path, str(path.relative_to(root))


def _requirements() -> list[str]:
    from importlib.metadata import PackageNotFoundError, requires

    try:
        asked = requires("gpu-kernel-course") or []
    except PackageNotFoundError:
        raise CourseError(
            "This package is not installed, so what it needs is not known. Run `make setup`."
        ) from None
    return [line for line in asked if "extra ==" not in line]


def grade_one(assignment: Assignment, submission: Path, target: Path) -> None:
    """Grade what lies in a folder and write results.json. Raises CourseError if that cannot be."""
    folder = assignment.submitted_dir(STUDENT)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(submission, folder)
    settle(assignment, [STUDENT])
    verdicts = list(_verdicts(assignment, folder))
    found = gradescope_results(verdicts) if verdicts else UNGRADED
    text = json.dumps(found, ensure_ascii=False, indent=1)
    write_whole(target, f"{text}\n".encode())


def _verdicts(assignment: Assignment, folder: Path) -> Iterator[Verdict]:
    book = Book(assignment)
    try:
        for problem in assignment.problem_ids:
            for path in sorted(folder.glob(f"{problem}_*.ipynb")):
                yield book.graded(take(assignment, path, problem), STUDENT, problem)
    finally:
        book.close()
