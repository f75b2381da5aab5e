"""What a shop offers: services, how long they take and what they cost."""
