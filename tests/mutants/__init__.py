"""Wrong answers kept as data, and what the public and hidden cases make of them."""
