"""What a child may use to read one file."""

MEMORY = 1 << 30  # bytes of address space
SECONDS = 20  # of CPU, and on the clock
LARGEST_ANSWER = 4_000_000  # bytes
