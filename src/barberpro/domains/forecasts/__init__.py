"""Forecasts of demand for each location."""
