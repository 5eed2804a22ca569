"""What the student sees, as plain text or as HTML: the verdict and what to do, why, the cases."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from .picture import Picture
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
    picture: Picture | None = None

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
    """The outcome of a self-check or of grading.

    `conclusion` is the verdict, `advice` what to do now, `diagnosis` why, `expected` how many cases
    there will be, `answers` those to the notebook's questions.
    """

    title: str
    rows: list[Row] = field(default_factory=list)
    mode: str = ""
    conclusion: str = ""
    advice: str = ""
    timing: list[Measured] = field(default_factory=list)
    timing_note: str = ""
    remarks: list[str] = field(default_factory=list)
    diagnosis: list[str] = field(default_factory=list)
    weights: Picture | None = None
    expected: int = 0
    answers: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return bool(self.rows) and all(row.status == "passed" for row in self.rows)

    @property
    def verdict(self) -> str:
        """The conclusion; until there is one, how far the run has come."""
        return self.conclusion or f"Running: {len(self.rows)} of {self.expected} cases done."

    @property
    def headings(self) -> tuple[str, ...]:
        """The table's columns; points only where the rows have any."""
        points = ("points",) if any(row.points for row in self.rows) else ()
        return (*HEADINGS, *points)

    @property
    def pictures(self) -> list[Picture]:
        """Where the case with the fewest wrong rows is wrong, and the weights of one head."""
        drawn = [row.picture for row in self.rows if row.picture]
        return [*sorted(drawn, key=lambda one: one.filled)[:1], *filter(None, [self.weights])]

    def why(self) -> list[str]:
        """For each row what to know of it; an error that an earlier row tells is not repeated."""
        told: dict[str, str] = {}
        texts = []
        for row in self.rows:
            first = told.setdefault(row.detail, row.name)
            known = first != row.name and row.detail and row.status != "wrong answer"
            place = f"worst at {row.where}" if row.where else ""
            detail = f"the same as in “{first}”" if known else row.detail
            texts.append(" – ".join(text for text in (place, detail) if text))
        return texts

    def text(self) -> str:
        """The report for a terminal and for a screen reader."""
        lines = [self.title, self.verdict]
        lines += [self.advice] if self.advice else []
        lines += ["", *self.diagnosis] if self.diagnosis else []
        for picture in self.pictures:
            lines += ["", *picture.text()]
        lines += ["", *self.remarks] if self.remarks else []
        lines += [""] if self.rows else []
        width = max((len(row.name) for row in self.rows), default=0)
        for row, why in zip(self.rows, self.why(), strict=True):
            points = f"{row.points:<10}  " if row.points else ""
            line = f"  {row.mark} {row.name:<{width}}  {row.status:<15}  {points}{row.figures}"
            lines += [line.rstrip(), *([f"      {why}"] if why else [])]
        lines += ["", *timing_lines(self.timing)] if self.timing else []
        lines += ["", *(text for text in (self.timing_note, self.mode) if text)]
        return "\n".join(lines).rstrip()

    def html(self) -> str:
        """The report for a notebook. Everything in it is escaped."""
        label = html.escape(f"Report on {self.title}", quote=True)
        parts = [
            f"<div style='{STYLE}' role='region' aria-label='{label}'>",
            f"<div><b>{html.escape(self.title)}</b></div>",
            f"<div style='{VERDICT}' role='status'>{_badge(self)}{html.escape(self.verdict)}</div>",
            _html_lines([self.advice] if self.advice else []),
            _html_lines(self.diagnosis, DIAGNOSIS),
            *(f"<div style='margin:.6em 0'>{one.html()}</div>" for one in self.pictures),
            _html_lines(self.remarks, REMARKS),
            self._html_table() if self.rows else "",
        ]
        if self.answers:
            parts.append(
                f"<details><summary>{ANSWERS}</summary>{_html_lines(self.answers)}</details>"
            )
        if self.timing:
            lines = html.escape("\n".join(timing_lines(self.timing)))
            parts.append(f"<pre style='margin:.6em 0;overflow-x:auto'>{lines}</pre>")
        parts.append(_html_lines([text for text in (self.timing_note, self.mode) if text]))
        return "".join(parts) + "</div>"

    def _html_table(self) -> str:
        """The cases, folded once all of them have passed."""
        count = f"{len(self.rows)} case{'s' * (len(self.rows) > 1)}"
        heads = "".join(f"<th scope='col' style='{CELL}'>{h}</th>" for h in self.headings)
        body = "".join(map(_html_row, self.rows, self.why()))
        return (
            f"<details{'' if self.passed and self.conclusion else ' open'} style='margin:.6em 0'>"
            f"<summary>{count}</summary><table style='border-collapse:collapse'>"
            f"<tr>{heads}</tr>{body}</table></details>"
        )


