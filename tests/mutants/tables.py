"""Results of mutants: one row each in a CSV, and the report's tables in Markdown."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from statistics import median

from .form import HALVES, Mutant
from .known import Known
from .names import same
from .trial import Trial

KEPT_TOO_MUCH = 60.0  # percent of the points


@dataclass(frozen=True)
class Result:
    """What one answer came to. `kept` is in percent of the points; `public` and
    `hidden` name the cases that refuse it; `said` is the first cause the self-check named.
    """

    id: str
    half: str
    family: str
    kind: str
    step: str
    kept: float
    public: str
    hidden: str
    said: str
    said_step: str
    words: int
    public_seconds: float
    diagnosis_seconds: float
    hidden_seconds: float
    largest_excess: float
    trouble: str

    @classmethod
    def of(
        cls, id: str, half: str, given: Known, trial: Trial, mutant: Mutant | None = None
    ) -> Result:
        """The row of a trial."""
        passed = {name for name, status in trial.hidden.items() if status == "passed"}
        return cls(
            id=id,
            half=half,
            family=mutant.family if mutant else "",
            kind=mutant.kind if mutant else "",
            step=mutant.step if mutant else "",
            kept=round(100 * given.graded.kept(passed) / given.graded.points, 1),
            public="; ".join(trial.public_killers),
            hidden="; ".join(trial.killers),
            said=trial.kind,
            said_step=trial.step,
            words=trial.words,
            public_seconds=round(trial.seconds.get("public", 0.0), 2),
            diagnosis_seconds=round(trial.seconds.get("diagnosis", 0.0), 2),
            hidden_seconds=round(trial.seconds.get("hidden", 0.0), 2),
            largest_excess=round(max(trial.excess.values(), default=0.0), 3),
            trouble=trial.refused,
        )

    @property
    def killers(self) -> list[str]:
        return self.hidden.split("; ") if self.hidden else []

    @property
    def name_is(self) -> str:
        """Whether the first cause that was named is the true one: right, wrong or none."""
        if not self.said:
            return "none"
        step_too = self.said_step == self.step
        return "right" if same(self.said, self.kind, step_too) else "wrong"


def write_csv(file: Path, results: Iterable[Result]) -> None:
    """One line per result."""
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, [field.name for field in fields(Result)])
        writer.writeheader()
        writer.writerows(asdict(result) for result in results)


def read_csv(file: Path) -> list[Result]:
    """The results of a file that `write_csv` wrote."""
    types = {"float": float, "int": int}
    kinds = {field.name: types.get(field.type, str) for field in fields(Result)}
    with file.open(newline="", encoding="utf-8") as lines:
        return [Result(**{k: kinds[k](v) for k, v in row.items()}) for row in csv.DictReader(lines)]


def report(folder: Path) -> str:
    """The whole report over the CSV files of a folder."""
    parts = ["# What the cases make of wrong answers"]
    for half in (*HALVES, "right"):
        files = sorted(folder.glob(f"*-{half}.csv"))
        found = {file.name.partition("-")[0]: read_csv(file) for file in files}
        if found:
            parts += [f"## {half}", _table(found), *(_details(p, r) for p, r in found.items())]
    return "\n\n".join(parts) + "\n"


def _table(found: dict[str, list[Result]]) -> str:
    """One line per problem."""
    lines = [
        "| problem | answers | refused, public | refused, hidden | kept, median % | kept, max % "
        "| first name right / wrong / none | with its step | words, median "
        "| CPU s: public / diagnosis / hidden, median |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    rows = [*found.items(), ("all", [one for results in found.values() for one in results])]
    return "\n".join(lines + [_line(name, results) for name, results in rows])


def _line(name: str, results: Sequence[Result]) -> str:
    names = Counter(one.name_is for one in results)
    kept = [one.kept for one in results]
    spent = ("public_seconds", "diagnosis_seconds", "hidden_seconds")
    times = " / ".join(f"{median(getattr(one, name) for one in results):.2f}" for name in spent)
    cells = (
        name,
        len(results),
        sum(bool(one.public) for one in results),
        sum(bool(one.hidden) for one in results),
        f"{median(kept):.0f}",
        f"{max(kept):.0f}",
        f"{names['right']} / {names['wrong']} / {names['none']}",
        sum(bool(one.said_step) and one.said_step == one.step for one in results),
        f"{median(one.words for one in results):.0f}",
        times,
    )
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def _details(problem: str, results: Sequence[Result]) -> str:
    """Survivors by name, answers that keep too much, and cases that stand alone."""
    wrong = [one for one in results if one.half != "right"]
    lines = [f"### {problem}", ""]
    for one in results:
        if one.trouble:
            lines.append(f"- no result: {one.id}: {one.trouble}")
        elif one.half == "right":
            if one.hidden or one.public:
                lines.append(f"- right, but refused: {one.id}: {one.hidden or one.public}")
        elif not one.hidden:
            lines.append(f"- survives the hidden cases: {one.id} ({one.kind})")
        elif not one.public:
            lines.append(f"- survives the public cases: {one.id} ({one.kind})")
    lines += [
        f"- keeps {one.kept:.0f} %: {one.id} ({one.kind})"
        for one in wrong
        if one.kept > KEPT_TOO_MUCH and one.hidden
    ]
    alone: dict[str, list[str]] = {}
    for one in wrong:
        if len(one.killers) == 1:
            alone.setdefault(one.killers[0], []).append(one.id)
    lines += [f"- alone: “{case}” refuses {', '.join(ids)}" for case, ids in alone.items()]
    if wrong:
        lines.append(f"- enough together: {', '.join(_enough(wrong))}")
    return "\n".join(lines)


def _enough(results: Sequence[Result]) -> list[str]:
    """A small set of hidden cases that refuses all that any refuses, the most useful one first."""
    left = [set(one.killers) for one in results if one.killers]
    chosen: list[str] = []
    while left:
        best = Counter(case for killers in left for case in killers).most_common(1)[0][0]
        chosen.append(best)
        left = [killers for killers in left if best not in killers]
    return chosen
