"""A class of real names, and what each of it handed in."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

ASSIGNMENT = "flash_attention"
NAMES = ("p1_tiled_attention", "p3_flash_attention_forward")
START = datetime(2026, 11, 20, 10, 11, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Student:
    """Somebody of the class; `number` is what every platform's ids are made from."""

    first: str
    last: str
    number: int
    late: bool = False

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}".strip()

    @property
    def sortable(self) -> str:
        return f"{self.last}, {self.first}" if self.last else self.first

    @property
    def login(self) -> str:
        return f"s_{self.number}"

    @property
    def email(self) -> str:
        return f"{self.login}@uni.example"

    @property
    def when(self) -> datetime:
        """In whole minutes: some platforms tell no seconds."""
        return (START + timedelta(minutes=self.number)).replace(second=0)


CLASS = [
    Student(first, last, number, late=number % 3 == 0)
    for number, (first, last) in enumerate(
        [
            ("Ada", "Lovelace"),
            ("Ada", "Lovelace"),  # another one
            (unicodedata.normalize("NFD", "José"), unicodedata.normalize("NFD", "Núñez")),
            ("Siobhán", "O'Brien"),
            ("Văn An", "Nguyễn"),
            ("小明", "王"),
            ("Αλέξανδρος", "Παπαδόπουλος"),
            ("Мария", "Иванова"),
            ("محمد", "علي"),
            ("सीता", "देवी"),
            ("Björk", ""),
            ("Anne-Marie", "de la Cruz, Jr."),
            ("Late", "Smith"),
            ("Anon", ""),
            ("X Æ", "A-12"),
            ("Ada", "lovelace"),  # and one in another letter case
            ("Łukasz", "Żółć"),
            ("สมชาย", "ใจดี"),
        ],
        start=101,
    )
]


def notebook(text: str, problem: str = "p1", filled: bool = True) -> bytes:
    """A notebook with one region; `text` tells it from others."""
    start, end = (
        f"# --- STUDENT IMPLEMENTATION {side} HERE ({problem}.1) ---" for side in ("STARTS", "ENDS")
    )
    body = (
        f"o = {text!r}"
        if filled
        else f'raise NotImplementedError("{problem}.1: not implemented yet")'
    )
    cell = {
        "cell_type": "code",
        "id": "a",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
        "source": "\n".join([start, body, end]),
    }
    data = {"cells": [cell], "metadata": {"note": text}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(data).encode()


def work_of(student: Student, name: str = NAMES[0]) -> bytes:
    """What a student handed in for a notebook: nobody's is equal to another's."""
    return notebook(f"{student.number}", name.split("_")[0])
