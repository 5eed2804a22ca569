"""For authors: start an assignment, add a problem, see everything that is wrong at once."""
