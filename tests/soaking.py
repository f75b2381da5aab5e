"""How many things a test draws at random, and from which seed: few in every run, many under `scripts/soak`."""

import os


def draws(usual: int) -> int:
    """How many to draw, where `usual` are drawn in every run of the suite."""
    return int(os.environ.get("BARBERPRO_SOAK_DOCUMENTS", usual))


SEED = int(os.environ.get("BARBERPRO_SOAK_SEED", "20261123"))
