"""The demo: a chain of barbershops that never existed, made from a seed, and clients to look at it.

Only `chain` and what it imports need numpy; `scales`, `clients` and `credentials` do not, so that a
process that serves requests never loads it.
"""
