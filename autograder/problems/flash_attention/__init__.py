"""What counts in the problems of the assignment "flash_attention"."""
