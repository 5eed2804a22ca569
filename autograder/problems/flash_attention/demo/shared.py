"""What the feedback must say, and cases that several problems have."""

# The accumulator of the tiles before stays as it was: right only where there is one key tile, or
# where the first one holds the maximum.
NOT_RESCALED = "rescaled when the maximum moves"

ONE_TILE = ("N shorter than a tile", "a single query and key")
ALL_ALIKE = "scores near -12000"  # every key as high as the others: the maximum never moves

FALLING = "scores falling from tile to tile"

# Without a maximum to subtract, exp overflows or underflows on large scores, and only there.
SUBTRACT = "No maximum is subtracted"

OVERFLOWS = (
    "scores near +300",
    "scores near -300",
    "scores near -12000",
    "scores rising from tile to tile",
    "from query to query other scores",
)

# One key too many is visible: every causal case with more than one query goes wrong.
ONE_TOO_MANY = "sees one key of its future"
