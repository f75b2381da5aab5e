"""Who sits in which chair, when, and what became of it."""
