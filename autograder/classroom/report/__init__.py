"""The class report: one page, out of the verdicts, that needs no network to be looked at."""
