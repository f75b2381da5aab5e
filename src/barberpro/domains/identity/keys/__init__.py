"""Keys that a client calls with instead of a token: API keys, and public keys that check its signatures."""
