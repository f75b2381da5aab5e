"""Who works when in a location's week, so that who is asked for is there: the solver, its checker, its document."""
