"""From whatever file was handed in to plain notebook cells."""
