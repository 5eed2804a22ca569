"""The half that measures: written without sight of the diagnosis and of the tuned half.

Frozen on 2026-11-26. No rule is tuned to it, and it is not changed afterwards: only an edit that
no longer applies, because a solution's text changed, may be given the new text.
"""
