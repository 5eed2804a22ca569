"""Pictures: drawn at build time, where the author names them, and in agreement with the grader."""

import base64
import io
import math
import re
from collections.abc import Callable

import nbformat
import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex, to_rgb
from PIL import Image
from solved import ROOT

from autograder.generate import pictures
from autograder.generate.cells import BuildError
from autograder.generate.sources import read_sources
from autograder.problems.flash_attention.pictures import (
    P1,
    P4,
    P6,
    P7,
    PICTURES,
    backward,
    masks,
    memory,
    roofline,
    softmax,
)
from autograder.problems.flash_attention.pictures.paint import (
    BLUE,
    GROUND,
    INK,
    ORANGE,
    PALE,
    QUIET,
    RED,
    TEAL,
)

ASSIGNMENT = "flash_attention"
SOURCES = {s.problem: s for s in read_sources(ROOT / "solutions" / ASSIGNMENT)}
WORDS = {  # every colour of words, and the grounds that they stand on
    INK: (GROUND, *PALE.values()),
    QUIET: (GROUND,),
    BLUE: (GROUND, PALE[BLUE]),
    ORANGE: (GROUND, PALE[ORANGE]),
    TEAL: (GROUND, PALE[TEAL]),
    RED: (GROUND, PALE[RED]),
    "#ffffff": (BLUE, ORANGE, TEAL, RED),
}
SEEN = {masks.COLOUR[kind] for kind in masks.COLOUR}


