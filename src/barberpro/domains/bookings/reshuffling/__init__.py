"""Moves that customers are asked for, so that the gaps between a provider's visits become long enough to be booked."""
