"""How long somebody waits who walks in without a booking."""
