"""What is free: an index of agendas kept in memory, the search over it, and why a wanted time is not free."""
