"""Which released notebook a file's name means, whatever Colab or its owner made of it."""

from __future__ import annotations

import re

from autograder.generate.cells import problem_of

# "Copy of w1_x.ipynb", "w1_x (1).ipynb", "w1_x-2.ipynb", "w1_x.ipynb.txt"
COPY_OF = re.compile(r"^((copy|kopie|copie|copia|cópia) (of|von|de|di|van|av) )+", re.IGNORECASE)
NUMBER = re.compile(r"( ?\(\d+\)|-\d{1,2})+$")
ENDINGS = re.compile(r"\.(ipynb|json|txt|py|html?|pdf|zip|docx?|md)$", re.IGNORECASE)


def released_name(file: str, names: list[str]) -> str | None:
    """The released notebook that a file's name names: all of its name, or its problem alone."""
    words = re.sub(r"[^a-z0-9]+", "_", COPY_OF.sub("", stem(file)).lower()).strip("_")
    found = [name for name in names if f"_{name}_" in f"_{words}_"]
    if not found:
        found = [name for name in names if problem_of(f"{name}.ipynb") in words.split("_")]
    return found[0] if len(found) == 1 else None


def stem(file: str) -> str:
    """A file's name without its folders and endings."""
    name = file.rsplit("/", 1)[-1].strip()
    while (shorter := ENDINGS.sub("", name)) != name:
        name = shorter
    return name.strip()


def uncopied(file: str) -> str:
    """A file's name without what a second download or a copy adds to it."""
    name = COPY_OF.sub("", stem(file))
    return NUMBER.sub("", name).strip().lower()
