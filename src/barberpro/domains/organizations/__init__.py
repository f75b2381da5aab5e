"""Tenants, and the applications that speak for them."""
