"""What counts in the warm-up."""
