"""The problems of the assignment "flash_attention": their public side, and what they share."""
