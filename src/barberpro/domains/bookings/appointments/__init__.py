"""Appointments: several services, for one customer or several guests, booked, moved and called off together."""
