"""Gradescope: Review Grades > Export Submissions, `assignment_9100_export/`.

A folder per submission, and `submission_metadata.yml`, written by Ruby: its keys begin with a
colon. A group's submission has several submitters; each of them gets it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import yaml

from .model import Claim, Download, Person, parts_like, rest_of

METADATA = "submission_metadata.yml"
SUBMISSION = re.compile(r"submission_\d+(\.\w+)?")
NO_METADATA = (
    f"Only Gradescope's {METADATA} says whose it is, and it is not beside it. "
    "Collect the export as it was downloaded."
)
NOT_NAMED = f"Gradescope's {METADATA} does not say whose it is. Put it in a folder per student."


FASTEST: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class RubyLoader(FASTEST):
    """YAML whose tags (`!ruby/hash…`) are passed over: nothing is made but texts, lists, dicts."""


def _untagged(loader: RubyLoader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)


RubyLoader.add_multi_constructor("!", _untagged)


def gradescope(download: Download) -> Iterator[Claim]:
    for place, entries in download.folders.items():
        if METADATA in entries:
            yield from _export(download, place)
    for found, at, _ in parts_like(download.files, SUBMISSION):
        if METADATA not in download.folders[found.parts[:at]]:
            yield Claim(found, at, left=NO_METADATA)


def _export(download: Download, place: tuple[str, ...]) -> Iterator[Claim]:
    """The files beside a metadata file."""
    metadata, at = _metadata(download.text(*place, METADATA)), len(place)
    for found in download.files:
        if found.parts[:at] != place or found.parts[at:] == (METADATA,):
            if found.parts == (*place, METADATA):
                yield Claim(found, at)
            continue
        entry = metadata.get(found.parts[at])
        people = _people(entry)
        if not people and SUBMISSION.fullmatch(found.parts[at]):
            yield Claim(found, at, left=NOT_NAMED)
        for person in people:
            yield Claim(found, at, person, rest_of(found, at), when=_when(entry or {}))


def _metadata(text: str) -> dict[str, Any]:
    try:
        told = RubyLoader(text).get_single_data()
    except (yaml.YAMLError, ValueError, RecursionError, TypeError):
        return {}
    return told if isinstance(told, dict) else {}


def _people(entry: Any) -> list[Person]:
    """The submitters, by email: Gradescope knows nobody without one; else by student id."""
    submitters = entry.get(":submitters") if isinstance(entry, dict) else None
    people = []
    for raw in submitters if isinstance(submitters, list) else []:
        name, sid, email = (_text(raw, key) for key in (":name", ":sid", ":email"))
        if email or sid:
            ids = tuple((k, v) for k, v in (("email", email), ("sid", sid)) if v)
            people.append(Person("gradescope", email or sid, name, ids=ids))
    return people


def _text(raw: Any, key: str) -> str:
    value = raw.get(key) if isinstance(raw, dict) else None
    return str(value).strip() if isinstance(value, str | int) else ""


def _when(entry: dict[str, Any]) -> datetime | None:
    when = entry.get(":created_at")
    if not isinstance(when, datetime):
        return None
    return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
