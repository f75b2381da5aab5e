"""The other contenders: each a server of its own that answers the same four questions with the same bytes of data."""
