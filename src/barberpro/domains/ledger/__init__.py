"""The ledger: every amount that an organization earns, is owed and receives, in double entry and for good."""
