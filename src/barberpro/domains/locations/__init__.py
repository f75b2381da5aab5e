"""Shops: where they are, their chairs and when they are open."""
