"""The tamper-evident log: every event a leaf of one Merkle tree, whose signed heads are kept outside the database."""
