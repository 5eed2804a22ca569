"""The public side of what comes later."""
