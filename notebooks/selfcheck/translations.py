"""What Triton's and PyTorch's errors mean, in a sentence that says what to look for."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Meaning:
    """A kind of error, how its message reads, and what it means."""

    kind: str
    pattern: str
    sentence: str


STRAY = "stray-access"
MEANINGS = (
    Meaning(
        "loop-type",
        r"[Ll]oop-carried variable|is re-assigned in the loop|type mismatch.*loop",
        "A variable changes its type or shape inside the loop. It must leave the loop's body with "
        "the dtype and shape that it came with; sums are float32 throughout.",
    ),
    Meaning(
        "dot-dtypes",
        r"[Bb]oth operands must be same dtype|must have the same dtype|"
        r"expected m1 and m2 to have the same dtype|"
        r"First input .* and second input .* must have the same dtype",
        "The two operands of a product have different dtypes. Cast one of them to the other's.",
    ),
    Meaning(
        "dot-too-small",
        r"Input shapes should have M >= |K >= 16|minor dimension.*16",
        "tl.dot needs at least 16 along every axis.",
    ),
    Meaning(
        "arange-bounds",
        r"arange's arguments must be of type tl\.constexpr|arange's range must be a power of 2",
        "tl.arange takes fixed numbers alone, and a length that is a power of 2. Begin at 0 and "
        "add what is known only at run time.",
    ),
    Meaning(
        "item-assignment",
        r"does not support item assignment|unsupported AST node type.*Subscript|"
        r"Triton cannot compile.*Subscript",
        "A tensor inside a kernel cannot be changed element by element. Make a new one from the "
        "old with tl.where.",
    ),
    Meaning(
        "shapes-do-not-fit",
        r"shapes do not fit together|incompatible dimensions|must match the size of tensor|"
        r"could not be broadcast together|Cannot broadcast|mat1 and mat2 shapes|"
        r"size mismatch|inner dimensions|shapes? .*not aligned",
        "Two shapes do not fit together. Write the shape beside each of the two; a number per "
        "query needs a second axis, [:, None], to meet a table.",
    ),
    Meaning(
        "unknown-name",
        r"name '(\w+)' is not defined|(\w+) is not defined|referenced before assignment|"
        r"cannot access local variable",
        "A name is used that has no value there. Is it spelt as in the given code, and is it given "
        "a value on every path?",
    ),
    Meaning(
        STRAY,
        r"(loads|stores|updates) .*(past the end|before|outside|beyond|between)",
        "The kernel reaches memory that belongs to no tensor. A mask lets through what does not "
        "exist, or an address is computed from the wrong stride or start.",
    ),
    Meaning(
        "index-out-of-range",
        r"index .* is out of bounds|out of range",
        "An index lies outside its tensor.",
    ),
    Meaning(
        "number-not-tensor",
        r"'(int|float|bool)' object has no attribute '(to|dtype|shape|type)'",
        "A plain number stands where a tensor is expected. Without a GPU the variable of a loop is "
        "one: `tl.full([], i, tl.int64)` makes a tensor of `i` everywhere.",
    ),
    Meaning(
        "not-a-condition",
        r"Boolean value of Tensor with more than one value|truth value of an array",
        "An `if` asks one question, and here it got a whole tensor of answers. Choose between "
        "elements with a where.",
    ),
)


def translated(message: str) -> Meaning | None:
    """What an error's message means; None for one that speaks for itself."""
    return next((one for one in MEANINGS if re.search(one.pattern, message)), None)
