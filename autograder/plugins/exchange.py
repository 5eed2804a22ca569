"""nbgrader's release_feedback, for a class that did not all hand in through nbgrader's exchange."""

from __future__ import annotations

from pathlib import Path

from nbgrader.exchange.default import ExchangeReleaseFeedback

NEEDED = ("timestamp.txt", "submission_secret.txt")  # nbgrader's own `submit` leaves both


class ReleaseFeedback(ExchangeReleaseFeedback):
    """Put the pages of those into the exchange who can fetch them there; name the others."""

    def copy_files(self) -> None:
        name = self.coursedir.assignment_id
        folders = sorted((Path(self.coursedir.root) / "feedback").glob(f"*/{name}"))
        others = [f.parent.name for f in folders if not all((f / n).is_file() for n in NEEDED)]
        already = [one for one in self.coursedir.student_id_exclude.split(",") if one]
        self.coursedir.student_id_exclude = ",".join([*already, *others])
        super().copy_files()
        if others:
            self.log.warning(
                "%d did not hand in through nbgrader's exchange, so they cannot fetch feedback "
                "there: %s. Give them their pages with `autograder feedback-zip`.",
                len(others),
                ", ".join(others),
            )
