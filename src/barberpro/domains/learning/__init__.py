"""Versions of what was learned: what is being trained, what is in use, what was before."""
