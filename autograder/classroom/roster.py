"""`roster.csv`: the class as the instructor knows it, and who in a download is who in it.

Columns: `id`, `name`, and, as far as there are any, `email`, `section`, `extension_days` (also
`extension_days:<assignment>`), `nickname`, `nickname_consent`, and for each platform its own id:
`canvas_id`, `moodle_id`, `brightspace_id`, `blackboard_id`, `gradescope_id`, `sakai_id`, and so on.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

from autograder.classroom.ids import alike, refusal, safe_id
from autograder.classroom.platforms.model import Person
from autograder.errors import CourseError

FILE = "roster.csv"
PLAIN = ("id", "name", "email", "section", "nickname", "nickname_consent")
EXTENSION = "extension_days"
YES = ("yes", "y", "true", "1", "x", "ja", "oui", "si", "sí")
PLATFORM = re.compile(r"(\w+)_id")


@dataclass(frozen=True)
class Row:
    """A student. `id` is the folder's name; `platform_ids` are by platform, `extensions` in days by
    assignment, those for all under "".
    """

    id: str
    name: str = ""
    email: str = ""
    section: str = ""
    nickname: str = ""
    nickname_consent: bool = False
    platform_ids: dict[str, str] = field(default_factory=dict)
    extensions: dict[str, float] = field(default_factory=dict)

    def extension(self, assignment: str) -> float:
        """The days that this student has longer."""
        return self.extensions.get(assignment, self.extensions.get("", 0.0))

    @property
    def public_name(self) -> str:
        """What others may read; "" where nothing was agreed to."""
        return self.nickname if self.nickname_consent else ""


@dataclass(frozen=True)
class Match:
    """Who somebody is, and by what that was told; without an id, why not and what to do."""

    id: str = ""
    by: str = ""
    reason: str = ""


@dataclass
class Roster:
    """The rows, in the file's order."""

    rows: list[Row]

    def row(self, id: str) -> Row | None:
        """The student of that id."""
        return next((row for row in self.rows if row.id in (id, safe_id(id))), None)

    def match(self, person: Person) -> Match:
        """Who somebody is: by the platform's id, else by email, login or id, else by name."""
        ways = (
            (f"{person.platform}_id", self._by_platform(person)),
            ("email", self._by_email(person)),
            ("id", self._by_id(person)),
            ("name", self._by_name(person)),
        )
        for by, rows in ways:
            if len(rows) == 1:
                return Match(rows[0].id, by)
            if rows:
                who = ", ".join(row.id for row in rows)
                return Match(reason=f"{len(rows)} in {FILE} fit by {by} ({who}). {_write(person)}")
        return Match(reason=f"Not in {FILE}. {_enter(person)}")

    def _by_platform(self, person: Person) -> list[Row]:
        keys = {alike(person.key), alike(f"participant {person.key}")}
        return [r for r in self.rows if alike(r.platform_ids.get(person.platform, "")) in keys]

    def _by_email(self, person: Person) -> list[Row]:
        told = {alike(value) for _, value in person.ids} | {alike(person.key)}
        return [r for r in self.rows if r.email and alike(r.email) in told]

    def _by_id(self, person: Person) -> list[Row]:
        """By the instructor's own id: only where the platform's word is a login or a folder."""
        told = {value for kind, value in person.ids if kind in ("login", "sid")}
        told |= {person.key} if person.basis == "folder" else set()
        return [r for r in self.rows if r.id in {safe_id(t) for t in told}]

    def _by_name(self, person: Person) -> list[Row]:
        if not person.name or not self._name_is_free(person):
            return []
        names = name_forms(person.name)
        return [
            r
            for r in self.rows
            if r.name and not r.platform_ids.get(person.platform) and names & name_forms(r.name)
        ]

    def _name_is_free(self, person: Person) -> bool:
        """A name says nothing where the platform's id of somebody so called is another one."""
        names = name_forms(person.name)
        return not any(
            row.platform_ids.get(person.platform) and row.name and names & name_forms(row.name)
            for row in self.rows
        )


