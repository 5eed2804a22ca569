"""Tries to get points without earning them: as regions, as cells, as code instead of the work, and
as edits of the file. All as data; tests/trust/ holds them against the grader.
"""
