"""The leak gate: nothing of a solution and nothing of the hidden half may reach a student."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..problem_folders import HIDDEN, problem_files
from .cells import BuildError, plain_python, where
from .markers import scan_notebook
from .pack import modules_for
from .sources import Source
from .stubs import step_comments
from .views import code_cells, place_in, squeeze, views

PACKAGE = Path(__file__).resolve().parents[1]
_SHOWN = 20
HIDDEN_CASE = "hidden case of "  # and whose it is


@dataclass(frozen=True)
class Leak:
    """Something hidden, found in a file that students get; `place` is a line or a cell of it, where
    that can be told.
    """

    file: str
    kind: str
    text: str
    place: str = ""

    def __str__(self) -> str:
        return f"{self.file}{self.place and f', {self.place}'}: {self.kind}: {self.text}"


@dataclass(frozen=True)
class Secrets:
    """What one solution notebook hides (`squeezed line -> line`) and what it gives away itself."""

    hidden: Mapping[str, str]
    given: str


def refuse_leaks(
    files: Mapping[str, Path], sources: Sequence[Source], words: Mapping[str, str]
) -> None:
    """Raise BuildError if `files` (shown name -> path) hold a solution, a hidden name or case.

    `words` are the names of hidden cases, with the problem that each belongs to.
    """
    leaks = find_leaks(files, sources, words)
    if leaks:
        listed = "\n".join(f"  {leak}" for leak in leaks[:_SHOWN])
        more = f"\n  … and {len(leaks) - _SHOWN} more" if len(leaks) > _SHOWN else ""
        raise BuildError(
            f"Students would see what is hidden from them; nothing was released.\n{listed}{more}\n"
            "Rename a hidden case whose name is told here (`autograder check` says its line). "
            "Remove anything else from the solution notebook's given part (text, metadata, "
            "outputs) or from autograder/selfcheck/, or delete the file if it does not belong "
            "there."
        )


def find_leaks(
    files: Mapping[str, Path], sources: Sequence[Source], words: Mapping[str, str]
) -> list[Leak]:
    """Every leak in `files`; a line given in the code of the same notebook is none."""
    secrets = {source.path.name: read_secrets(source) for source in sources}
    kinds = dict.fromkeys(hidden_modules(), "hidden module")
    kinds |= {word: f"{HIDDEN_CASE}{whose}" for word, whose in words.items()}
    named = sorted((squeeze(word), word, kind) for word, kind in kinds.items() if word.strip())
    leaks = []
    for name, path in sorted(files.items()):
        texts = views(path)
        own = secrets.get(path.name)
        for secret in secrets.values():
            for line, shown in secret.hidden.items():
                if own is not None and line in own.given:
                    continue
                if any(line in text for text in texts):
                    leaks.append(Leak(name, "solution line", shown, place_in(path, line)))
        for word, shown, kind in named:
            if any(word in text for text in texts):
                leaks.append(Leak(name, kind, shown, place_in(path, word)))
        if any("autograder" in cell.lower() for cell in code_cells(path)):
            leaks.append(Leak(name, "the word in a code cell", "autograder"))
    return leaks


def hidden_modules() -> list[str]:
    """Every module of the hidden half, as it would be imported and as a path."""
    names = set()
    hidden = [Path("problems", file) for file in problem_files(HIDDEN)]
    for file in [*(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py")), *hidden]:
        parts = (PACKAGE.name, *file.with_suffix("").parts)
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        if len(parts) > 1 and parts[1] != "selfcheck":
            names.update({".".join(parts), "/".join(parts)})
    return sorted(names)


def read_secrets(source: Source) -> Secrets:
    """The non-trivial lines and comments inside the regions; the code and steps outside them."""
    hidden: list[str] = []
    given = list(modules_for(source.name).values())
    regions = scan_notebook(source.nb, source.problem, source.file)
    for index, cell in enumerate(source.nb.cells):
        if cell.cell_type != "code":
            continue
        lines = cell.source.split("\n")
        inside: set[int] = set()
        for region in regions.get(index, []):
            inside.update(range(region.start + 1, region.end))
            given += step_comments(lines, region, where(source.file, index, cell))
        given += [line for number, line in enumerate(lines) if number not in inside]
        if inside:
            hidden += _secret_lines(cell.source, inside)
    text = squeeze("\n".join(given))
    found = {squeeze(line): line for line in hidden if squeeze(line) not in text}
    return Secrets(found, text)


def _secret_lines(source: str, inside: set[int]) -> list[str]:
    """The code and the comments on the lines `inside`, each by itself, if they say something."""
    lines = source.split("\n")
    comments = {}
    for token in tokenize.generate_tokens(io.StringIO(plain_python(source)).readline):
        if token.type == tokenize.COMMENT:
            comments[token.start[0] - 1] = token.start[1]
    found = []
    for number in sorted(inside):
        column = comments.get(number, len(lines[number]))
        code, comment = lines[number][:column].strip(), lines[number][column:].lstrip("# ").strip()
        if len(squeeze(code).split()) >= 3 and len(code) >= 8:
            found.append(code)
        if sum(word.isalpha() for word in squeeze(comment).split()) >= 4:
            found.append(comment)
    return found