CODE = re.compile(r"`([^`]+)`")
HEADINGS = ("case", "status", "worst row error")
ANSWERS = "Answers to “Think about”: read them after your own"
STYLE = "font-family:system-ui,sans-serif;line-height:1.45;max-width:75em"
VERDICT = "font-size:1.15em;font-weight:bold;margin:.3em 0"
CELL = "text-align:left;padding:.25em .8em .25em 0;vertical-align:top"
DIAGNOSIS = "border-left:4px solid #bf8700;padding:.2em .8em;margin:.6em 0"
REMARKS = "border-left:4px solid #808890;padding:.2em .8em;margin:.6em 0"
WHY = "text-align:left;padding:0 0 .8em;overflow-wrap:anywhere"
# White on these is readable (contrast 5 and more) whatever the page's theme; all other text has the
# colour that the page gives it.
COLOURS = {"passed": "#1a7f37", "not run": "#57606a", "not implemented": "#7d4e00"}
WRONG = "#c6202b"


def _chip(text: str, colour: str) -> str:
    """White words on a coloured ground."""
    style = f"background:{colour};color:#fff;border-radius:.3em;padding:.05em .45em"
    return f"<span style='{style};white-space:nowrap'>{html.escape(text)}</span>"


def _badge(report: Report) -> str:
    """✓ or ✗ before the verdict of a finished self-check; the words beside it say the same."""
    if not report.conclusion or any(row.points for row in report.rows):
        return ""
    mark, colour = ("✓", COLOURS["passed"]) if report.passed else ("✗", WRONG)
    return f"<span aria-hidden='true'>{_chip(mark, colour)} </span>"


def _html_lines(lines: Sequence[str], style: str = "margin:.3em 0") -> str:
    """A line each, in a box of that style; "" where there are none."""
    body = "".join(f"<div>{_prose(line)}</div>" for line in lines)
    return f"<div style='{style}'>{body}</div>" if lines else ""


def _prose(text: str) -> str:
    """Escaped, with what stands between backticks as code."""
    return CODE.sub(r"<code>\1</code>", html.escape(text))


def _html_row(row: Row, why: str) -> str:
    cells = [
        html.escape(row.name),
        _chip(f"{row.mark} {row.status}", COLOURS.get(row.status, WRONG)),
        html.escape(row.figures),
        *([html.escape(row.points)] if row.points else []),
    ]
    lines = "".join(f"<td style='{CELL}'>{cell}</td>" for cell in cells)
    if why:  # below, on the table's whole width: it has to be read on a phone too
        lines += f"</tr><tr><td colspan='{len(cells)}' style='{WHY}'>{html.escape(why)}</td>"
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
        lines += ["", f"  {compared(*measured[:2])}"]
    return lines


def compared(mine: Measured, other: Measured) -> str:
    """ "46 times as fast as naive PyTorch, with 8 MB of memory where that takes 1074 MB."."""
    faster = other.median_ms / mine.median_ms
    if 0.95 < faster < 1.05:
        speed = f"As fast as {other.name}"
    elif faster >= 1:
        speed = f"{_plain(faster)} times as fast as {other.name}"
    else:
        speed = f"{_plain(1 / faster)} times slower than {other.name}"
    amounts = (_megabytes(m.peak_gb) for m in (mine, other))
    return "{}, with {} of memory where that takes {}.".format(speed, *amounts)


def _megabytes(gb: float) -> str:
    return f"{1e3 * gb:.0f} MB" if gb >= 0.001 else "less than 1 MB"


def _plain(factor: float) -> str:
    """ "1.6", "46"."""
    return f"{factor:.0f}" if factor >= 10 else f"{factor:.1f}".removesuffix(".0")
