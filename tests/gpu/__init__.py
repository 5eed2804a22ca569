"""What only a GPU can show: the solutions on shapes that nobody chose."""
