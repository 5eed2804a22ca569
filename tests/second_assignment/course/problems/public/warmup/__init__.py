"""The public side of the warm-up."""
