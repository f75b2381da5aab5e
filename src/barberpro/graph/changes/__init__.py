"""What changed between two schemas, whom it breaks, and what of it was excused. Pure."""