def contrast(one: str, other: str) -> float:
    """The contrast of two colours as WCAG 2 defines it, 1 to 21."""

    def light(colour: str) -> float:
        parts = [
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)
        ]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    bright, dark = sorted((light(one), light(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("words", WORDS)
def test_words_can_be_read_on_every_ground_they_stand_on(words: str) -> None:
    """Is the contrast at least 4.5, whatever the page's theme? A picture brings its own ground."""
    assert min(contrast(words, ground) for ground in WORDS[words]) >= 4.5


def colours_of(figure, axes) -> Callable[[float, float], str]:
    """What colour a drawn figure has at a point of its axes."""
    figure.canvas.draw()
    pixels = np.asarray(figure.canvas.buffer_rgba())

    def colour(x: float, y: float) -> str:
        across, up = axes.transData.transform((x, y))
        pixel = pixels[pixels.shape[0] - 1 - int(up), int(across), 0:3]
        return to_hex([part / 255 for part in pixel.tolist()])

    return colour


@pytest.mark.parametrize(
    ("name", "tiling"),
    [("causal-tiles", P1), ("two-phases", P4), ("window", P6), ("sinks", P7)],
)
def test_a_mask_is_dark_just_where_a_query_sees_a_key(name, tiling) -> None:
    """Pair by pair, is the drawn colour that of a visible pair if and only if the contract's own
    words say so: j <= i, and j >= i - (W - 1) or j < S?
    """
    figure = PICTURES[name].draw()
    colour = colours_of(figure, figure.axes[0])
    window = tiling.window or math.inf
    for i in range(tiling.queries):
        for j in range(tiling.keys):
            visible = j <= i and (j >= i - (window - 1) or j < tiling.sinks)
            shown = colour(j + 0.5, i + 0.5)
            assert (shown in SEEN) == visible, (i, j, shown)


@pytest.mark.parametrize("tiling", [P1, P4, P6, P7])
def test_tiles_cover_each_pair_once_and_are_called_what_they_are(tiling) -> None:
    """Is every pair in one tile, a free tile wholly visible, a skipped one wholly hidden?"""
    covered = torch.zeros(tiling.queries, tiling.keys, dtype=torch.int)
    seen = tiling.seen()
    for tile in tiling.tiles():
        part = (slice(tile.top, tile.bottom), slice(tile.left, tile.right))
        covered[part] += 1
        pairs = seen[part]
        assert tile.kind != masks.FREE or pairs.all()
        assert tile.kind != masks.SKIPPED or not pairs.any()
        assert tile.kind != masks.MASKED or (pairs.any() and not pairs.all())
    assert bool((covered == 1).all())


def test_the_softmax_is_exact_and_its_alpha_does_something() -> None:
    """Does the last state give the softmax's answer? Is alpha once neither 0 nor 1?"""
    states = softmax.online(softmax.SCORES, softmax.VALUES, softmax.TILE)
    scores = torch.tensor(softmax.SCORES).double() * math.log(2)
    answer = torch.softmax(scores, 0) @ torch.tensor(softmax.VALUES).double()
    assert states[-1].acc / states[-1].l == pytest.approx(float(answer))
    assert any(0 < state.alpha < 1 for state in states)


def cell(problem: str, name: str) -> str:
    return next(c.source for c in SOURCES[problem].nb.cells if c.id == name)


def test_the_strides_are_those_of_the_cell_below() -> None:
    """Do p2's cell and the picture name the same places in memory?"""
    found: list[list[int]] = []
    code = cell("p2", "p2-tile").replace("print(x.flatten()[offsets])", "found.append(offsets)")
    exec(code, {"torch": torch, "found": found, "print": lambda *_: None})
    drawn = [memory.tile_offsets(False), memory.tile_offsets(True)]
    assert [sorted(offsets.flatten().tolist()) for offsets in found] == drawn


def test_tile_sizes_cards_and_counts_are_the_notebooks_own() -> None:
    """Do the pictures' numbers stand in the cells that students run?"""
    code = cell("p1", "p1-implementation")
    assert f"TILE_Q = {memory.TILE_Q} " in code and f"TILE_K = {memory.TILE_K} " in code
    told: dict = dict.fromkeys(("print", "outcome"), lambda *_: None)
    exec(cell("p3", "p3-roofline"), told)
    assert [told[n] for n in "BHND"] == [roofline.B, roofline.H, roofline.N, roofline.D]
    for card, (bandwidth, speed, _) in told["cards"].items():
        assert roofline.CARDS[card][:2] == (bandwidth, speed)
    flops = told["flops"]
    counted = {"naive": flops / told["naive_bytes"], "fused": flops / told["fused_bytes"]}
    assert roofline.intensities() == pytest.approx(counted)


def test_the_kernels_of_p9_share_the_pairs_out() -> None:
    """Is each visible pair given to one kernel: the window's, or the sinks' beyond it?"""
    owners = backward.owners()
    for i in range(backward.SIDE):
        for j in range(backward.SIDE):
            recent = 0 <= i - j < backward.WINDOW
            sink = j <= i and j < backward.SINKS and not recent
            assert owners[i, j] == (1 if recent else 2 if sink else 0)


def images(problem: str) -> list[tuple[str, Image.Image]]:
    """The pictures in a published notebook, with their alt texts."""
    nb = nbformat.read(ROOT / "notebooks" / SOURCES[problem].path.name, as_version=4)
    text = "\n".join(c.source for c in nb.cells if c.cell_type == "markdown")
    tags = re.findall(r'<img alt="([^"]+)" width="720" src="data:image/png;base64,(\S+)">', text)
    return [(alt, Image.open(io.BytesIO(base64.b64decode(data)))) for alt, data in tags]


@pytest.mark.parametrize("problem", SOURCES)
def test_every_notebook_has_a_picture_small_and_described(problem: str) -> None:
    """Does each one carry pictures, of 1440 pixels and under 40 KB, that say what they show?"""
    found = images(problem)
    assert found
    for alt, image in found:
        assert image.width == 1440 and image.fp.getbuffer().nbytes < 40_000
        assert len(alt) > 60


def test_every_picture_is_used() -> None:
    """Is none drawn for nobody?"""
    used = [
        n
        for s in SOURCES.values()
        for c in s.nb.cells
        for n in pictures.DIRECTIVE.findall(c.source)
    ]
    assert sorted(used) == sorted(PICTURES)


def test_an_unknown_name_stops_the_build_and_says_which_there_are() -> None:
    """Is a slip in a directive told with its place?"""
    text = nbformat.v4.new_markdown_cell("see\n\n<!-- picture: tilling -->\n", id="a")
    nb = nbformat.v4.new_notebook(cells=[text])
    with pytest.raises(BuildError, match=r"w1.ipynb, cell 0 .*no picture 'tilling', only .*tiling"):
        pictures.draw_pictures(nb, ASSIGNMENT, "w1.ipynb")


def test_a_picture_is_the_same_in_every_build() -> None:
    """Are its bytes free of dates and chance?"""
    draw = PICTURES["heads"].draw
    assert pictures.as_png(draw()) == pictures.as_png(draw())
    assert set(PALE) <= set(WORDS)
