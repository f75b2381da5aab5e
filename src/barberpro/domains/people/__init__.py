"""Providers who cut, customers who sit."""
