"""Calendars that other programs subscribe to: what is booked with a provider or at a location, as iCalendar."""
