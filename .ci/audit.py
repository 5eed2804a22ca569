"""Look every installed package up in PyPI's list of known vulnerabilities, with pip-audit.

    .venv/bin/python .ci/audit.py

Exits with 0 if none is known, 1 if there are some, and 2 if the list could not be asked: then
nothing is known, and the last line says so.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import venv
from pathlib import Path

TOOL = Path(__file__).resolve().parents[1] / "build" / "audit"  # an environment of its own
FINE, VULNERABLE, UNKNOWN = 0, 1, 2


def installed() -> list[str]:
    """`name==version` of everything in this Python but the course itself."""
    command = [sys.executable, "-m", "pip", "freeze", "--exclude-editable"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")
    # "2.13.0+cpu" is 2.13.0 to the list; "name @ file:…" has no version to look up.
    return [re.sub(r"\+.*", "", line) for line in lines if "==" in line]


def ask(packages: list[str]) -> dict:
    """pip-audit's report. Raises OSError, ValueError or CalledProcessError if there is none."""
    program = TOOL / "bin" / "pip-audit"
    if not program.exists():
        venv.create(TOOL, with_pip=True)
        install = [TOOL / "bin" / "pip", "install", "--quiet", "pip-audit>=2.9"]
        subprocess.run(install, check=True)
    listed = TOOL / "installed.txt"
    listed.write_text("\n".join(packages) + "\n", encoding="utf-8")
    options = ["--no-deps", "--disable-pip", "--progress-spinner", "off", "--format", "json"]
    command = [program, "--requirement", listed, *options]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=False).stdout)


def judged(report: dict) -> tuple[int, str]:
    """The exit code for a report, and what to tell."""
    asked = [found for found in report["dependencies"] if "skip_reason" not in found]
    count = len(report["dependencies"])
    if not asked:
        return (
            UNKNOWN,
            f"Not audited: PyPI's list of vulnerabilities knew none of {count} packages.",
        )
    lines = [
        f"{found['name']} {found['version']}: {one['id']}, fixed in "
        f"{', '.join(one['fix_versions']) or 'no version yet'}"
        for found in asked
        for one in found["vulns"]
    ]
    left = sorted(found["name"] for found in report["dependencies"] if "skip_reason" in found)
    lines += [f"not in the list: {', '.join(left)}"] if left else []
    vulnerable = any(found["vulns"] for found in asked)
    end = "there are known vulnerabilities." if vulnerable else "no vulnerability is known."
    lines.append(f"Audited {len(asked)} of {count} packages: {end}")
    return VULNERABLE if vulnerable else FINE, "\n".join(lines)


def main() -> int:
    try:
        code, text = judged(ask(installed()))
    except (OSError, ValueError, KeyError, subprocess.CalledProcessError) as error:
        code, text = UNKNOWN, f"Not audited: pip-audit gave no report ({error})."
    print(text)
    return code


if __name__ == "__main__":
    sys.exit(main())
