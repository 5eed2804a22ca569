"""What the student sees: a table of cases, as plain text or as HTML."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from .timing import Measured

MARKS = {"passed": "✓", "not run": "–", "not implemented": "…"}


@dataclass
class Row:
    """One case in a report: status, worst row error and its allowance, and what to know of it."""

    name: str
    status: str
    worst: float | None = None
    allowed: float | None = None
    where: str = ""
    detail: str = ""
    points: str = ""

    @property
    def mark(self) -> str:
        return MARKS.get(self.status, "✗")

    @property
    def figures(self) -> str:
        """ "3.1e-04 of 9.0e-04 allowed", or "" when there is nothing to compare."""
        if self.worst is None or self.allowed is None:
            return ""
        worst = "NaN" if math.isnan(self.worst) else f"{self.worst:.1e}"
        return f"{worst} of {self.allowed:.1e} allowed"


@dataclass
class Report:
    """The outcome of a self-check."""

    title: str
    rows: list[Row] = field(default_factory=list)
    mode: str = ""
    conclusion: str = ""
    timing: list[Measured] = field(default_factory=list)
    timing_note: str = ""
    remarks: list[str] = field(default_factory=list)
    diagnosis: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return bool(self.rows) and all(row.status == "passed" for row in self.rows)

    @property
    def headings(self) -> tuple[str, ...]:
        """The table's columns; points only where the rows have any."""
        points = ("points",) if any(row.points for row in self.rows) else ()
        return (*HEADINGS, *points)

    def text(self) -> str:
        """The report for a terminal."""
        lines = [self.title, self.mode, ""]
        lines += [*self.diagnosis, ""] if self.diagnosis else []
        width = max((len(row.name) for row in self.rows), default=0)
        for row in self.rows:
            points = f"{row.points:<10}  " if row.points else ""
            line = f"  {row.mark} {row.name:<{width}}  {row.status:<15}  {points}{row.figures}"
            lines.append(line.rstrip())
            lines += [f"      {text}" for text in (_place(row), row.detail) if text]
        lines += ["", *self.remarks] if self.remarks else []
        lines += ["", self.conclusion] if self.conclusion else []
        if self.timing:
            lines += ["", *timing_lines(self.timing)]
        lines += [self.timing_note] if self.timing_note else []
        return "\n".join(lines)

    def html(self) -> str:
        """The report for a notebook. Everything in it is escaped."""
        body = "".join(_html_row(row) for row in self.rows)
        parts = [
            f"<div style='{STYLE}'><b>{html.escape(self.title)}</b>",
            f"<div style='opacity:.75'>{html.escape(self.mode)}</div>",
            _html_diagnosis(self.diagnosis),
            "<table style='border-collapse:collapse;margin:.6em 0'>",
            "<tr>" + "".join(f"<th style='{CELL}'>{h}</th>" for h in self.headings) + "</tr>",
            f"{body}</table>",
            *(f"<div>{html.escape(remark)}</div>" for remark in self.remarks),
            f"<div><b>{html.escape(self.conclusion)}</b></div>",
        ]
        if self.timing:
            lines = "\n".join(timing_lines(self.timing))
            parts.append(f"<pre style='margin:.6em 0;overflow-x:auto'>{html.escape(lines)}</pre>")
        parts.append(f"<div>{html.escape(self.timing_note)}</div></div>")
        return "".join(parts)


HEADINGS = ("", "case", "status", "worst row error")
STYLE = "font-family:system-ui,sans-serif;line-height:1.45;max-width:75em"
CELL = "text-align:left;padding:.25em .8em .25em 0;vertical-align:top"
DIAGNOSIS = "border-left:4px solid #bf8700;padding:.2em .8em;margin:.6em 0"
WHY = "text-align:left;padding:0 0 .8em;overflow-wrap:anywhere"
COLOURS = {"passed": "#1a7f37", "not run": "#6e7781", "not implemented": "#9a6700"}


def _html_diagnosis(lines: Sequence[str]) -> str:
    """What is wrong and why, above the table; "" where nothing is."""
    if not lines:
        return ""
    body = "".join(f"<div>{html.escape(line)}</div>" for line in lines)
    return f"<div style='{DIAGNOSIS}'>{body}</div>"


def _place(row: Row) -> str:
    return f"worst at {row.where}" if row.where else ""


def _html_row(row: Row) -> str:
    colour = COLOURS.get(row.status, "#cf222e")
    why = " – ".join(html.escape(text) for text in (_place(row), row.detail) if text)
    cells = [
        f"<span style='color:{colour};font-weight:bold'>{row.mark}</span>",
        html.escape(row.name),
        f"<span style='color:{colour}'>{html.escape(row.status)}</span>",
        html.escape(row.figures),
        *([html.escape(row.points)] if row.points else []),
    ]
    lines = "".join(f"<td style='{CELL}'>{cell}</td>" for cell in cells)
    if why:  # below, on the table's whole width: it has to be read on a phone too
        lines += f"</tr><tr><td></td><td colspan='{len(cells) - 1}' style='{WHY}'>{why}</td>"
    return f"<tr>{lines}</tr>"


def timing_lines(measured: Sequence[Measured]) -> list[str]:
    """A table of times and peak memory, then how the first row compares with the second."""
    lines = [
        f"  {'implementation':<28}{'median (ms)':>12}{'quartiles':>20}{'peak memory (GB)':>18}"
    ]
    for m in measured:
        spread = f"{m.low_ms:.3f}–{m.high_ms:.3f}"
        lines.append(f"  {m.name:<28}{m.median_ms:>12.3f}{spread:>20}{m.peak_gb:>18.4f}")
    if len(measured) > 1:
        mine, other = measured[0], measured[1]
        faster = other.median_ms / mine.median_ms
        less = other.peak_gb / mine.peak_gb if mine.peak_gb else math.inf
        lines.append(f"  {faster:.2f}x the speed of {other.name}, {less:.2f}x less memory")
    return lines
