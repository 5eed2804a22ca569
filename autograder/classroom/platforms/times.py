"""Times as platforms write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

STAMP = "%Y-%m-%d %H:%M:%S.%f UTC"  # nbgrader's, in timestamp.txt
OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")


def local(text: str, forms: tuple[str, ...], zone: tzinfo) -> datetime | None:
    """A time in one of these forms, taken to be in `zone`; None if it is in none of them."""
    for form in forms:
        try:
            return datetime.strptime(text.strip(), form).replace(tzinfo=zone).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    return None


def stamped(text: str) -> datetime | None:
    """The time in nbgrader's timestamp.txt; without a zone it is UTC, as it is to nbgrader."""
    words = text.strip().split(" ")
    if not 2 <= len(words) <= 3:
        return None
    try:
        zone = _zone(words[2]) if len(words) == 3 else UTC
        return datetime.fromisoformat(" ".join(words[:2])).replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError, KeyError, OSError):
        return None


def _zone(name: str) -> tzinfo:
    """A zone by its name or its distance from UTC. Raises KeyError or ValueError."""
    if offset := OFFSET.fullmatch(name):
        return datetime.strptime(offset[0].replace(":", ""), "%z").tzinfo or UTC
    return UTC if name in ("UTC", "GMT", "Z") else ZoneInfo(name)


def stamp(when: datetime) -> str:
    """A time as nbgrader writes it into timestamp.txt."""
    return when.astimezone(UTC).strftime(STAMP)
