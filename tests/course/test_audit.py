"""The audit of dependencies tells a clean list from one that nobody could ask."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

FILE = Path(__file__).resolve().parents[2] / ".ci" / "audit.py"
KNOWN = {"name": "a", "version": "1", "vulns": []}
BAD = {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"]}]}
ABSENT = {"name": "c", "skip_reason": "Dependency not found on PyPI"}


@pytest.fixture
def audit():
    spec = importlib.util.spec_from_file_location("audit", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("packages", "code", "says"),
    [
        ([KNOWN, ABSENT], 0, "Audited 1 of 2 packages: no vulnerability is known."),
        ([KNOWN, BAD], 1, "b 2: PYSEC-1, fixed in 3"),
        ([ABSENT, ABSENT], 2, "Not audited"),
        ([], 2, "Not audited"),
    ],
)
def test_a_report_is_judged(audit, packages, code, says) -> None:
    """Is a vulnerability a failure, and silence never taken for a clean list?"""
    found, text = audit.judged({"dependencies": packages})
    assert found == code and says in text


def test_no_report_is_not_a_clean_one(audit, monkeypatch, capsys) -> None:
    """Where pip-audit fails, is that told, with a code of its own?"""
    monkeypatch.setattr(audit, "ask", lambda packages: {})
    assert audit.main() == audit.UNKNOWN
    assert "Not audited" in capsys.readouterr().out
