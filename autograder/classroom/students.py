"""Who is who: the ids under which students' folders stand here, and their platforms' ids.

`collected/students.json` keeps both, so that a person has the same id in every call and grades find
their way back.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.classroom.ids import alike, readable, refusal, safe_id
from autograder.classroom.platforms import TITLES
from autograder.classroom.platforms.model import Person
from autograder.classroom.roster import Roster, name_forms
from autograder.errors import CourseError
from autograder.files import write_whole

FILE = "collected/students.json"
IDS = ("login", "email", "sid")  # what several platforms may call a student
SAME_HERE = ("folder", "exchange")  # what these call a student is the id itself
MADE_OF_WORK = ("autograded", "verdicts/*", "feedback")
STANDS_AS = (
    "Their work stands here as `{}`, which is nobody in roster.csv. Write that into the column id "
    "of their row."
)
Key = tuple[str, str]


@dataclass(frozen=True)
class Refused:
    """Why somebody's work was not taken, and what to do."""

    reason: str


@dataclass
class Students:
    """Those known so far: `{id: {"name": …, "platforms": {platform: {assignment: {…}}}}}`."""

    root: Path
    roster: Roster | None = None
    known: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def load(cls, root: Path, roster: Roster | None = None) -> Students:
        """Raises CourseError where the file is damaged: ids must not be made anew."""
        path = root / FILE
        try:
            known = json.loads(path.read_bytes()) if path.exists() else {}
            if not all(isinstance(entry["platforms"], dict) for entry in known.values()):
                raise ValueError
        except (ValueError, KeyError, TypeError, AttributeError, OSError):
            raise CourseError(
                f"{path}: damaged. Put a backup in its place; or delete it, and collect again."
            ) from None
        return cls(root, roster, known)

    def save(self) -> None:
        text = json.dumps(self.known, ensure_ascii=False, indent=1, sort_keys=True)
        write_whole(self.root / FILE, f"{text}\n".encode())

    def names(self) -> dict[str, str]:
        """What everybody is called: by the roster, else by their platform."""
        names = {id: entry["name"] for id, entry in self.known.items()}
        rows = self.roster.rows if self.roster else []
        return names | {row.id: row.name for row in rows if row.name}

    def is_known(self, name: str) -> bool:
        """Whether a folder's name is the id of a student."""
        if self.roster is not None:
            return self.roster.row(name) is not None
        return safe_id(name) in self.known

    def ids(self, people: Iterable[Person]) -> dict[Key, str | Refused]:
        """The id of everybody in one call's downloads, or why there is none: two who cannot be told
        apart have none.
        """
        people = list(people)
        by_key: dict[Key, list[Person]] = defaultdict(list)
        for person in people:
            by_key[person.platform, person.key].append(person)
        found = {key: self._id(persons) for key, persons in by_key.items()}
        given = ((alike(id), key) for key, id in found.items() if isinstance(id, str))
        for same in _groups(given):
            if self._are_one(same, {found[key] for key in same}):
                continue
            who = ", ".join(sorted(f"{TITLES[p]}: {k}" for p, k in same))
            for key in same:
                found[key] = Refused(
                    f"It cannot be told apart from another ({who}). Write their ids on the "
                    "platform into roster.csv, or put each one's work in a folder of their own."
                )
        return found

    def follow_roster(self, ids: dict[Key, str | Refused]) -> list[tuple[str, str]]:
        """Give those who were collected before there was a roster the ids that it gives them, with
        all that was collected of them; pairs of the old id and the new.

        In `ids` those are refused of whom there is more by now, which would be left behind.
        """
        renamed: dict[str, str] = {}
        for key, new in ids.items():
            old = self._known_key(*key)
            if self.roster is None or isinstance(new, Refused) or old in ("", new):
                continue
            if self.roster.row(old) is not None or old in renamed:
                continue
            if self._rename(old, new):
                renamed[old] = new
            else:
                ids[key] = Refused(STANDS_AS.format(old))
        return list(renamed.items())

    def _rename(self, old: str, new: str) -> bool:
        """Move what was collected of a student to another id; False where more than that is there
        or the other id has work already.
        """
        moved = [*self.root.glob(f"collected/*/{old}"), *self.root.glob(f"submitted/{old}")]
        made = [self.root.glob(f"{place}/{old}") for place in MADE_OF_WORK]
        if any(path for paths in made for path in paths):
            return False
        if any(path.with_name(new).exists() for path in moved):
            return False
        for path in moved:
            path.rename(path.with_name(new))
        entry = self.known.pop(old)
        platforms = self.known.get(new, {}).get("platforms", {})
        self.known[new] = {**entry, "platforms": {**entry["platforms"], **platforms}}
        return True

    def _are_one(self, same: list[Key], ids: set[str | Refused]) -> bool:
        """Whether what has one id is one person: the roster says so, it was so before, or both
        call a student by the id that is used here.
        """
        platforms = {platform for platform, _ in same}
        if len(ids) > 1 or len(platforms) < len(same):
            return False
        known = all(self._known_key(*key) for key in same)
        return self.roster is not None or known or platforms <= set(SAME_HERE)

    def whose(self, person: Person) -> str:
        """Which student a row of a platform's sheet is: by the platform's id, else by the roster,
        else by email, login, student number or a name that nobody else has; "" where that cannot be
        told.
        """
        told = {alike(value) for _, value in person.ids}
        names = name_forms(person.name)
        by_key, by_id, by_name = set(), set(), set()
        for id, entry in self.known.items():
            for platform, assignments in entry["platforms"].items():
                for known in assignments.values():
                    if (platform, known["key"]) == (person.platform, person.key):
                        by_key.add(id)
                    if {alike(known.get(kind, "")) for kind in IDS} & told - {""}:
                        by_id.add(id)
                    if name_forms(known["name"]) & names:
                        by_name.add(id)
        if not by_key and self.roster is not None:
            return self.roster.match(person).id
        found = by_key or by_id or by_name
        return found.pop() if len(found) == 1 else ""

    def remember(self, id: str, person: Person, assignment: str) -> None:
        """Keep what the platform calls a student."""
        entry = self.known.setdefault(id, {"name": "", "platforms": {}})
        entry["name"] = entry["name"] or person.name
        told = {"key": person.key, "name": person.name, **dict(person.ids)}
        entry["platforms"].setdefault(person.platform, {})[assignment] = told

    def _id(self, persons: list[Person]) -> str | Refused:
        person = persons[0]
        names = {alike(p.name) for p in persons if p.name}
        if len(names) > 1:
            told = " and ".join(sorted({p.name for p in persons}))
            return Refused(
                f"{told} have one id ({person.key}) in this download. Put each one's work in a "
                "folder named after them."
            )
        if self.roster is not None:
            match = self.roster.match(person)
            return match.id if match.id else Refused(match.reason)
        return self._known_id(person) or self._new_id(person)

    def _known_id(self, person: Person) -> str:
        if known := self._known_key(person.platform, person.key):
            return known
        here = person.platform in SAME_HERE and safe_id(person.key) in self.known
        return safe_id(person.key) if here else ""

    def _known_key(self, platform: str, key: str) -> str:
        """The student whom a platform called so before."""
        for id, entry in self.known.items():
            told = entry["platforms"].get(platform, {}).values()
            if any(known.get("key") == key for known in told):
                return id
        return ""

    def _new_id(self, person: Person) -> str | Refused:
        if person.basis != "id" or "login" in dict(person.ids) or "@" in person.key:
            login = dict(person.ids).get("login", person.key)
            if reason := refusal(login):
                return Refused(
                    f"This can be nobody's name: {reason}. Put the work in a folder named after "
                    "its student."
                )
            id = safe_id(login)
        else:
            id = readable(person.name, person.key)
        return self._taken(id, person) or id

    def _taken(self, id: str, person: Person) -> Refused | None:
        """Why an id cannot be given once more."""
        folder = self.root / "submitted"
        here = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
        for other in sorted(here | self.known.keys()):
            if alike(other) == alike(id) and (other != id or person.platform not in SAME_HERE):
                return Refused(
                    f"There is a student `{other}` already, and whether it is the same person "
                    f"cannot be told. Write the id on {TITLES[person.platform]} ({person.key}) "
                    "into roster.csv."
                )
        return None


def _groups(pairs: Iterable[tuple[str, Key]]) -> list[list[Key]]:
    groups: dict[str, list[Key]] = defaultdict(list)
    for name, key in pairs:
        groups[name].append(key)
    return [keys for keys in groups.values() if len(keys) > 1]
