"""The roster tells who is who; where it does not, nobody is guessed."""

from __future__ import annotations

import unicodedata

import pytest

from autograder.classroom.platforms.model import Person
from autograder.classroom.roster import load_roster, name_forms
from autograder.errors import CourseError

HEAD = (
    "id,name,email,section,extension_days,extension_days:warmup,"
    "nickname,nickname_consent,canvas_id,moodle_id\n"
)
ROWS = """\
ada,Ada Lovelace,ada@uni.example,A,2,0.5,countess,yes,4711,
ada2,Ada Lovelace,ada2@uni.example,B,,,,,4712,
jose,José Núñez,jose@uni.example,A,,,pepe,no,,Participant 77
"O'Brien, S",Siobhán O'Brien,,,,,,,,
anh,Nguyễn Văn An,,,,,,,,
"""


@pytest.fixture
def roster(tmp_path):
    (tmp_path / "roster.csv").write_text(HEAD + ROWS, encoding="utf-8-sig")
    return load_roster(tmp_path)


@pytest.mark.parametrize(
    ("person", "id", "by"),
    [
        (Person("canvas", "4711", "lovelaceada"), "ada", "canvas_id"),
        (Person("canvas", "4712", "lovelaceada"), "ada2", "canvas_id"),
        (Person("moodle", "77", "Participant"), "jose", "moodle_id"),
        (Person("gradescope", "ADA2@uni.example", "Ada Lovelace"), "ada2", "email"),
        (Person("blackboard", "ada2", "", ids=(("login", "ada2"),)), "ada2", "id"),
        (Person("folder", "O'Brien, S", "O'Brien, S", "folder"), "O'Brien, S", "id"),
        (Person("canvas", "9", "núñezjosé"), "jose", "name"),
        (Person("moodle", "9", unicodedata.normalize("NFD", "Nguyễn Văn An")), "anh", "name"),
        (Person("drive", "Siobhán O'Brien", "Siobhán O'Brien", "name"), "O'Brien, S", "name"),
        (Person("sakai", "x1", "O'Brien, Siobhán"), "O'Brien, S", "name"),
    ],
)
def test_who_is_who(roster, person, id, by):
    """By the platform's id, else email, login, and last the name in any order and composition?"""
    match = roster.match(person)
    assert (match.id, match.by) == (id, by)


@pytest.mark.parametrize(
    ("person", "says"),
    [
        (Person("moodle", "5", "Ada Lovelace"), "2 in roster.csv fit by name (ada, ada2)"),
        (Person("canvas", "4999", "lovelaceada"), "Write 4999 into the column canvas_id"),
        (Person("canvas", "5", "turingalan"), "Write 5 into the column canvas_id"),
        (Person("folder", "eve", "eve", "folder"), "Add a row whose id is eve"),
        (Person("canvas", "4712345", "ada2"), "Not in roster.csv"),
        (Person("moodle", "4711", "Somebody"), "Not in roster.csv"),
    ],
)
def test_who_cannot_be_told(roster, person, says):
    """Is an ambiguous or unknown person refused with the one thing to do?"""
    match = roster.match(person)
    assert match.id == "" and says in match.reason


def test_what_a_row_says(roster):
    """Are extensions, section and the consent to a nickname read?"""
    ada, jose = roster.row("ada"), roster.row("jose")
    assert (ada.extension("flash_attention"), ada.extension("warmup")) == (2.0, 0.5)
    assert (ada.section, ada.public_name, jose.public_name) == ("A", "countess", "")
    assert jose.extension("warmup") == 0


def test_a_semicolon_is_a_comma_too(tmp_path):
    """Is what a spreadsheet saves in Germany or France read as well?"""
    (tmp_path / "roster.csv").write_text("ID;Name\nada;Ada Lovelace\n")
    assert [row.name for row in load_roster(tmp_path).rows] == ["Ada Lovelace"]


def test_every_fault_is_named(tmp_path):
    """Does a wrong roster stop with each line and what to do?"""
    (tmp_path / "roster.csv").write_text(
        "id,nmae,extension_days,canvas_id\nada,,1,7\nAda,,two,7\n-rf,,,\nx,y,1,2,3\n"
    )
    with pytest.raises(CourseError) as error:
        load_roster(tmp_path)
    for says in ("unknown column `nmae`", "line 3: `Ada` is there twice", "same canvas_id"):
        assert says in str(error.value)
    for says in ("not a number of days", "`-rf` cannot be an id", "more cells than columns"):
        assert says in str(error.value)


def test_no_roster_is_none(tmp_path):
    assert load_roster(tmp_path) is None


def test_names_in_any_order():
    """Do the forms of a name hold what platforms make of it, and not another's?"""
    assert name_forms("Lovelace, Ada") & name_forms("Ada Lovelace") & {"lovelaceada"}
    assert not name_forms("Ada Lovelace") & name_forms("Ada Byron")
