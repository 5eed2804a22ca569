"""A picture says in squares, in digits and in a sentence where an answer is wrong."""

from __future__ import annotations

import re
from dataclasses import asdict

import torch

from autograder.selfcheck.picture import digits, drawn, error_map, weight_tables

AXES = ("batch", "head", "query row")


def wrong_from(row: int, n: int = 128) -> torch.Tensor:
    """One batch, two heads; in the second the rows from `row` on are wrong."""
    bad = torch.zeros(1, 2, n, dtype=torch.bool)
    bad[0, 1, row:] = True
    return bad


def test_an_error_map_shows_heads_and_rows():
    """Is there a line per head, 9 where rows are wrong, and a tick at each tile's edge?"""
    picture = error_map(wrong_from(64), AXES, "N=128", "Wrong from query row 64 on.")
    (label, rows), *_ = picture.tables
    assert rows == ("0" * 64, "0" * 32 + "9" * 32)
    assert picture.tick == 16  # columns: 32 rows of 128
    assert picture.sentence == "Wrong rows in “N=128”: 64 of 256. Wrong from query row 64 on."
    assert "batch × head" in label and picture.text()[-1].strip() == rows[1]


def test_the_svg_follows_the_page_and_can_be_read_aloud():
    """Has it alt text, no colour of its own, and a square for each wrong place?"""
    page = error_map(wrong_from(96), AXES, "N<128", "").html()
    assert "aria-label='Wrong rows in “N&lt;128”: 32 of 256.'" in page and "<script" not in page
    assert set(re.findall(r"(?:fill|stroke)='(\w+)'", page)) == {"currentColor", "none"}
    assert page.count("h1v1h-1z") == 16


def test_a_vector_has_no_map():
    """Is nothing drawn where there is one line of numbers?"""
    assert error_map(torch.ones(5, dtype=torch.bool), ("row",), "x", "") is None


def test_weights_stand_beside_the_right_ones():
    """Does the sentence name the place that is furthest off, and do the tables show it?"""
    right = torch.eye(4).double()
    yours = right.clone()
    yours[2, 1] = 0.5
    picture = weight_tables(yours, right, "plain scores")
    assert "query 2, key 1: 0.5 where 0 belongs" in picture.sentence
    assert [label for label, _ in picture.tables] == ["yours", "right", "difference"]
    assert picture.tables[2][1] == ("0000", "0000", "0500", "0000")
    assert drawn(asdict(picture)) == picture


def test_large_tables_are_made_small_without_losing_a_spot():
    """Is one wrong number among thousands still seen?"""
    table = torch.zeros(200, 300)
    table[101, 7] = torch.nan
    rows = digits(table)
    assert len(rows) == 16 and len(rows[0]) == 16 and "".join(rows).count("9") == 1
