"""When somebody asks why: one case replayed with its evidence, and marks given by hand."""
