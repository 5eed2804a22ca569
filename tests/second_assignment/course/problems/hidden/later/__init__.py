"""What counts in what comes later."""