def name_forms(name: str) -> set[str]:
    """A name as platforms write it: letters alone, with the last name first or last."""
    words = [w for w in re.split(r"[\s,]+", unicodedata.normalize("NFC", name).casefold()) if w]
    turned = [words[i:] + words[:i] for i in range(max(1, len(words)))]
    return {re.sub(r"\W|_", "", "".join(words)) for words in turned} - {""}


def load_roster(root: Path) -> Roster | None:
    """The roster, or None where there is none. Raises CourseError naming every line at fault."""
    path = root / FILE
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"{path}: not readable ({error}). Save it as CSV in UTF-8.") from None
    head = text.split("\n", 1)[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=";" if head.count(";") else ",")
    heads = [head.strip().lower() for head in reader.fieldnames or []]
    faults = [] if "id" in heads else ["line 1: there is no column `id`. Add it."]
    faults += [f"line 1: unknown column `{h}`. Correct or delete it." for h in heads if not _ok(h)]
    rows: list[Row] = []
    reader.fieldnames = heads
    for number, raw in enumerate(reader, 2):
        if any((value or "").strip() for value in raw.values() if not isinstance(value, list)):
            _add(rows, raw, f"line {number}", faults)
    if faults:
        raise CourseError("\n".join(f"{path}: {fault}" for fault in faults))
    return Roster(rows)


def _ok(head: str) -> bool:
    return head in PLAIN or head.split(":")[0] == EXTENSION or bool(PLATFORM.fullmatch(head))


def _add(rows: list[Row], raw: dict[str, str], where: str, faults: list[str]) -> None:
    """Read a line into a row; what is wrong with it goes to `faults`."""
    told = {
        head: unicodedata.normalize("NFC", (value or "").strip())
        for head, value in raw.items()
        if isinstance(head, str)
    }
    if None in raw:
        faults.append(f"{where}: more cells than columns. Put quotes around a cell with a comma.")
    id = told.get("id", "")
    if reason := refusal(id):
        faults.append(f"{where}: `{id}` cannot be an id: {reason}. Change it.")
    if any(alike(row.id) == alike(safe_id(id)) for row in rows):
        faults.append(f"{where}: `{id}` is there twice. Ids must differ, not by case alone.")
    platforms = {
        match[1]: value
        for head, value in told.items()
        if value and (match := PLATFORM.fullmatch(head)) is not None
    }
    for row in rows:
        for platform in platforms.keys() & row.platform_ids.keys():
            if alike(platforms[platform]) == alike(row.platform_ids[platform]):
                faults.append(f"{where}: `{row.id}` has the same {platform}_id. Correct one.")
    rows.append(
        Row(
            safe_id(id) if not reason else id,
            told.get("name", ""),
            told.get("email", ""),
            told.get("section", ""),
            told.get("nickname", ""),
            told.get("nickname_consent", "").casefold() in YES,
            platforms,
            _extensions(told, where, faults),
        )
    )


def _extensions(told: dict[str, str], where: str, faults: list[str]) -> dict[str, float]:
    days = {}
    for head, value in told.items():
        kind, _, assignment = head.partition(":")
        if kind == EXTENSION and value:
            try:
                days[assignment] = float(value.replace(",", "."))
                if not 0 <= days[assignment] < 1000:
                    raise ValueError
            except ValueError:
                faults.append(f"{where}: `{head}` is {value!r}, not a number of days.")
    return days


def _enter(person: Person) -> str:
    """What to do about somebody whom no row fits."""
    told = _write(person)
    if person.basis == "id":
        return told
    kind = "name" if person.basis == "name" else "id"
    return f"Add a row whose {kind} is {person.key}, or {told[0].lower()}{told[1:]}"


def _write(person: Person) -> str:
    """What to do so that one row fits."""
    if person.basis == "name":
        return "Put the work in a folder called after the id in their row."
    return f"Write {person.key} into the column {person.platform}_id of their row."
