"""A day or a week planned at once: requests, shifts, ways and policies in; the best plan found in the time out."""
